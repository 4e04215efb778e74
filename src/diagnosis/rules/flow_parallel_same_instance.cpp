// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <diagnosis/facts.h>
#include <diagnosis/flow_facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kMostBranches = 64;

/// A branch that nobody has answered is left for another one after a while, which is not at once.
constexpr std::chrono::milliseconds kOneFork{500};

bool atOnce(const calls::Transaction &a, const calls::Transaction &b)
{
    return a.method == sip::Method::Invite && b.method == a.method && !a.inDialog && !b.inDialog &&
           a.request.valid() && b.request.valid() && b.cseq == a.cseq && b.branch != a.branch &&
           b.sentBy == a.sentBy && (!a.finished.known() || b.started < a.finished) &&
           !a.localFailure.valid() && (!a.responses.empty() || b.started - a.started < kOneFork);
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &all = evidence.call.transactions;
    const auto end = std::min(all.size(), kMostBranches);
    for (std::size_t i = 0; i < end; ++i) {
        for (std::size_t k = i + 1; k < end; ++k) {
            if (!atOnce(all[i], all[k]))
                continue;
            const auto *const one = routedFlow(evidence, all[i]);
            const auto *const other = routedFlow(evidence, all[k]);
            if (one == nullptr || other == nullptr || !sameDevice(*one, *other))
                continue;
            auto &f = out.add("flow-parallel-same-instance", Severity::Error, Grade::Seen,
                              fmt::format("{} sent one INVITE over two flows of the same device at "
                                          "once: reg-id {} [1] and reg-id {} [2].",
                                          evidence.trace.source(all[k].request).text(),
                                          one->report.regId, other->report.regId));
            f.impact = "The phone answers one of them with 482, or rings twice.";
            f.evidence = {at(evidence, all[i].request, sip::HeaderId::Route, "one flow"),
                          at(evidence, all[k].request, sip::HeaderId::Route, "the other")};
            f.fixes = {{"Keep to one flow of an instance at a time.", "home proxy", Action::None}};
            return;
        }
    }
}

} // namespace

extern const Rule flow_parallel_same_instance;
const Rule flow_parallel_same_instance{"flow-parallel-same-instance",
                                       "One device called over two of its flows at once",
                                       Severity::Error,
                                       "RFC 5626 section 7",
                                       "482",
                                       R"(
  0.000 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.050 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Path: <sip:flow-one@192.0.2.2;lr;ob>" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
  1.000 bob>edge2 REGISTER tcp call=r2 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\""
  1.050 edge2>bob 200 tcp call=r2 tag=r "Require: outbound" "Path: <sip:flow-two@192.0.2.3;lr;ob>" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\";expires=600"
  5.000 home>edge INVITE offer branch=one "Route: <sip:flow-one@192.0.2.2;lr;ob>"
* 5.001 home>edge2 INVITE offer branch=two "Route: <sip:flow-two@192.0.2.3;lr;ob>"
  5.100 edge>home 180 tag=b
)",
                                       R"(
  0.000 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.050 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Path: <sip:flow-one@192.0.2.2;lr;ob>" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
  1.000 bob>edge2 REGISTER tcp call=r2 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\""
  1.050 edge2>bob 200 tcp call=r2 tag=r "Require: outbound" "Path: <sip:flow-two@192.0.2.3;lr;ob>" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\";expires=600"
  5.000 home>edge INVITE offer branch=one "Route: <sip:flow-one@192.0.2.2;lr;ob>"
  5.001 edge>home 430 tag=e
  5.002 home>edge2 INVITE offer branch=two "Route: <sip:flow-two@192.0.2.3;lr;ob>"
  5.100 edge2>home 180 tag=b
  8.000 home>edge INVITE offer call=c2 branch=three "Route: <sip:flow-one@192.0.2.2;lr;ob>"
  8.500 home>edge INVITE offer call=c2 branch=three "Route: <sip:flow-one@192.0.2.2;lr;ob>"
  9.500 home>edge2 INVITE offer call=c2 branch=four "Route: <sip:flow-two@192.0.2.3;lr;ob>"
  9.600 edge2>home 180 call=c2 tag=b
)",
                                       check};

} // namespace diagnosis::rules
