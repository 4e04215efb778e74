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

struct Product {
    const char *word; // in Server or User-Agent, lower case
    const char *name;
    const char *settings; // {}: seconds of the Flow-Timer, {}: seconds that a connection lives
};
constexpr Product kProducts[] = {
    {"kamailio", "Kamailio",
     "modparam(\"registrar\", \"outbound_mode\", 1); modparam(\"registrar\", \"flow_timer\", {}); "
     "tcp_connection_lifetime={}; modparam(\"outbound\", \"flow_token_secret\", \"...\"); load "
     "stun.so for UDP, and answer 430 yourself where t_relay() fails for a flow"},
    {"opensips", "OpenSIPS",
     "modparam(\"nathelper\", \"natping_interval\", {}); modparam(\"nathelper\", \"natping_tcp\", "
     "1); tcp_connection_lifetime={}; keep registered connections with the registrar's "
     "tcp_persistent_flag"},
    {"flexisip", "Flexisip",
     "[module::NatHelper] nat-traversal-strategy=flow-token; [global] keepalive-interval={}, "
     "idle-timeout={}"},
    {"repro", "repro (reSIProcate)",
     "DisableOutbound = false (repro.config as shipped says true); OutboundVersion = 5626; "
     "FlowTimer "
     "= {}; TCPConnectionGCAge = 7200 (never below {}); AssumeFirstHopSupportsOutbound = true only "
     "where the edge really keeps flows; its token key is made anew at every start, so a restart "
     "ends all flows"},
};

/// How long nothing was heard of the flow before it was needed; unknown: nothing tells.
base::Duration silence(const flows::Flow &flow, base::Instant needed)
{
    base::Instant last;
    for (const auto &event : flow.events)
        if (event.time < needed && event.what != flows::Happening::PongMissing &&
            event.what != flows::Happening::Unreachable)
            last = std::max(last, event.time);
    return last.known() ? needed - last : base::Duration{0};
}

base::Duration advised(base::Duration silent)
{
    if (silent < std::chrono::seconds(2))
        return kUsualPeriod;
    return std::min<base::Duration>(kUsualPeriod, silent * 4 / 5);
}

} // namespace

std::vector<Fix> preventFlowFailure(const Evidence &evidence, const calls::Transaction &failed)
{
    std::vector<Fix> out;
    const auto way = routed(evidence, failed);
    const flows::Flow *flow = way ? flowOf(evidence, way->token) : nullptr;
    const auto silent = flow != nullptr ? silence(*flow, failed.started) : base::Duration{0};
    const auto period = advised(silent);
    const auto wholeSeconds = std::max<std::int64_t>(1, period / std::chrono::seconds(1));
    if (silent >= std::chrono::seconds(2))
        out.push_back({fmt::format("Nothing was seen on this flow for {} before it was needed: a "
                                   "keep-alive at least every {} s would have noticed, or kept it.",
                                   lasting(silent), wholeSeconds),
                       std::string(keeperOf(evidence, failed, way)), Action::None});
    const auto server =
        failed.finalResponse.valid()
            ? base::lower(evidence.message(failed.finalResponse).value(sip::HeaderId::Server))
            : std::string();
    const bool known = std::any_of(std::begin(kProducts), std::end(kProducts), [&](const auto &p) {
        return server.find(p.word) != std::string::npos;
    });
    for (const auto &product : kProducts) {
        if (known && server.find(product.word) == std::string::npos)
            continue;
        out.push_back({fmt::format("In {}: {}.", product.name,
                                   fmt::format(fmt::runtime(product.settings), wholeSeconds,
                                               wholeSeconds + 30)),
                       "edge proxy", Action::None});
    }
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
        return "By RFC 5626 section 11.5 only an edge proxy says 430, and only to the proxy that "
               "chose the flow.";
    case FlowCase::Local:
    case FlowCase::Vendor:
        break;
    }
    return {};
}

std::string actorOf(const FlowVerdict &verdict)
{
    if (verdict.fixes.empty())
        return {};
    const auto who = std::find_if(verdict.fixes.begin(), verdict.fixes.end(),
                                  [](const Fix &fix) { return fix.party != "operator"; });
    return who == verdict.fixes.end()
               ? std::string()
               : fmt::format("First to act: the {} ({}).", who->party, gradeText(verdict.grade));
}

} // namespace diagnosis
