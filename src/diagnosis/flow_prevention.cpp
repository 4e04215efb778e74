// SPDX-License-Identifier: Apache-2.0
// How a dead flow is kept from coming back: this trace's own figures, and settings in the form that
// the administrators of edges write.
#include <diagnosis/flow_facts.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>

namespace diagnosis {
namespace {

constexpr base::Duration kUsualPeriod = std::chrono::seconds(30); // safe for UDP in most NATs

/// Settings stand as lines of their own, as they are written into the product's file, which takes
/// the remarks for comments: who reads them can copy them.
struct Product {
    const char *word; // in Server or User-Agent, lower case
    const char *name;
    const char *keeps;   // {}: seconds of the Flow-Timer, {}: seconds that a connection lives
    const char *enables; // outbound at the first hop, and at the registrar
};
constexpr Product kProducts[] = {
    {"kamailio", "Kamailio",
     R"(# edge: a connection outlives the keep-alives, tokens outlive a restart
loadmodule "outbound.so"
loadmodule "stun.so"    # keep-alives over UDP
tcp_connection_lifetime={1}
modparam("outbound", "flow_token_secret", "...")
# edge: where t_relay() fails for a flow, answer it yourself
send_reply("430", "Flow Failed");
# registrar
modparam("registrar", "outbound_mode", 1)
modparam("registrar", "flow_timer", {0}))",
     R"(# edge
loadmodule "outbound.so"    # before path.so
loadmodule "path.so"
add_path();                 # for each REGISTER
# registrar
loadmodule "outbound.so"
modparam("registrar", "outbound_mode", 1)
modparam("registrar", "use_path", 1))"},
    {"opensips", "OpenSIPS",
     R"(modparam("nathelper", "natping_interval", {0})
modparam("nathelper", "natping_tcp", 1)
tcp_connection_lifetime={1}
# a registered connection stays
modparam("registrar", "tcp_persistent_flag", "TCP_PERSISTENT")
setflag("TCP_PERSISTENT");  # before save())",
     R"(# It has no module for RFC 5626. User agents register without outbound:
fix_nated_register();
modparam("nathelper", "natping_interval", 30)
# or an edge that has it stands in front.)"},
    {"flexisip", "Flexisip",
     R"([global]
keepalive-interval={0}
idle-timeout={1}
[module::NatHelper]
nat-traversal-strategy=flow-token)",
     R"([module::NatHelper]
enabled=true
nat-traversal-strategy=flow-token)"},
    {"repro", "repro (reSIProcate)",
     R"(# repro.config; as shipped it says DisableOutbound = true
DisableOutbound = false
OutboundVersion = 5626
# without a name of its own outbound stays off
RecordRouteUri = sip:its.own.name
FlowTimer = {0}
# never below {1}
TCPConnectionGCAge = 7200
# Its token key is made anew at every start: a restart ends all flows.)",
     R"(DisableOutbound = false
OutboundVersion = 5626
RecordRouteUri = sip:its.own.name
# only where the edge really keeps flows
AssumeFirstHopSupportsOutbound = true)"},
};

/// The products to speak of: the one that tells its name, or all.
template <class Action> void eachProduct(std::string_view server, Action action)
{
    const auto named = [&](const Product &product) {
        return server.find(product.word) != std::string_view::npos;
    };
    const bool known = std::any_of(std::begin(kProducts), std::end(kProducts), named);
    for (const auto &product : kProducts)
        if (!known || named(product))
            action(product);
}

std::string serverOf(const Evidence &evidence, const calls::Transaction &failed)
{
    return failed.finalResponse.valid()
               ? base::lower(evidence.message(failed.finalResponse).value(sip::HeaderId::Server))
               : std::string();
}

/// Seen on the flow itself, and not told of it from elsewhere.
bool passedThere(const Evidence &evidence, const flows::Flow &flow, trace::RowId row)
{
    if (!row.valid())
        return false;
    const auto from = evidence.trace.source(row), to = evidence.trace.destination(row);
    return (from == flow.edge && to == flow.userAgent) ||
           (from == flow.userAgent && to == flow.edge);
}

/// The distance of keep-alives that the flow may have (RFC 5626 section 4.4).
base::Duration longestDistance(const flows::Flow &flow)
{
    if (flow.flowTimer.count() > 0)
        return flow.flowTimer;
    return flow.transport == base::Transport::Udp ? std::chrono::seconds(29)
                                                  : std::chrono::seconds(120);
}

/// How long nothing was heard of the flow before it was needed; 0: nothing tells. So it is where
/// the trace has nothing of the flow itself, where its end was seen, which is no idle time, and
/// where its keep-alives were answered in time.
base::Duration silence(const Evidence &evidence, const flows::Flow &flow, base::Instant needed)
{
    using flows::Happening;
    base::Instant last, pong;
    bool ended = false;
    for (const auto &event : flow.events) {
        if (event.time >= needed || event.what == Happening::PongMissing ||
            event.what == Happening::Unreachable || event.what == Happening::StateChanged ||
            !passedThere(evidence, flow, event.row))
            continue;
        last = std::max(last, event.time);
        ended = event.what == Happening::Closed || event.what == Happening::Reset;
        if (event.what == Happening::Pong)
            pong = event.time;
    }
    constexpr auto kForgotten = std::chrono::seconds(10); // nothing on a way forgets sooner
    if (!last.known() || ended || (pong.known() && needed - pong <= longestDistance(flow)) ||
        needed - last < kForgotten)
        return base::Duration{0};
    return needed - last;
}

base::Duration advised(base::Duration silent)
{
    if (silent.count() == 0)
        return kUsualPeriod;
    return std::min<base::Duration>(kUsualPeriod, silent * 4 / 5);
}

} // namespace

namespace {

/// The measured silence against the keep-alives; where none was measured, how to get it.
Fix keepAliveFix(base::Duration silent, std::string keeper)
{
    if (silent.count() > 0)
        return {fmt::format("Nothing was seen on this flow for {} before it was needed: a "
                            "keep-alive at least every {} s would have noticed, or kept it.",
                            lasting(silent), advised(silent) / std::chrono::seconds(1)),
                std::move(keeper), Action::None};
    return {fmt::format("How long a silence this way survives is not in this trace; a search with "
                        "keep-alives stopped (on the flow board, or earshot register --nat-idle) "
                        "measures it. Until then the distances of RFC 5626 section 4.4 are safe "
                        "nearly everywhere: 24 to 29 s over UDP, 95 to 120 s over a connection."),
            std::move(keeper), Action::None};
}

/// Whether the device of this flow has another one, as far as the trace tells.
bool hasAnother(const Evidence &evidence, const flows::Flow *flow)
{
    return flow != nullptr &&
           std::any_of(evidence.flows.begin(), evidence.flows.end(), [&](const auto &other) {
               return other && other.get() != flow && sameDevice(*other, *flow) &&
                      other->report.regId != flow->report.regId;
           });
}

} // namespace

std::vector<Fix> preventFlowFailure(const Evidence &evidence, const calls::Transaction &failed)
{
    std::vector<Fix> out;
    const auto way = routed(evidence, failed);
    const flows::Flow *flow = way ? flowOf(evidence, way->token) : nullptr;
    const auto silent =
        flow != nullptr ? silence(evidence, *flow, failed.started) : base::Duration{0};
    const auto wholeSeconds = std::max<std::int64_t>(1, advised(silent) / std::chrono::seconds(1));
    const std::string keeper(keeperOf(evidence, failed, way));
    out.push_back(keepAliveFix(silent, keeper));
    if (!hasAnother(evidence, flow))
        out.push_back({"Register a second flow over another edge (RFC 5626 section 4.2.1 wants two "
                       "where there are two): then one that dies stops no new call.",
                       keeper, Action::None});
    eachProduct(serverOf(evidence, failed), [&](const Product &product) {
        out.push_back(
            {fmt::format("In {}:\n{}", product.name,
                         fmt::format(fmt::runtime(product.keeps), wholeSeconds, wholeSeconds + 30)),
             "edge proxy", Action::None});
    });
    return out;
}

Fix tokenKeyFix()
{
    return {"Keep the key of the flow tokens over a restart (Kamailio: modparam \"outbound\" "
            "\"flow_token_secret\"; Flexisip keeps it in a file).",
            "edge proxy", Action::None};
}

std::vector<Fix> enableOutbound(const Evidence &evidence, const calls::Transaction &refused)
{
    std::vector<Fix> out;
    eachProduct(serverOf(evidence, refused), [&](const Product &product) {
        out.push_back(
            {fmt::format("In {}:\n{}", product.name, product.enables), "edge proxy", Action::None});
    });
    return out;
}

std::string expectedOf(FlowCase which)
{
    switch (which) {
    case FlowCase::NoFlowLeft:
    case FlowCase::EdgeIsRegistrar:
        return "By RFC 5626 section 7 the home proxy tries another flow of the same instance after "
               "a 430 and, when none is left, tells the caller 480: a user agent should never "
               "receive a 430 (section 11.5).";
    case FlowCase::PeersFlow:
        return "By RFC 5626 section 5.3 the edge may use this one flow only, so the 430 itself is "
               "right; what should not have happened is that the flow died unnoticed (section "
               "4.4).";
    case FlowCase::OwnOldFlow:
    case FlowCase::StaleRoute:
        return "By RFC 5626 section 4.5 the user agent registers over its new flow first and only "
               "then sends requests with the Route of that registration.";
    case FlowCase::Misused:
    case FlowCase::MisusedByDevice:
        return "By RFC 5626 section 11.5 only an edge proxy says 430, and only to the proxy that "
               "chose the flow.";
    case FlowCase::FlowLives:
        return "By RFC 5626 section 5.3 an edge says 430 only where the flow of the token does not "
               "exist any more; this one does.";
    case FlowCase::OwnFlowLives:
        return "By RFC 5626 section 5.3 an edge that finds the sender's own flow in the Route "
               "takes "
               "it off and sends the request on: it has no flow to miss.";
    case FlowCase::BindingKept:
        return "By RFC 5626 section 6 and RFC 3261 section 10.3 a registrar keeps no binding that "
               "was replaced, removed or is over, and calls nobody by it.";
    case FlowCase::Local:
    case FlowCase::Vendor:
        break;
    }
    return {};
}

std::string actorOf(const std::vector<Fix> &fixes, Grade grade)
{
    const auto who = std::find_if(fixes.begin(), fixes.end(),
                                  [](const Fix &fix) { return fix.party != "operator"; });
    return who == fixes.end()
               ? std::string()
               : fmt::format("First to act: the {} ({}).", who->party, gradeText(grade));
}

} // namespace diagnosis
