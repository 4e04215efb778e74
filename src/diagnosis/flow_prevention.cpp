// SPDX-License-Identifier: Apache-2.0
// How a dead flow is kept from coming back: this trace's own figures, and settings in the form that
// the administrators of edges write.
#include <diagnosis/flow_facts.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>

namespace diagnosis {
namespace {

constexpr base::Duration kForgets = std::chrono::seconds(20);     // the quickest NATs, with UDP
constexpr base::Duration kUsualPeriod = std::chrono::seconds(30); // safe for UDP in most NATs

struct Product {
    const char *word; // in Server or User-Agent, lower case
    const char *name;
    const char *keeps;   // {}: seconds of the Flow-Timer, {}: seconds that a connection lives
    const char *enables; // outbound at the first hop, and at the registrar
};
constexpr Product kProducts[] = {
    {"kamailio", "Kamailio",
     "modparam(\"registrar\", \"outbound_mode\", 1); modparam(\"registrar\", \"flow_timer\", {}); "
     "tcp_connection_lifetime={}; modparam(\"outbound\", \"flow_token_secret\", \"...\"); load "
     "stun.so for UDP, and answer 430 yourself where t_relay() fails for a flow",
     "at the edge loadmodule \"outbound.so\" before loadmodule \"path.so\", and add_path() for "
     "each "
     "REGISTER; at the registrar loadmodule \"outbound.so\", modparam(\"registrar\", "
     "\"outbound_mode\", 1) and modparam(\"registrar\", \"use_path\", 1)"},
    {"opensips", "OpenSIPS",
     "modparam(\"nathelper\", \"natping_interval\", {}); modparam(\"nathelper\", \"natping_tcp\", "
     "1); tcp_connection_lifetime={}; modparam(\"registrar\", \"tcp_persistent_flag\", "
     "\"TCP_PERSISTENT\") with setflag(\"TCP_PERSISTENT\") before save(), so that a registered "
     "connection stays",
     "it has no module for RFC 5626: let user agents register without outbound there "
     "(fix_nated_register(), and nathelper's pings), or put an edge in front that has it"},
    {"flexisip", "Flexisip",
     "[module::NatHelper] nat-traversal-strategy=flow-token; [global] keepalive-interval={}, "
     "idle-timeout={}",
     "[module::NatHelper] enabled=true, nat-traversal-strategy=flow-token"},
    {"repro", "repro (reSIProcate)",
     "DisableOutbound = false (repro.config as shipped says true); OutboundVersion = 5626; "
     "RecordRouteUri = sip:its.own.name (without it outbound stays off); FlowTimer = {}; "
     "TCPConnectionGCAge = 7200 (never below {}); its token key is made anew at every start, so a "
     "restart ends all flows",
     "DisableOutbound = false; OutboundVersion = 5626; RecordRouteUri = sip:its.own.name; "
     "AssumeFirstHopSupportsOutbound = true only where the edge really keeps flows"},
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

/// How long nothing was heard of the flow before it was needed; 0: nothing tells, its end was seen,
/// or so short that no NAT and no edge forgets within it. A trace that holds the registration
/// alone, as one taken behind the edge, does not show the keep-alives.
base::Duration silence(const flows::Flow &flow, base::Instant needed)
{
    using flows::Happening;
    base::Instant last;
    bool ended = false;
    for (const auto &event : flow.events) {
        if (event.time >= needed || event.what == Happening::PongMissing ||
            event.what == Happening::Unreachable)
            continue;
        last = std::max(last, event.time);
        ended = event.what == Happening::Closed || event.what == Happening::Reset;
    }
    const bool inView = flow.ours || flow.lastPing.known() || flow.lastPong.known();
    const auto silent = last.known() && !ended && inView ? needed - last : base::Duration{0};
    return silent >= kForgets ? silent : base::Duration{0};
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
                        "measures it. Until then every 24 to 29 s over UDP, and "
                        "within the Flow-Timer over TCP, is safe nearly everywhere (RFC 5626 "
                        "section 4.4)."),
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
    const auto silent = flow != nullptr ? silence(*flow, failed.started) : base::Duration{0};
    const auto wholeSeconds = std::max<std::int64_t>(1, advised(silent) / std::chrono::seconds(1));
    const std::string keeper(keeperOf(evidence, failed, way));
    out.push_back(keepAliveFix(silent, keeper));
    if (!hasAnother(evidence, flow))
        out.push_back({"Register a second flow over another edge (RFC 5626 section 4.2.1 wants two "
                       "where there are two): then one that dies stops no new call.",
                       keeper, Action::None});
    eachProduct(serverOf(evidence, failed), [&](const Product &product) {
        out.push_back(
            {fmt::format("In {}: {}.", product.name,
                         fmt::format(fmt::runtime(product.keeps), wholeSeconds, wholeSeconds + 30)),
             "edge proxy", Action::None});
    });
    return out;
}

std::vector<Fix> enableOutbound(const Evidence &evidence, const calls::Transaction &refused)
{
    std::vector<Fix> out;
    eachProduct(serverOf(evidence, refused), [&](const Product &product) {
        out.push_back(
            {fmt::format("In {}: {}.", product.name, product.enables), "edge proxy", Action::None});
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
    case FlowCase::FormerBinding:
        return "By RFC 3261 section 10.3 a binding ends with its time or when it is taken away, "
               "and "
               "by RFC 5626 section 6 a new one of the same instance and reg-id takes its place: "
               "no request goes there any more.";
    case FlowCase::EdgeDenies:
        return "By RFC 5626 section 5.3 the edge sends the request over the connection that the "
               "token names for as long as it stands, and says 430 only when it is gone.";
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
