// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kEnough = 25; // packets: half a second, no stray ones

/// What is said when nobody answered: not what an announcement goes with.
bool saysNothingCame(int status)
{
    constexpr std::array kCodes{408, 480, 503, 504};
    return std::find(kCodes.begin(), kCodes.end(), status) != kCodes.end();
}

bool describedByCallee(const Evidence &evidence)
{
    return std::any_of(
        evidence.call.transactions.begin(), evidence.call.transactions.end(), [&](const auto &t) {
            return std::any_of(t.responses.begin(), t.responses.end(),
                               [&](trace::RowId row) { return hasSdp(evidence, row); });
        });
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call || !call.invite.valid() || call.answered.known() ||
        call.firstProvisional.valid() || !saysNothingCame(call.finalStatus) ||
        !hasSdp(evidence, call.invite) || describedByCallee(evidence))
        return;
    const auto end = call.finalResponse.valid() ? evidence.time(call.finalResponse) : evidence.now;
    const BoundStream *heard = nullptr;
    for (const auto &bound : evidence.streams)
        if (bound.towardsCaller && bound.stream->first > evidence.time(call.invite) &&
            bound.stream->first < end && bound.stream->packets >= kEnough &&
            (heard == nullptr || bound.stream->packets > heard->stream->packets))
            heard = &bound;
    if (heard == nullptr)
        return;
    const auto until = std::min(heard->stream->last, end);
    auto text = fmt::format("{} of audio came from {} [1], which no response has named; to the "
                            "INVITE [2] nobody told of any progress",
                            lasting(until - heard->stream->first), heard->stream->source.text());
    text += fmt::format(", and in the end it was {} [3].", codeText(call.finalStatus)) +
            " So the INVITE arrived and was answered: the responses do not come back.";
    auto &f = out.add("em-answer-unheard", Severity::Error, Grade::Likely, std::move(text));
    f.impact = "The callee's phone rings, or is answered and talks, while the caller is told that "
               "nobody is there.";
    f.evidence = {at(*heard->stream, "whoever sends this got the offer"),
                  at(call.invite, "the offer")};
    if (call.finalResponse.valid())
        f.evidence.push_back(at(call.finalResponse, "what the caller was told"));
    f.fixes = {{fmt::format("Look for what loses the responses on the way back from {}: a flow "
                            "that works in one direction only, a NAT binding that is gone, a "
                            "firewall.",
                            heard->stream->source.address.text()),
                "edge proxy", Action::None},
               {"Capture at the callee as well: the responses that left there and did not arrive "
                "here show where they end.",
                "operator", Action::None}};
}

} // namespace

extern const Rule em_answer_unheard;
const Rule em_answer_unheard{"em-answer-unheard",
                             "Audio of a callee whose responses do not come back",
                             Severity::Error,
                             "RFC 3264 section 5.1, RFC 5626 section 4.4",
                             "408",
                             R"(
  0.00 alice>home INVITE offer
  0.01 home>alice 100
* 3.00 bob>alice rtp 200
  8.00 home>alice 408 tag=h
  8.05 alice>home ACK tag=h
)",
                             R"(
  0.00 alice>home INVITE offer
  0.01 home>alice 100
  2.90 home>alice 183 tag=b answer
  3.00 bob>alice rtp 200
  8.00 home>alice 480 tag=b
  8.05 alice>home ACK tag=b
)",
                             check,
                             Reads::Messages,
                             Argues::FromAbsence};

} // namespace diagnosis::rules
