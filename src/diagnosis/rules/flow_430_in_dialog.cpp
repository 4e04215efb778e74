// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/flow_facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// The newest stream that still ran when the request failed.
const rtp::Stream *runningMedia(const Evidence &evidence, base::Instant when)
{
    for (auto it = evidence.streams.rbegin(); it != evidence.streams.rend(); ++it)
        if (it->stream->first <= when && it->stream->last + std::chrono::seconds(1) >= when)
            return it->stream.get();
    return nullptr;
}

void check(const Evidence &evidence, Findings &out)
{
    const auto *const failed = origin(evidence, 430, true);
    if (failed == nullptr || !failed->request.valid())
        return;
    const auto *const next = nextAttempt(evidence, *failed);
    if (next != nullptr && next->finalStatus / 100 == 2)
        return; // a proxy on the way had another flow after all
    const auto verdict = judgeFlowFailure(evidence, *failed);
    auto &f =
        out.add("flow-430-in-dialog", Severity::Error, verdict.grade,
                fmt::format("{} inside the dialog [1] was answered 430 Flow Failed [2], {}. {}",
                            methodOf(evidence, *failed),
                            verdict.which == FlowCase::OwnFlowLives
                                ? lasting(failed->finished - failed->started) + " after the request"
                                : answerTimeText(failed->started, failed->finished),
                            verdict.text));
    f.impact = verdict.impact;
    f.evidence = {at(failed->request, "the request"), at(failed->finalResponse, "the refusal")};
    if (const auto way = routed(evidence, *failed)) {
        f.evidence.push_back(
            at(evidence, failed->request, way->token.value, "the flow token in the route set"));
        f.text +=
            fmt::format(" The {} names {} [3].", way->token.inUri ? "Request-URI" : "route set",
                        tokenText(evidence, way->token, failed->started));
    }
    if (const auto *const media = runningMedia(evidence, failed->finished)) {
        f.evidence.push_back(at(*media, "media still ran"));
        f.text += fmt::format(" RTP from {} was still running [{}].", media->source.text(),
                              f.evidence.size());
    }
    f.fixes = verdict.fixes;
    f.offers = flowOffers(evidence, *failed);
}

} // namespace

extern const Rule flow_430_in_dialog;
const Rule flow_430_in_dialog{"flow-430-in-dialog",
                              "A request inside the dialog met a dead flow",
                              Severity::Error,
                              "RFC 5626 section 5.3.1, RFC 5057",
                              "430",
                              R"(
   0.00 alice>edge INVITE offer
   0.50 edge>alice 200 tag=b answer "Record-Route: <sip:MTIzNDU2Nzg5MAJ/AAABE8R/AAABiAc=@192.0.2.2;lr>"
   0.55 alice>edge ACK tag=b "Route: <sip:MTIzNDU2Nzg5MAJ/AAABE8R/AAABiAc=@192.0.2.2;lr>"
  60.00 alice>edge BYE tag=b "Route: <sip:MTIzNDU2Nzg5MAJ/AAABE8R/AAABiAc=@192.0.2.2;lr>"
* 60.01 edge>alice 430 tag=b
)",
                              R"(
   0.00 alice>edge INVITE offer
   0.50 edge>alice 200 tag=b answer "Record-Route: <sip:MTIzNDU2Nzg5MAJ/AAABE8R/AAABiAc=@192.0.2.2;lr>"
   0.55 alice>edge ACK tag=b "Route: <sip:MTIzNDU2Nzg5MAJ/AAABE8R/AAABiAc=@192.0.2.2;lr>"
  60.00 alice>edge BYE tag=b "Route: <sip:MTIzNDU2Nzg5MAJ/AAABE8R/AAABiAc=@192.0.2.2;lr>"
  60.05 edge>alice 200 tag=b
)",
                              check};

} // namespace diagnosis::rules
