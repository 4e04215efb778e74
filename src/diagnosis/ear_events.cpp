// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/ears.h>

#include <algorithm>
#include <diagnosis/announced.h>
#include <diagnosis/facts.h>
#include <diagnosis/payloads.h>
#include <rtp/media_run.h>

namespace diagnosis {
namespace {

using namespace std::chrono_literals;
constexpr base::Duration kThirdPacket = 40ms; // of 20 ms each
constexpr base::Duration kStopped = rtp::MediaRun::kEnds;
constexpr std::size_t kMostEvents = 4096;

/// RFC 3262 section 4: one whose RSeq is not the next must not be processed, so no phone hears of
/// it; the media that is there goes on. One with a PRACK was processed: what it skips was not
/// captured.
bool isSkipped(const calls::EarlyDialog &dialog, trace::RowId row)
{
    std::uint32_t last = 0;
    for (const auto &reliable : dialog.reliables) {
        const bool skips = last != 0 && reliable.rseq != last + 1 && !reliable.prack.valid();
        if (reliable.response == row)
            return skips;
        last = skips ? last : reliable.rseq;
    }
    return false;
}

void addProvisionals(const Evidence &evidence, std::uint32_t index, std::vector<EarEvent> &out)
{
    for (const trace::RowId row : evidence.call.earlyDialogs[index].provisionals) {
        const int code = evidence.trace.row(row).status;
        if (code == 199 || isSkipped(evidence.call.earlyDialogs[index], row))
            continue;
        const sip::Sdp &sdp = sdpOf(evidence, row);
        const bool described = sdp.audio() != nullptr && sdp.audio()->port != 0;
        out.push_back({evidence.time(row), EarKind::Provisional, index, code, described, row, {}});
    }
    for (const MediaPermission &said : permissions(evidence, index))
        out.push_back({evidence.time(said.row),
                       EarKind::Permission,
                       index,
                       evidence.trace.row(said.row).status,
                       callerMayHear(said.direction),
                       said.row,
                       {}});
}

/// No description of the receiver names what most of its early packets carry: nothing of it sounds.
bool cannotSound(const Evidence &evidence, const BoundStream &bound)
{
    const auto payloads = payloadsBefore(evidence, bound, earlyEnd(evidence, bound.earlyDialog));
    return !payloads.empty() && 2 * payloads.front().foreign > payloads.front().packets;
}

/// Times when packets came; pauses shorter than a second are none.
void addMedia(const Evidence &evidence, std::vector<EarEvent> &out)
{
    for (const BoundStream &bound : evidence.streams) {
        if (!bound.stream || !bound.towardsCaller || bound.astray ||
            bound.earlyDialog >= evidence.call.earlyDialogs.size() || cannotSound(evidence, bound))
            continue;
        const rtp::Stream &stream = *bound.stream;
        base::Instant from, to;
        const auto flush = [&] {
            if (!from.known())
                return;
            const bool enough = to - from >= kThirdPacket;
            const EarEvent event{from + kThirdPacket,
                                 EarKind::MediaStarts,
                                 bound.earlyDialog,
                                 0,
                                 true,
                                 {},
                                 stream.id};
            if (!enough)
                return;
            out.push_back(event);
            if (to + kStopped <= evidence.now)
                out.push_back({to + kStopped,
                               EarKind::MediaStops,
                               bound.earlyDialog,
                               0,
                               false,
                               {},
                               stream.id});
        };
        for (const rtp::LevelSpan &span : stream.spans) {
            if (from.known() && span.from - to >= kStopped) {
                flush();
                from = {};
            }
            from = from.known() ? from : span.from;
            to = std::max(to, span.to);
        }
        flush();
    }
}

} // namespace

std::vector<EarEvent> earEvents(const Evidence &evidence)
{
    std::vector<EarEvent> out;
    const calls::Call &call = evidence.call;
    for (std::uint32_t i = 0; i < call.earlyDialogs.size() && out.size() < kMostEvents; ++i) {
        addProvisionals(evidence, i, out);
        const calls::EarlyDialog &dialog = call.earlyDialogs[i];
        if (dialog.ended.known())
            out.push_back({dialog.ended, EarKind::DialogEnds, i, 0, false, {}, {}});
        if (dialog.answer.valid())
            out.push_back({evidence.time(dialog.answer),
                           EarKind::Answered,
                           i,
                           evidence.trace.row(dialog.answer).status,
                           false,
                           dialog.answer,
                           {}});
    }
    addMedia(evidence, out);
    const bool over = call.finalResponse.valid() && call.finalStatus >= 300;
    if (over)
        out.push_back({evidence.time(call.finalResponse),
                       EarKind::CallEnds,
                       ~0U,
                       call.finalStatus,
                       false,
                       call.finalResponse,
                       {}});
    else if (call.ended.known() && !call.answered.known())
        out.push_back({call.ended, EarKind::CallEnds, ~0U, 0, false, {}, {}});
    std::stable_sort(out.begin(), out.end(),
                     [](const EarEvent &a, const EarEvent &b) { return a.at < b.at; });
    return out;
}

} // namespace diagnosis
