// SPDX-License-Identifier: Apache-2.0
#include <flows/registration.h>
#include <flows/work.h>

#include <algorithm>
#include <base/text.h>

namespace flows {

namespace {

std::uint64_t registerKey(const trace::Row &row)
{
    return (std::uint64_t{row.call.value} << 32U | row.cseq) + 1; // 0 is no key
}

base::Transport transportOf(std::string_view text)
{
    for (const auto transport :
         {base::Transport::Udp, base::Transport::Tcp, base::Transport::Tls, base::Transport::Ws,
          base::Transport::Wss, base::Transport::Sctp}) {
        if (base::equalsNoCase(text, base::transportText(transport)))
            return transport;
    }
    return base::Transport::Unknown;
}

void forgetConnection(Flow &flow) // what was true of the connection it had before
{
    flow.granted = flow.withPath = false;
    flow.closedAt = {};
    flow.lastPing = flow.lastPong = {};
    flow.mapped = {}; // another socket has another one, which is no failure
}

std::string reportText(const base::FlowReport &report)
{
    std::string text(base::flowStateText(report.state));
    if (!report.reason.empty())
        text += ": " + report.reason;
    return text;
}

} // namespace

void FlowTable::Work::ownReport(const trace::Trace &trace, trace::RowId row)
{
    const base::LocalEvent *event = trace.local(row);
    if (event == nullptr || event->kind != base::LocalKind::FlowChanged || !event->flow)
        return;
    const base::FlowReport &report = *event->flow;
    const base::Transport transport = transportOf(report.transport);
    const bool connected = report.local.known() && report.remote.known();
    Entry *own = entries.byOwn(report.aor, report.regId);
    Entry *wire =
        connected ? entries.byEnds(endsOf(report.local, report.remote, transport)) : nullptr;
    if (wire != nullptr && wire->flow.ours && wire != own)
        wire = nullptr; // two of our flows over one connection: each keeps its own facts
    if (own == nullptr)
        own = wire != nullptr ? wire : &entries.make();
    const bool moved = connected && own != wire &&
                       (own->flow.userAgent != report.local || own->flow.edge != report.remote);
    if (moved) {
        forgetConnection(own->flow);
        entries.bindToken(*own, {});
        own->disowned = false;
    }
    if (wire != nullptr && wire != own) {
        absorb(*own, *wire);
        entries.remove(wire->flow.id);
    }
    if (connected)
        entries.bindEnds(*own, report.local, report.remote, transport);
    if (!own->flow.userAgent.known()) { // not connected so far: where it tries to go
        own->flow.edge = report.remote;
        own->flow.transport = transport;
    }
    own->flow.ours = true;
    own->atUserAgent = true;
    own->flow.report = report;
    own->flow.lastPing = std::max(own->flow.lastPing, report.lastPing);
    own->flow.lastPong = std::max(own->flow.lastPong, report.lastPong);
    entries.bindOwn(*own, report.aor, report.regId);
    entries.touch(*own, trace.row(row).time);
    note(*own, Happening::StateChanged, row, trace.row(row).time, event->code, reportText(report))
        .state = report.state;
}

/// The wire told of this connection before the engine did.
void FlowTable::Work::absorb(Entry &own, const Entry &wire)
{
    Flow &to = own.flow;
    const Flow &from = wire.flow;
    to.granted = from.granted;
    to.withPath = from.withPath;
    entries.bindToken(own, from.token);
    own.disowned = wire.disowned;
    if (from.grantedBy.valid()) {
        to.grantedBy = from.grantedBy;
        to.flowTimer = from.flowTimer;
    }
    to.lastRegister = from.lastRegister;
    to.lastResponse = from.lastResponse;
    to.closedAt = from.closedAt;
    to.registered = std::max(to.registered, from.registered);
    to.lastPing = from.lastPing;
    to.lastPong = from.lastPong;
    own.answersPings = wire.answersPings;
    own.unreachable = own.unreachable || wire.unreachable;
    own.ended = wire.ended;
    own.removes = wire.removes;
    to.events.insert(to.events.end(), from.events.begin(), from.events.end());
    const auto earlier = [](const FlowEvent &a, const FlowEvent &b) { return a.time < b.time; };
    std::stable_sort(to.events.begin(), to.events.end(), earlier);
    if (to.events.size() > kMostEvents)
        to.events.erase(to.events.begin(),
                        to.events.end() - static_cast<std::ptrdiff_t>(kMostEvents));
    if (wire.registerKey != 0)
        entries.bindRegister(own, wire.registerKey);
}

void FlowTable::Work::registerRequest(const trace::Trace &trace, trace::RowId row,
                                      const sip::Message &message)
{
    if (message.find(sip::HeaderId::Contact) == nullptr) {
        used(trace, row, message); // RFC 3261 section 10.2.3: asks, and changes no binding
        return;
    }
    const auto binding = readBinding(message);
    const trace::Row &filed = trace.row(row);
    const PathToken path = readPath(message);
    const bool firstHop = message.values(sip::HeaderId::Via).size() <= 1;
    base::Endpoint userAgent = trace.source(row), edge = trace.destination(row);
    base::Transport transport = filed.transport;
    Entry *entry = nullptr;
    if (!firstHop) {
        entry = entries.byRegister(registerKey(filed));
        const auto token = decodeToken(path.token);
        if (entry == nullptr && (!token || !binding))
            return; // seen behind the edge alone, and nothing tells which connection it is
        if (entry == nullptr) {
            userAgent = token->userAgent;
            // Not every layout tells the edge; then it is the one that hands the request on.
            edge = token->edge.known() ? token->edge : trace.source(row);
            transport = token->transport;
        }
    }
    if (entry == nullptr)
        entry = entries.byEnds(endsOf(userAgent, edge, transport));
    if (entry == nullptr) {
        if (!binding)
            return;
        entry = &entries.make();
        entries.bindEnds(*entry, userAgent, edge, transport);
    }
    if (!binding && readAor(message) != entry->flow.report.aor) {
        used(trace, row, message); // of somebody else, who asks for no flow of his own
        return;
    }
    Flow &flow = entry->flow;
    if (firstHop) {
        entry->atUserAgent = true;
        flow.lastRegister = row;
    } else if (path.outbound) {
        flow.withPath = true;
        entries.bindToken(*entry, path.token);
    }
    entry->removes = binding ? binding->removes : removesAll(message);
    entries.bindRegister(*entry, registerKey(filed));
    if (binding && !flow.ours) {
        flow.report.aor = binding->aor;
        flow.report.regId = binding->regId;
        flow.report.instance = binding->instance;
        flow.report.edge = binding->edge;
        flow.report.transport = base::transportText(flow.transport);
        flow.report.local = flow.userAgent;
        flow.report.remote = flow.edge;
    }
    entries.touch(*entry, filed.time);
    changed(*entry);
}

void FlowTable::Work::registerResponse(const trace::Trace &trace, trace::RowId row,
                                       const sip::Message &message)
{
    const trace::Row &filed = trace.row(row);
    Entry *entry = entries.byRegister(registerKey(filed));
    if (entry == nullptr || message.status < 200)
        return;
    Flow &flow = entry->flow;
    const bool here = trace.destination(row) == flow.userAgent;
    entries.touch(*entry, filed.time);
    changed(*entry);
    const PathToken path = readPath(message);
    if (path.outbound && message.status < 300) {
        flow.withPath = true;
        entries.bindToken(*entry, path.token);
    }
    if (entry->atUserAgent && !here)
        return; // the same response on its way: what reaches the user agent counts
    flow.lastResponse = row;
    if (message.status >= 300) {
        answeredOver(trace, *entry, row, filed.time, message);
        const bool challenge = message.status == 401 || message.status == 407;
        if (!challenge)
            note(*entry, Happening::RegisterFailed, row, filed.time, message.status,
                 std::to_string(message.status) + " " +
                     base::printable(message.reason, false, 128));
        return;
    }
    // The REGISTER came after the end: the same ports carry a new connection.
    if (flow.closedAt.valid() && flow.lastRegister.valid() &&
        trace.row(flow.lastRegister).time > entry->ended)
        flow.closedAt = {};
    // RFC 5626 section 4.2.1: only Require: outbound tells that the registrar took the flow.
    flow.granted = message.lists(sip::HeaderId::Require, "outbound") && !entry->removes;
    flow.registered = entry->removes ? base::Instant{} : filed.time;
    entry->disowned = false;
    const auto told = flow.granted ? message.number(sip::HeaderId::FlowTimer) : std::nullopt;
    const base::Duration timer = std::chrono::seconds(told.value_or(0));
    if (flow.granted) {
        flow.grantedBy = row;
        flow.flowTimer = timer;
    }
    if (!flow.ours) {
        flow.report.flowTimer = timer;
        const auto expiry = readExpiry(message, flow.report.instance, flow.report.regId);
        flow.report.registeredUntil =
            expiry && !entry->removes ? filed.time + *expiry : base::Instant{};
    }
    if (entry->removes) {
        note(*entry, Happening::Removed, row, filed.time, message.status, "registration removed");
        return;
    }
    FlowEvent &event = note(*entry, Happening::Registered, row, filed.time, message.status,
                            flow.granted ? "registered, outbound granted" : "registered");
    event.granted = flow.granted;
    event.flowTimer = timer;
}

} // namespace flows
