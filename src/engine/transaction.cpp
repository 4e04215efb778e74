// SPDX-License-Identifier: Apache-2.0
#include <engine/transaction.h>

#include <array>
#include <base/log.h>
#include <cstring>
#include <engine/tap.h>
#include <sip/status.h>
#include <utility>

namespace engine {

namespace {

const url_string_t *urlOf(const std::string &text)
{
    return text.empty() ? nullptr : reinterpret_cast<const url_string_t *>(text.c_str());
}

const char *orNull(const std::string &text)
{
    return text.empty() ? nullptr : text.c_str();
}

/// RFC 3261 section 8.1.2: where the route set begins with a strict router, that one is in the
/// Request-URI and is the next hop. The library would go by the first Route, which is the hop
/// behind it.
std::string strictHop(const RequestSpec &spec)
{
    const sip_route_t *route = nullptr;
    if (spec.leg == nullptr || !spec.route.empty() || spec.transport != nullptr ||
        nta_leg_get_route(spec.leg, &route, nullptr) < 0 || route == nullptr ||
        url_has_param(route->r_url, "lr") != 0)
        return {};
    std::array<char, 2048> text{};
    const auto length = url_e(text.data(), text.size(), route->r_url);
    return length > 0 && static_cast<std::size_t>(length) < text.size() ? text.data() : "";
}

} // namespace

std::unique_ptr<Transaction> Transaction::start(const RequestSpec &spec, Handler handler)
{
    std::unique_ptr<Transaction> out(new Transaction);
    out->m_handler = std::move(handler);
    su_home_t home[1] = {SU_HOME_INIT(home)};
    su_home_init(home);
    // By length, so that a body with a NUL in it leaves whole.
    const sip_payload_t *payload =
        spec.body.empty()
            ? nullptr
            : sip_payload_create(home, spec.body.data(), static_cast<isize_t>(spec.body.size()));
    const std::string strict = strictHop(spec);
    out->m_outgoing = nta_outgoing_tcreate(
        spec.leg, replied, out.get(), urlOf(strict.empty() ? spec.route : strict),
        sip_method_code(spec.method), spec.method, urlOf(spec.uri),
        SIPTAG_HEADER_STR(orNull(spec.headers)), SIPTAG_CONTENT_TYPE_STR(orNull(spec.contentType)),
        TAG_IF(payload != nullptr, SIPTAG_PAYLOAD(payload)),
        TAG_IF(spec.transport != nullptr, NTATAG_TPORT(spec.transport)),
        TAG_IF(spec.ident != nullptr && spec.transport == nullptr, TPTAG_IDENT(spec.ident)),
        TAG_IF(spec.fresh, TPTAG_FRESH(1)), TAG_IF(spec.ownVia, NTATAG_USER_VIA(1)),
        TAG_IF(!spec.branch.empty(), NTATAG_BRANCH_KEY(spec.branch.c_str())), TAG_END());
    su_home_deinit(home);
    if (out->m_outgoing == nullptr) {
        base::log(base::LogLevel::Warning, "engine", "sofia-sip did not take a {} request",
                  spec.method);
        return nullptr;
    }
    out->m_method = spec.method;
    out->m_pinned = spec.transport != nullptr;
    out->m_branch = out->branch();
    if (Tap *tap = Tap::current())
        tap->departures().expect(out->m_method, out->m_branch);
    return out;
}

Transaction::~Transaction()
{
    if (m_outgoing == nullptr)
        return;
    giveUp();
    if (Tap *tap = Tap::current())
        tap->departures().forget(m_method, m_branch);
    nta_outgoing_destroy(m_outgoing);
}

bool Transaction::left() const
{
    const Tap *tap = Tap::current();
    return tap == nullptr || tap->departures().left(m_method, m_branch);
}

bool Transaction::overConnection() const
{
    tport_t *way = transport();
    const bool out = way != nullptr && tport_is_secondary(way) != 0;
    if (way != nullptr)
        tport_unref(way);
    return out;
}

void Transaction::recall()
{
    const std::string_view method(m_method);
    const bool waits = !left();
    if (method == "ACK" || method == "BYE" || method == "CANCEL")
        return;
    // A REGISTER is not even repeated: it would come behind the one that replaces it.
    if (!waits && (method != "REGISTER" || m_finished))
        return;
    m_recalled = waits;
    if (Tap *tap = Tap::current())
        tap->departures().recall(method, m_branch);
}

/// The library keeps a request in its queue until the connection stands, even when its own timer
/// has ended the transaction. A connection that nothing else waits for is given up with it.
void Transaction::giveUp()
{
    if (!m_finished || m_status == 408)
        recall();
    m_handler = nullptr;
    if (!std::exchange(m_recalled, false) || m_pinned || m_status == 503)
        return; // 503: the connection has ended, and its end may be what is being told just now
    tport_t *way = transport();
    if (way == nullptr)
        return;
    if (tport_is_secondary(way) != 0 && tport_is_connected(way) == 0 && tport_queuelen(way) <= 1)
        tport_shutdown(way, 2);
    tport_unref(way);
}

std::string Transaction::branch() const
{
    const char *text = nta_outgoing_branch(m_outgoing);
    if (text == nullptr)
        return {};
    return std::strncmp(text, "branch=", 7) == 0 ? text + 7 : text;
}

int Transaction::replied(Transaction *self, nta_outgoing_t *outgoing, const sip_t *sip) noexcept
{
    Reply reply;
    msg_t *response = nta_outgoing_getresponse(outgoing);
    const Received received(response);
    reply.received = &received;
    reply.begun = self->m_begun;
    reply.sip = sip;
    reply.status = sip != nullptr && sip->sip_status != nullptr ? sip->sip_status->st_status
                                                                : nta_outgoing_status(outgoing);
    reply.local = sip == nullptr || nta_sip_is_internal(sip) != 0;
    if (sip != nullptr && sip->sip_status != nullptr && sip->sip_status->st_phrase != nullptr)
        reply.phrase = sip->sip_status->st_phrase;
    if (reply.phrase.empty() && reply.local)
        reply.phrase = sip::phrase(reply.status);
    self->m_finished = self->m_finished || reply.status >= 200;
    self->m_status = reply.status;
    if (reply.local && reply.status >= 200) {
        reply.unsent = !self->left();
        reply.connected = !reply.unsent && self->overConnection();
        self->recall();
    }
    const Handler handler = self->m_handler; // the handler may destroy the transaction
    if (handler)
        handler(reply);
    if (response != nullptr)
        msg_destroy(response);
    return 0;
}

std::vector<std::string_view> challengesOf(const Reply &reply)
{
    std::vector<std::string_view> out;
    const auto id =
        reply.status == 407 ? sip::HeaderId::ProxyAuthenticate : sip::HeaderId::WwwAuthenticate;
    for (const auto &header : reply.message().headers)
        if (header.id == id)
            out.push_back(header.value);
    return out;
}

bool TransactionPool::start(const RequestSpec &spec, Transaction::Handler handler)
{
    std::erase_if(m_running, [](const auto &each) { return each->finished(); });
    auto transaction = Transaction::start(spec, std::move(handler));
    if (!transaction)
        return false;
    m_running.push_back(std::move(transaction));
    return true;
}

bool TransactionPool::busy() const
{
    for (const auto &each : m_running)
        if (!each->finished())
            return true;
    return false;
}

} // namespace engine
