// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/flow_facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kMuch = std::chrono::seconds(1);

/// The sender found nobody there: the network said so, nothing ever came, or the server cannot.
/// What a target says itself (486, 404) sends nobody to the next server (RFC 3263 section 4.3).
bool foundNobody(const Evidence &evidence, const calls::Transaction &t)
{
    if (t.finalStatus == 503)
        return t.finalResponse.valid() && !wasProgressing(evidence, t);
    return t.responses.empty() && (t.localFailure.valid() || t.finalStatus == 0);
}

/// The same request of the same sender, taken to another host behind that.
const calls::Transaction *takenElsewhere(const Evidence &evidence, const calls::Transaction &failed)
{
    const auto &uri = evidence.message(failed.request).requestUri;
    const auto newest = failed.repeats.empty() ? failed.request : failed.repeats.back();
    for (const auto &t : evidence.call.transactions)
        if (t.request.valid() && t.method == failed.method && t.cseq == failed.cseq &&
            t.branch != failed.branch && !t.inDialog && t.started >= evidence.time(newest) &&
            evidence.trace.source(t.request).address ==
                evidence.trace.source(failed.request).address &&
            evidence.trace.destination(t.request) != evidence.trace.destination(failed.request) &&
            evidence.message(t.request).requestUri == uri && !t.responses.empty())
            return &t;
    return nullptr;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &t : evidence.call.transactions) {
        // With a flow token it is the flow that failed, not the server.
        if (t.inDialog || !t.request.valid() || t.method == sip::Method::Ack ||
            t.method == sip::Method::Cancel || evidence.trace.row(t.request).viaCount != 1 ||
            !foundNobody(evidence, t) || routed(evidence, t))
            continue;
        const auto *const next = takenElsewhere(evidence, t);
        if (next == nullptr)
            continue;
        const auto lost = next->started - t.started;
        auto &f =
            out.add("rt-dns", lost > kMuch ? Severity::Warning : Severity::Info, Grade::Likely,
                    fmt::format("{} tried {} for its {} [1], where {}, and {} later {} [2], "
                                "which answered.",
                                evidence.trace.source(t.request).text(),
                                evidence.trace.destination(t.request).text(), methodOf(evidence, t),
                                t.finalStatus == 503 && t.finalResponse.valid() ? "a 503 came"
                                                                                : "nobody answered",
                                lasting(lost), evidence.trace.destination(next->request).text()));
        f.impact = fmt::format("Every request that goes there first takes {} more, as long as that "
                               "server is named first and does not work.",
                               lasting(lost));
        f.evidence = {at(t.request, "to the first server"), at(next->request, "to the next one")};
        f.fixes = {{"Bring that server back, or take its name out of the SRV records (or give it a "
                    "higher priority value).",
                    "operator", Action::None}};
        return;
    }
}

} // namespace

extern const Rule rt_dns;
const Rule rt_dns{"rt-dns",
                  "The first server was not there",
                  Severity::Warning,
                  "RFC 3263 section 4.3",
                  "503",
                  R"(
  0.00 alice>edge INVITE offer uri=bob@example.test
  0.50 alice>edge again
  1.50 alice>edge again
* 4.00 alice>edge2 INVITE offer uri=bob@example.test branch=second
* 4.05 edge2>alice 100
* 6.00 edge2>alice 200 tag=b answer
* 6.05 alice>edge2 ACK tag=b branch=third
)",
                  R"(
  0.00 alice>edge INVITE offer uri=bob@example.test
  0.50 alice>edge again
  0.60 edge>alice 100
  4.00 alice>edge2 INVITE offer uri=bob@example.test branch=second
  4.05 edge2>alice 100
  6.00 edge2>alice 200 tag=b answer
  6.05 alice>edge2 ACK tag=b branch=third
)",
                  check};

} // namespace diagnosis::rules
