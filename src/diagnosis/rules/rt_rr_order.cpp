// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/route_set.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// The 2xx that made the dialog of a later request by the caller, as it got it; invalid: not here.
trace::RowId answerOf(const Evidence &evidence, const trace::Row &request)
{
    for (const auto &t : evidence.call.transactions) {
        if (t.method != sip::Method::Invite || t.inDialog || !t.finalResponse.valid() ||
            t.finalStatus / 100 != 2 || !t.request.valid() ||
            evidence.trace.row(t.request).viaCount != 1)
            continue;
        const auto &answer = evidence.trace.row(t.finalResponse);
        if (answer.toTag == request.toTag && answer.fromTag == request.fromTag)
            return t.finalResponse;
    }
    return {};
}

constexpr int kMost = 64; // requests that are looked at

void check(const Evidence &evidence, Findings &out)
{
    int requests = 0;
    for (const auto &t : evidence.call.transactions) {
        if (!t.inDialog || !t.request.valid() || t.method == sip::Method::Ack ||
            t.method == sip::Method::Cancel || evidence.trace.row(t.request).viaCount != 1)
            continue;
        if (++requests > kMost)
            return;
        const auto answer = answerOf(evidence, evidence.trace.row(t.request));
        if (!answer.valid() || evidence.time(answer) > t.started ||
            evidence.trace.destination(answer) != evidence.trace.source(t.request))
            continue;
        const auto wrong = wrongRoute(evidence, t.request, answer);
        if (wrong.header != sip::HeaderId::RecordRoute) // a target refresh may have moved the rest
            continue;
        // Without any Route, and answered all the same, somebody on the way put it right.
        const bool failed = t.finalStatus >= 400 || (t.responses.empty() && !t.repeats.empty());
        const bool routed = evidence.message(t.request).find(sip::HeaderId::Route) != nullptr;
        if (!failed && !routed)
            continue;
        auto &f = out.add(
            "rt-rr-order", failed ? Severity::Error : Severity::Warning, Grade::Seen,
            fmt::format("The {} within the call [2] does not take the way that the 200 recorded "
                        "[1]: {}.",
                        methodOf(evidence, t), wrong.what()));
        f.impact = "Requests pass proxies in the wrong order, or one that has to see them: hold, "
                   "transfer or hanging up may fail, and billing misses the end.";
        f.evidence = {at(evidence, answer, wrong.header, "the way that was recorded"),
                      at(evidence, t.request, wrong.used, "the way that was taken")};
        f.fixes = {{"Use the Record-Route of the 200, last entry first, as Route of every request "
                    "in the dialog (RFC 3261 section 12.2.1.1).",
                    "caller's user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule rt_rr_order;
const Rule rt_rr_order{"rt-rr-order",
                       "Another way than was recorded",
                       Severity::Error,
                       "RFC 3261 sections 12.1.2 and 12.2.1.1",
                       "200",
                       R"(
  0.00 alice>proxy INVITE offer
  0.20 proxy>alice 180 tag=b
* 2.00 proxy>alice 200 tag=b answer "Record-Route: <sip:192.0.2.2;lr>, <sip:192.0.2.4;lr>"
  2.05 alice>proxy ACK tag=b
  9.00 alice>proxy BYE tag=b "Route: <sip:192.0.2.2;lr>, <sip:192.0.2.4;lr>"
  9.05 proxy>alice 481 for=BYE
)",
                       R"(
  0.00 alice>proxy INVITE offer
  0.20 proxy>alice 180 tag=b
  2.00 proxy>alice 200 tag=b answer "Record-Route: <sip:192.0.2.4;lr>, <sip:192.0.2.2;lr>"
  2.05 alice>proxy ACK tag=b
  9.00 alice>proxy BYE tag=b "Route: <sip:192.0.2.2;lr>, <sip:192.0.2.4;lr>"
  9.05 proxy>alice 200 for=BYE
)",
                       check,
                       Reads::Messages};

} // namespace diagnosis::rules
