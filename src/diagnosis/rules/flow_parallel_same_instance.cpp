// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <diagnosis/facts.h>
#include <diagnosis/flow_facts.h>
#include <diagnosis/former_ends.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <optional>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kMostBranches = 64;

/// A branch that nobody has answered is left for another one after a while, which is not at once.
constexpr std::chrono::milliseconds kOneFork{500};

bool atOnce(const calls::Transaction &a, const calls::Transaction &b)
{
    return a.method == sip::Method::Invite && b.method == a.method && !a.inDialog && !b.inDialog &&
           a.request.valid() && b.request.valid() && b.cseq == a.cseq && b.branch != a.branch &&
           (!a.finished.known() || b.started < a.finished) && !a.localFailure.valid() &&
           (!a.responses.empty() || b.started - a.started < kOneFork);
}

/// The flow that brings the request: from its edge to its user agent; nullptr: none.
const flows::Flow *broughtBy(const Evidence &evidence, const calls::Transaction &transaction)
{
    const auto from = evidence.trace.source(transaction.request);
    const auto to = evidence.trace.destination(transaction.request);
    for (const auto &flow : evidence.flows)
        if (flow && from == flow->edge &&
            (to == flow->userAgent || to == flow->report.local ||
             (flow->ours && hadSocket(evidence, *flow, to)))) // it may have another one by now
            return flow.get();
    return nullptr;
}

struct Fork {
    const flows::Flow *one = nullptr, *other = nullptr;
    bool named = false; // by their tokens, in the requests of one sender
};
/// Two flows that two requests of one call are for: by the tokens of one sender, or because they
/// came over them.
std::optional<Fork> forkOf(const Evidence &evidence, const calls::Transaction &a,
                           const calls::Transaction &b)
{
    if (a.sentBy == b.sentBy) {
        const Fork fork{routedFlow(evidence, a), routedFlow(evidence, b), true};
        if (fork.one != nullptr && fork.other != nullptr)
            return fork;
    }
    const Fork fork{broughtBy(evidence, a), broughtBy(evidence, b), false};
    return fork.one != nullptr && fork.other != nullptr ? std::optional(fork) : std::nullopt;
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &all = evidence.call.transactions;
    const auto end = std::min(all.size(), kMostBranches);
    for (std::size_t i = 0; i < end; ++i) {
        for (std::size_t k = i + 1; k < end; ++k) {
            if (!atOnce(all[i], all[k]))
                continue;
            const auto fork = forkOf(evidence, all[i], all[k]);
            if (!fork || !sameDevice(*fork->one, *fork->other))
                continue;
            const auto who = fork->named
                                 ? evidence.trace.source(all[k].request).text() + " sent one INVITE"
                                 : std::string("One INVITE came");
            auto &f = out.add("flow-parallel-same-instance", Severity::Error, Grade::Seen,
                              fmt::format("{} over two flows of the same device at once: reg-id "
                                          "{} [1] and reg-id {} [2].",
                                          who, fork->one->report.regId, fork->other->report.regId));
            f.impact = "The phone answers one of them with 482, or rings twice.";
            const auto header = fork->named ? sip::HeaderId::Route : sip::HeaderId::Via;
            f.evidence = {at(evidence, all[i].request, header, "one flow"),
                          at(evidence, all[k].request, header, "the other")};
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
