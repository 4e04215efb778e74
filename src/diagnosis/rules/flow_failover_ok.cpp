// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/flow_facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kSoonAfter = std::chrono::seconds(2);

bool wentThrough(const Evidence &evidence, const calls::Transaction &attempt)
{
    if (attempt.finalStatus != 0)
        return attempt.finalStatus / 100 == 2 || attempt.finalStatus == 486 ||
               attempt.finalStatus == 487;
    return std::any_of(attempt.responses.begin(), attempt.responses.end(),
                       [&](trace::RowId row) { return evidence.trace.row(row).status > 100; });
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &failed : evidence.call.transactions) {
        // RFC 5626 section 7: only 430 and no answer at all let the proxy try another flow of the
        // same instance. A 408 is too common for other reasons to be told from serial forking.
        if (failed.finalStatus != 430 || failed.inDialog)
            continue;
        const auto *const next = nextAttempt(evidence, failed);
        if (next == nullptr || next->started - failed.finished > kSoonAfter ||
            !wentThrough(evidence, *next))
            continue;
        const auto tokens = tokensOf(evidence, failed.request);
        auto text = fmt::format(
            "{} met a dead flow at {}: 430 after {} [1]. {} later {} tried {} [2], and that "
            "attempt "
            "went through [3].",
            sip::methodText(failed.method), sender(evidence, failed.finalResponse),
            lasting(failed.finished - failed.started), lasting(next->started - failed.finished),
            evidence.trace.source(next->request).text(), receiver(evidence, next->request));
        if (!tokens.empty())
            text += fmt::format(" The dead one: {}.",
                                tokenText(evidence, tokens.front(), failed.started));
        auto &f = out.add("flow-failover-ok", Severity::Info, Grade::Seen, std::move(text));
        f.impact = fmt::format("None for the caller but {} of delay; the dead binding delays every "
                               "further call until it is "
                               "refreshed or removed.",
                               lasting(next->started - failed.started));
        const auto proof = next->finalResponse.valid() ? next->finalResponse
                           : next->responses.empty()   ? next->request
                                                       : next->responses.back();
        f.evidence = {at(failed.finalResponse, "the flow is gone"),
                      at(next->request, "the next flow"), at(proof, "it works")};
        f.fixes = {
            {"Remove the dead binding when a 430 comes back for it.", "home proxy", Action::None},
            {"Re-register the dead flow with the same reg-id.", "callee's user agent",
             Action::ReRegister}};
        const bool ours = !tokens.empty() && flowOf(evidence, tokens.front()) != nullptr &&
                          flowOf(evidence, tokens.front())->ours;
        if (ours)
            std::swap(f.fixes[0], f.fixes[1]);
        else
            f.fixes[1].action = Action::None;
        return;
    }
}

} // namespace

extern const Rule flow_failover_ok;
const Rule flow_failover_ok{"flow-failover-ok",
                            "Another flow saved the call",
                            Severity::Info,
                            "RFC 5626 section 7",
                            "430",
                            R"(
  0.000 alice>home INVITE offer
  0.001 home>edge INVITE offer
  0.003 edge>home 430 tag=e
  0.004 home>edge ACK
* 0.005 home>edge2 INVITE branch=second offer
* 0.100 edge2>home 200 tag=b answer
  0.101 home>alice 200 tag=b answer
  0.102 alice>home ACK tag=b
)",
                            R"(
  0.000 alice>home INVITE offer
  0.001 home>edge INVITE offer
  0.003 edge>home 430 tag=e
  0.004 home>edge ACK
  0.005 home>alice 480 tag=h
  0.006 alice>home ACK
)",
                            check};

} // namespace diagnosis::rules
