// SPDX-License-Identifier: Apache-2.0
// The agent's ear on the tap: packets out to the stream, the guard's word in, local events.
#include <engine/agent.h>

#include <algorithm>
#include <base/text.h>
#include <engine/stun.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace engine {

namespace {

constexpr std::size_t kLargeRequest = 1300; // RFC 3261 section 18.1.1
constexpr std::size_t kLargeTold = 32;
constexpr auto kDropsTold = std::chrono::seconds(1); // after the first

bool isRequest(std::string_view text)
{
    return text.substr(0, 8) != "SIP/2.0 " &&
           text.find_first_not_of("\r\n") != std::string_view::npos;
}

/// What a response repeats of the Via of its request.
std::string viaOf(const sip::Message &message)
{
    const auto vias = message.values(sip::HeaderId::Via);
    const auto via = sip::parseVia(vias.empty() ? std::string_view() : vias.front());
    return fmt::format("{}:{} {}", base::lower(via.host), via.port.value_or(0),
                       via.parameter("branch").value_or(""));
}

Refusal notForTheStack(std::string_view text, const std::string &objection)
{
    const auto message = sip::parse(text);
    return {base::LocalKind::GuardRefused,
            fmt::format("The {} has {}; it is answered 400 where that can be, and the connection "
                        "stays.",
                        message ? base::printable(message->methodText, false, 40) : "message",
                        objection),
            message ? std::string(message->callId()) : std::string()};
}

void tellAnswered(const std::string &answer,
                  const std::function<void(msg_t *, const sip_t &)> &told)
{
    msg_t *message =
        msg_make(sip_default_mclass(), 0, answer.data(), static_cast<ssize_t>(answer.size()));
    const sip_t *sip = message != nullptr ? sip_object(message) : nullptr;
    if (sip != nullptr && sip->sip_status != nullptr)
        told(message, *sip);
    if (message != nullptr)
        msg_destroy(message);
}

} // namespace

void Agent::packet(base::Packet packet)
{
    m_sink.push(std::move(packet));
}

void Agent::tell(base::LocalEvent event, const base::Endpoint &source,
                 const base::Endpoint &destination)
{
    base::Packet out;
    out.time = base::now();
    out.kind = base::PacketKind::Local;
    out.origin = base::Origin::Own;
    out.source = source;
    out.destination = destination;
    out.local = std::make_shared<const base::LocalEvent>(std::move(event));
    m_sink.push(std::move(out));
}

/// Always false: it is not admitted.
bool Agent::object(const Refusal &refusal, const Connection &connection)
{
    m_objected = true;
    tell({refusal.kind, 0, refusal.callId, {}, refusal.sentence, {}}, connection.remote,
         connection.local);
    return false;
}

bool Agent::admits(std::string_view text, const Connection &connection)
{
    m_objected = false;
    if (const auto refusal = inspect(text, connection.transport()))
        return object(*refusal, connection);
    if (const auto objection = connection.stream ? stackObjection(text) : std::nullopt)
        return object(notForTheStack(text, *objection), connection);
    const auto message = sip::parse(text);
    if (!message || (message->isRequest() && message->method == sip::Method::Ack))
        return true;
    if (!message->isRequest()) {
        const auto refusal = foreignVia(*message, sentBy());
        if (std::find(m_lent.begin(), m_lent.end(), viaOf(*message)) != m_lent.end())
            return object({base::LocalKind::Note,
                           "This answers the bytes that were sent as they are: it bears their Via.",
                           std::string(message->callId())},
                          connection);
        if (refusal)
            return object(*refusal, connection);
        // For some seconds behind its own timer the library drops what a REGISTER still brings.
        if (m_strays && message->cseq().method == sip::Method::Register &&
            message->status / 100 == 2 && m_byCallId.contains(std::string(message->callId())))
            later([this, answer = std::string(text)] { tellAnswered(answer, m_strays); });
        return true;
    }
    // A source address of a datagram may be forged: do not answer it without bounds. Who has a
    // connection is who it is, and may still flood us.
    RateLimit &rate = connection.stream ? m_streamRate : m_rate;
    const auto &from = connection.remote.address;
    const auto now = base::now();
    if (rate.passes(from, now))
        return true;
    // Over a connection nobody sends again what was dropped: a BYE of a call that stands, lost in
    // somebody's flood, would leave us in the call.
    if (connection.stream && m_isCall && m_isCall(message->callId()) &&
        m_callRate.passes(from, now)) {
        rate.pardon(from);
        return true;
    }
    if (!m_tellDrops.running())
        m_tellDrops.start(kDropsTold, [this] { tellDrops(); });
    return false;
}

void Agent::lend(std::string_view request)
{
    constexpr std::size_t kMost = 32;
    const auto message = sip::parse(request);
    if (!message || !message->isRequest() || message->find(sip::HeaderId::Via) == nullptr ||
        m_tap.departures().waitsFor(message->branch()))
        return;
    m_lent.push_back(viaOf(*message));
    if (m_lent.size() > kMost)
        m_lent.pop_front();
}

std::vector<base::Endpoint> Agent::sentBy() const
{
    std::vector<base::Endpoint> out;
    for (const auto &each : m_locals) {
        out.push_back(each.endpoint);
        if (each.secure.known())
            out.push_back(each.secure);
    }
    return out;
}

/// Once the second is over in which they came.
void Agent::tellDrops()
{
    bool more = false;
    for (RateLimit *const rate : {&m_rate, &m_streamRate}) {
        const auto drops = rate->over(base::now());
        more = more || drops.more;
        const auto told = [&](const std::string &source, std::uint64_t count) {
            tell({base::LocalKind::GuardRefused,
                  0,
                  {},
                  {},
                  fmt::format("More than {} requests within a second came from {}; {} of them {} "
                              "not answered.",
                              rate->perSecond(), source, count, count == 1 ? "was" : "were"),
                  {}});
        };
        for (const auto &[address, count] : drops.bySource)
            told(address.text(), count);
        if (drops.others > 0)
            told("each of many more addresses", drops.others);
    }
    if (more)
        m_tellDrops.start(kDropsTold, [this] { tellDrops(); });
}

void Agent::refused(const Connection &connection, std::string_view why)
{
    tell({base::LocalKind::GuardRefused,
          0,
          {},
          {},
          fmt::format("The guard stopped a connection's bytes: {}.", why),
          {}},
         connection.remote, connection.local);
}

void Agent::broken(const Connection &connection, const std::string &what)
{
    m_broken[connection.id] = what;
    keepSmall(m_broken);
    tell(
        {base::LocalKind::GuardRefused,
         0,
         {},
         {},
         fmt::format("{} sent {}; the connection was closed here.", connection.remote.text(), what),
         {}},
        connection.remote, connection.local);
}

/// Over a connection a request that cannot be taken as it is gets its 400, and the connection
/// stays: it may be a registered flow, or carry the calls of others. A datagram's sender may be
/// forged, so it gets nothing.
std::optional<std::string> Agent::leastOf(std::string_view request, const Connection &connection)
{
    if (!connection.stream || !m_objected)
        return std::nullopt;
    auto least = leastRequest(request);
    const auto message = least ? sip::parse(*least) : std::nullopt;
    if (!message || inspect(*least, connection.transport()) ||
        !m_streamRate.passes(connection.remote.address, base::now()))
        return std::nullopt;
    if (message->method != sip::Method::Bye) // which ends its call, whatever else it says
        m_unreadable.add(*message);
    return least;
}

std::optional<std::string> Agent::instead(std::string_view message, const Connection &connection)
{
    if (isRequest(message))
        return leastOf(message, connection);
    auto least = leastAnswer(message);
    if (!least || inspect(*least, connection.transport()))
        return std::nullopt;
    const auto response = sip::parse(*least);
    if (!response || foreignVia(*response, sentBy()))
        return std::nullopt;
    tell({base::LocalKind::Note,
          response->status,
          std::string(response->callId()),
          std::string(response->toTag()),
          "Of that answer only what its ACK and BYE need was handed on, so that the other side is "
          "not left alone in the call.",
          {}},
         connection.remote, connection.local);
    return least;
}

std::string Agent::brokenBy(std::uint32_t connection) const
{
    const auto found = m_broken.find(connection);
    return found == m_broken.end() ? std::string() : found->second;
}

void Agent::sent(const Connection &connection, std::string_view bytes)
{
    if (isRequest(bytes)) {
        if (!connection.stream && bytes.size() > kLargeRequest)
            noteLarge(connection, bytes);
        if (bytes.substr(0, 9) == "REGISTER ")
            bindObserver(connection, bytes);
    }
    if (WireObserver *observer = observerOf(connection))
        observer->onSent();
}

void Agent::noteLarge(const Connection &connection, std::string_view request)
{
    const auto message = sip::parse(request);
    if (!message)
        return;
    std::string key = fmt::format("{} {}", message->callId(), message->value(sip::HeaderId::CSeq));
    if (std::find(m_largeTold.begin(), m_largeTold.end(), key) != m_largeTold.end())
        return;
    m_largeTold.push_back(std::move(key));
    if (m_largeTold.size() > kLargeTold)
        m_largeTold.pop_front();
    tell({base::LocalKind::LargeRequest,
          0,
          std::string(message->callId()),
          {},
          fmt::format("This {} has {} bytes, more than the {} that RFC 3261 section 18.1.1 allows "
                      "over UDP; it may arrive in "
                      "fragments or not at all. TCP would be safe.",
                      message->methodText, request.size(), kLargeRequest),
          {}},
         connection.local, connection.remote);
}

/// No public call of the library tells a connection's socket; the flow's own REGISTER on the wire
/// does.
void Agent::bindObserver(const Connection &connection, std::string_view request)
{
    const auto message = sip::parse(request);
    const auto found = message ? m_byCallId.find(std::string(message->callId())) : m_byCallId.end();
    if (found == m_byCallId.end())
        return;
    const auto same = [&](const auto &each) { return each.second == found->second; };
    std::erase_if(m_byConnection, same);
    std::erase_if(m_byPair, same);
    if (connection.stream)
        m_byConnection[connection.id] = found->second;
    else
        m_byPair[{connection.local, connection.remote}] = found->second;
    found->second->onBound(connection);
}

WireObserver *Agent::observerOf(const Connection &connection) const
{
    if (connection.stream) {
        const auto found = m_byConnection.find(connection.id);
        return found == m_byConnection.end() ? nullptr : found->second;
    }
    const auto found = m_byPair.find({connection.local, connection.remote});
    return found == m_byPair.end() ? nullptr : found->second;
}

/// Later: we are inside a socket call of the library.
void Agent::tellObserver(const Connection &connection, std::function<void(WireObserver &)> what)
{
    if (!observed(connection))
        return;
    later([this, connection, what = std::move(what)] {
        if (WireObserver *observer = observerOf(connection))
            what(*observer);
    });
}

void Agent::received(const Connection &connection)
{
    tellObserver(connection, [time = base::now()](WireObserver &each) { each.onBytes(time); });
}

void Agent::keepAlive(const Connection &connection, bool ping)
{
    tellObserver(connection,
                 [ping, time = base::now()](WireObserver &each) { each.onKeepAlive(ping, time); });
}

bool Agent::stun(const Connection &connection, std::string_view bytes)
{
    if (!observed(connection) || !readStun(bytes))
        return false;
    tellObserver(connection, [text = std::string(bytes), time = base::now()](WireObserver &each) {
        each.onStun(text, time);
    });
    return true;
}

void Agent::unreachable(const Connection &connection, int number)
{
    tellObserver(connection, [number](WireObserver &each) { each.onUnreachable(number); });
}

} // namespace engine
