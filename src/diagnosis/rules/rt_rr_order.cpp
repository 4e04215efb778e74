// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/route_set.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// What made the dialog of a later request, on its sender's own hop: the 2xx that the caller got,
/// or the INVITE that the callee got. Invalid: not here.
trace::RowId madeBy(const Evidence &evidence, trace::RowId later)
{
    const auto &request = evidence.trace.row(later);
    const auto source = evidence.trace.source(later);
    for (const auto &t : evidence.call.transactions) {
        if (t.method != sip::Method::Invite || t.inDialog || !t.finalResponse.valid() ||
            t.finalStatus / 100 != 2 || !t.request.valid())
            continue;
        const auto &answer = evidence.trace.row(t.finalResponse);
        if (answer.toTag == request.toTag && answer.fromTag == request.fromTag &&
            evidence.trace.row(t.request).viaCount == 1)
            return evidence.trace.destination(t.finalResponse) == source ? t.finalResponse
                                                                         : trace::RowId{};
        if (answer.toTag == request.fromTag && answer.fromTag == request.toTag &&
            evidence.trace.destination(t.request) == source)
            return t.request;
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
        const auto made = madeBy(evidence, t.request);
        if (!made.valid() || evidence.time(made) > t.started ||
            !evidence.mayHave(made, sip::HeaderId::RecordRoute))
            continue;
        const bool byCallee = evidence.trace.row(made).status == 0;
        const auto wrong = wrongRoute(evidence, t.request, made);
        if (wrong.header != sip::HeaderId::RecordRoute) // a target refresh may have moved the rest
            continue;
        const bool failed = t.finalStatus >= 400 || (t.responses.empty() && !t.repeats.empty());
        auto &f = out.add(
            "rt-rr-order", failed ? Severity::Error : Severity::Warning, Grade::Seen,
            fmt::format("The {} within the call [2] does not take the way that the {} recorded "
                        "[1]: {}.",
                        methodOf(evidence, t), byCallee ? "INVITE" : "200", wrong.what()));
        f.impact = "Requests pass proxies in the wrong order, or one that has to see them: hold, "
                   "transfer or hanging up may fail, and billing misses the end.";
        f.evidence = {at(evidence, made, wrong.header, "the way that was recorded"),
                      at(evidence, t.request, wrong.used, "the way that was taken")};
        f.fixes = {{byCallee
                        ? "Use the Record-Route of the INVITE, in its order, as Route of every "
                          "request in the dialog (RFC 3261 section 12.1.1)."
                        : "Use the Record-Route of the 200, last entry first, as Route of every "
                          "request in the dialog (RFC 3261 section 12.1.2).",
                    byCallee ? "callee's user agent" : "caller's user agent", Action::None}};
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
