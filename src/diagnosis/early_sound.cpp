// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/early_sound.h>

#include <diagnosis/facts.h>

namespace diagnosis {

const BoundStream *earlyStream(const Evidence &evidence, std::uint32_t earlyDialog)
{
    const BoundStream *best = nullptr;
    if (earlyDialog >= evidence.call.earlyDialogs.size())
        return nullptr;
    const base::Instant end = earlyEnd(evidence, earlyDialog);
    for (const auto &bound : evidence.streams)
        if (bound.stream && bound.towardsCaller && bound.earlyDialog == earlyDialog &&
            bound.stream->first < end &&
            (best == nullptr || bound.stream->packets > best->stream->packets))
            best = &bound;
    return best;
}

std::optional<rtp::Heard> earlySound(const Evidence &evidence, std::uint32_t earlyDialog)
{
    const BoundStream *const bound = earlyStream(evidence, earlyDialog);
    if (bound == nullptr || !bound->stream->tape)
        return std::nullopt;
    const rtp::Tape &tape = *bound->stream->tape;
    return evidence.listens ? tape.heard(earlyEnd(evidence, earlyDialog)) : tape.told();
}

std::vector<rtp::Heard> earlySounds(const Evidence &evidence, std::uint32_t earlyDialog)
{
    const BoundStream *const bound = earlyStream(evidence, earlyDialog);
    if (bound == nullptr || !bound->stream->tape)
        return {};
    return bound->stream->tape->parts(earlyEnd(evidence, earlyDialog));
}

} // namespace diagnosis
