// SPDX-License-Identifier: Apache-2.0
#include <flows/flow_table.h>

#include <algorithm>
#include <base/network_error.h>
#include <flows/stun.h>
#include <flows/work.h>
#include <sip/uri.h>

namespace flows {

namespace {
constexpr std::size_t kMostWaiting = 65536;
constexpr std::size_t kMostRoundTrips = 32;
/// How much longer a ping waits for its pong when a message was on its way as the time ran out.
constexpr base::Duration kMessageEnds = std::chrono::seconds(1);

std::string waitText(base::Duration wait)
{
    const auto tenths = wait / std::chrono::milliseconds(100);
    return std::to_string(tenths / 10) +
           (tenths % 10 != 0 ? "." + std::to_string(tenths % 10) : std::string()) + " s";
}

/// What our engine's reports would tell, which are not rows for a pong alone.
void timePong(Flow &flow, base::Instant time)
{
    base::FlowReport &report = flow.report;
    report.lastPong = report.lastReceived = time;
    if (flow.lastPing <= flow.lastPong || time < flow.lastPing)
        return; // nobody asked, or it was timed already
    report.pongRoundTrip = time - flow.lastPing;
    report.roundTrips.push_back(report.pongRoundTrip);
    if (report.roundTrips.size() > kMostRoundTrips)
        report.roundTrips.erase(report.roundTrips.begin());
}

/// A message over a stream from the edge: it was under way for a while.
bool sentByEdge(const trace::Trace &trace, trace::RowId row, const Flow &flow)
{
    return trace.row(row).kind == trace::RowKind::Message &&
           flow.transport != base::Transport::Udp && trace.source(row) == flow.edge &&
           trace.destination(row) == flow.userAgent;
}

} // namespace

base::Duration pongWait(base::Transport transport)
{
    if (transport == base::Transport::Udp)
        return std::chrono::milliseconds(39'500);
    return std::chrono::seconds(10);
}

FlowEvent &FlowTable::Work::note(Entry &entry, Happening what, trace::RowId row, base::Instant time,
                                 int status, std::string text)
{
    auto &events = entry.flow.events;
    if (events.size() >= kMostEvents)
        events.erase(events.begin());
    // What is found out later, a pong that did not come, stands where it happened.
    const auto place = std::upper_bound(
        events.begin(), events.end(), time,
        [](base::Instant when, const FlowEvent &event) { return when < event.time; });
    FlowEvent &event = *events.emplace(place);
    event.time = time;
    event.what = what;
    event.row = row;
    event.status = status;
    event.text = std::move(text);
    changed(entry);
    return event;
}

void FlowTable::Work::changed(Entry &entry)
{
    entry.published.reset();
    if (touched.empty() || touched.back() != entry.flow.id)
        touched.push_back(entry.flow.id);
}

Entry *FlowTable::Work::at(const trace::Trace &trace, trace::RowId row)
{
    const base::Endpoint source = trace.source(row), destination = trace.destination(row);
    if (!source.known() || !destination.known())
        return nullptr;
    Entry *entry = entries.byEnds(endsOf(source, destination, trace.row(row).transport));
    if (entry != nullptr)
        entries.touch(*entry, trace.row(row).time);
    return entry;
}

void FlowTable::Work::used(const trace::Trace &trace, trace::RowId row, const sip::Message &message)
{
    Entry *entry = at(trace, row);
    if (entry == nullptr)
        return;
    if (message.isRequest())
        note(*entry, Happening::Used, row, trace.row(row).time, 0,
             std::string(message.methodText.substr(0, 64)));
    else
        answeredOver(trace, *entry, row, trace.row(row).time, message);
}

/// A response shows that both ends can be reached. Only the first one behind a doubt is kept: there
/// are too many. What the user agent answers came over the flow, so its edge has it after all.
void FlowTable::Work::answeredOver(const trace::Trace &trace, Entry &entry, trace::RowId row,
                                   base::Instant time, const sip::Message &message)
{
    changed(entry);
    const bool owned = entry.disowned && trace.source(row) == entry.flow.userAgent;
    if (!entry.unreachable && !owned)
        return;
    entry.unreachable = false;
    entry.disowned = entry.disowned && !owned;
    note(entry, Happening::Used, row, time, message.status, std::to_string(message.status));
}

void FlowTable::Work::keepAlive(const trace::Trace &trace, trace::RowId row)
{
    Entry *entry = at(trace, row);
    if (entry == nullptr)
        return;
    Flow &flow = entry->flow;
    const base::Instant time = trace.row(row).time;
    const bool fromUserAgent = trace.source(row) == flow.userAgent;
    if (trace.row(row).kind == trace::RowKind::Ping && fromUserAgent) {
        flow.lastPing = time;
        if (flow.ours)
            flow.report.lastPing = time;
        note(*entry, Happening::Ping, row, time, 0, "ping");
        // RFC 5626 section 4.4: a pong may be expected where outbound was granted; on UDP only STUN
        // has one, CRLF has none.
        const bool mute =
            flow.transport == base::Transport::Udp && trace.text(row).starts_with('\r');
        const bool expected = (flow.granted || entry->answersPings) && !mute;
        // STUN is sent again until it is answered: one wait for all of them.
        const bool waits = entry->waitingSince > std::max(flow.lastPong, entry->ended) &&
                           time - entry->waitingSince <= pongWait(flow.transport);
        auto &queue = pings[flow.transport == base::Transport::Udp ? 1 : 0];
        if (expected && !waits && queue.size() < kMostWaiting) {
            queue.push_back({flow.id, time, row, time + pongWait(flow.transport)});
            entry->waitingSince = time;
        }
    } else if (trace.row(row).kind == trace::RowKind::Pong && !fromUserAgent) {
        if (flow.ours)
            timePong(flow, time);
        flow.lastPong = time;
        entry->answersPings = true;
        pong(*entry, row, time, mappedAddress(trace.text(row)));
    } else {
        changed(*entry);
    }
}

/// A STUN answer tells as whom the edge sees the user agent; when that changes, the flow has failed
/// and is to be registered anew (RFC 5626 section 4.4.2).
void FlowTable::Work::pong(Entry &entry, trace::RowId row, base::Instant time,
                           const std::optional<base::Endpoint> &mapped)
{
    note(entry, Happening::Pong, row, time, 0,
         mapped ? "pong, mapped address " + mapped->text() : std::string("pong"));
    if (!mapped)
        return;
    Flow &flow = entry.flow;
    if (flow.mapped.known() && flow.mapped != *mapped) {
        ++flow.remapped;
        note(entry, Happening::Remapped, row, time, 0,
             "the mapped address was " + flow.mapped.text() + " before: the flow has failed");
    }
    flow.mapped = *mapped;
}

void FlowTable::Work::missingPongs(const trace::Trace &trace, trace::RowId newest)
{
    const base::Instant now = trace.row(newest).time;
    for (auto &queue : pings) {
        while (!queue.empty() && now > queue.front().until) {
            Waiting waiting = queue.front();
            queue.pop_front();
            Entry *entry = entries.byId(waiting.flow);
            if (entry == nullptr || entry->flow.lastPong >= waiting.since)
                continue;
            const base::Duration wait = pongWait(entry->flow.transport);
            // Who ends the connection once the wait is over does so because of it.
            if (entry->ended >= waiting.since && entry->ended < waiting.since + wait)
                continue;
            // RFC 5626 section 4.4.1: no pong can come in the midst of a message.
            if (!waiting.deferred && sentByEdge(trace, newest, entry->flow)) {
                waiting.deferred = true;
                waiting.until = now + kMessageEnds;
                queue.push_front(waiting);
                return;
            }
            note(*entry, Happening::PongMissing, waiting.row, waiting.since + wait, 0,
                 "no pong within " + waitText(wait) + " of the ping");
        }
    }
}

void FlowTable::Work::closed(const trace::Trace &trace, trace::RowId row)
{
    Entry *entry = at(trace, row);
    if (entry == nullptr)
        return;
    const bool reset = trace.row(row).kind == trace::RowKind::Reset;
    const bool byUserAgent = trace.source(row) == entry->flow.userAgent;
    entry->ended = std::max(entry->ended, trace.row(row).time);
    const bool first = !entry->flow.closedAt.valid();
    if (first)
        entry->flow.closedAt = row;
    const std::string who = byUserAgent ? "user agent" : "edge";
    std::string text = reset   ? "connection reset by the " + who
                       : first ? "connection closed by the " + who
                               : "the " + who + " closed its side too"; // answers the first FIN
    note(*entry, reset ? Happening::Reset : Happening::Closed, row, trace.row(row).time, 0,
         std::move(text));
}

/// ICMP: what was sent over the flow did not arrive. RFC 5626 section 4.4 takes it for a sign of
/// failure over UDP. A connection lives on over it (RFC 1122 section 4.2.3.9); what was too large
/// says nothing of smaller messages.
void FlowTable::Work::unreachable(const trace::Trace &trace, trace::RowId row)
{
    const base::LocalEvent *event = trace.local(row);
    if (event == nullptr || !trace.row(row).undelivered().valid() ||
        trace.row(row).transport != base::Transport::Udp ||
        base::networkErrorOf(*event) == base::NetworkError::TooLarge)
        return;
    Entry *entry = at(trace, row);
    if (entry == nullptr)
        return;
    entry->unreachable = true;
    note(*entry, Happening::Unreachable, row, trace.row(row).time, 0, event->sentence);
}

/// The flow that the request was to go over by the tokens of its Route (RFC 5626 section 5.3), the
/// one it came by left out: a dialog's route names both. A code of a later hop says the same again.
void FlowTable::Work::disowned(const trace::Trace &trace, trace::RowId refusal, trace::RowId asked,
                               const sip::Message &request)
{
    const Ends cameBy =
        endsOf(trace.source(asked), trace.destination(asked), trace.row(asked).transport);
    const Entry *carrier = entries.byEnds(cameBy);
    Entry *named = nullptr;
    for (const std::string_view value : request.values(sip::HeaderId::Route)) {
        const std::string_view user = sip::parseNameAddress(value).uri.user;
        Entry *entry = user.empty() ? nullptr : entries.byToken(user);
        if (const auto token = user.empty() ? std::nullopt : decodeToken(user);
            entry == nullptr && token && token->edge.known())
            entry = entries.byEnds(endsOf(token->userAgent, token->edge, token->transport));
        named = entry != nullptr && entry != carrier ? entry : named;
    }
    if (named == nullptr || named->disowned || !named->flow.registered.known())
        return;
    named->disowned = true;
    note(*named, Happening::Disowned, refusal, trace.row(refusal).time, trace.row(refusal).status,
         "430 for the " + std::string(request.methodText.substr(0, 64)) +
             " that was to go over it: its edge has this flow no more");
}

FlowTable::FlowTable(const trace::Trace &trace, std::size_t capacity)
    : m_trace(trace), m_work(std::make_unique<Work>(std::max<std::size_t>(capacity, 1)))
{
}

FlowTable::~FlowTable() = default;

FlowId FlowTable::add(trace::RowId row, const sip::Message *message)
{
    m_work->touched.clear();
    if (row.value >= m_trace.size())
        return {};
    const trace::Row &filed = m_trace.row(row);
    switch (filed.kind) {
    case trace::RowKind::Local:
        m_work->ownReport(m_trace, row);
        m_work->unreachable(m_trace, row);
        break;
    case trace::RowKind::Ping:
    case trace::RowKind::Pong:
        m_work->keepAlive(m_trace, row);
        break;
    case trace::RowKind::Fin:
    case trace::RowKind::Reset:
        m_work->missingPongs(m_trace, row); // before the end that follows from it
        m_work->closed(m_trace, row);
        break;
    case trace::RowKind::Message:
        if (message == nullptr)
            break;
        if (filed.method != sip::Method::Register)
            m_work->used(m_trace, row, *message);
        else if (message->isRequest())
            m_work->registerRequest(m_trace, row, *message);
        else
            m_work->registerResponse(m_trace, row, *message);
        break;
    default:
        break;
    }
    const FlowId direct = m_work->touched.empty() ? FlowId{} : m_work->touched.front();
    m_work->missingPongs(m_trace, row);
    return direct.valid() || m_work->touched.empty() ? direct : m_work->touched.front();
}

const std::vector<FlowId> &FlowTable::disown(trace::RowId refusal, trace::RowId request)
{
    m_work->touched.clear();
    if (refusal.value < m_trace.size() && request.value < m_trace.size())
        if (const auto message = m_trace.message(request); message && message->isRequest())
            m_work->disowned(m_trace, refusal, request, *message);
    return m_work->touched;
}

bool FlowTable::reads(trace::RowId row) const
{
    if (row.value >= m_trace.size() || m_trace.row(row).kind != trace::RowKind::Message)
        return false;
    const trace::Row &filed = m_trace.row(row);
    if (filed.method == sip::Method::Register)
        return true;
    return !m_work->entries.all().empty() &&
           m_work->entries.byEnds(
               endsOf(m_trace.source(row), m_trace.destination(row), filed.transport)) != nullptr;
}

const std::vector<FlowId> &FlowTable::touched() const
{
    return m_work->touched;
}

std::shared_ptr<const Flow> FlowTable::snapshot(FlowId id) const
{
    Entry *entry = m_work->entries.byId(id);
    if (entry == nullptr)
        return nullptr;
    if (!entry->published)
        entry->published = std::make_shared<const Flow>(entry->flow);
    return entry->published;
}

std::vector<std::shared_ptr<const Flow>> FlowTable::all() const
{
    std::vector<std::shared_ptr<const Flow>> out;
    for (const Entry &entry : m_work->entries.all())
        out.push_back(snapshot(entry.flow.id));
    std::sort(out.begin(), out.end(), [](const auto &a, const auto &b) { return a->id < b->id; });
    return out;
}

std::uint64_t FlowTable::evicted() const
{
    return m_work->entries.evicted();
}

} // namespace flows
