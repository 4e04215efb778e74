// SPDX-License-Identifier: Apache-2.0
// What reached the caller of an early dialog before the answer, and what he heard of it.
#pragma once

#include <diagnosis/evidence.h>
#include <diagnosis/payloads.h>
#include <optional>
#include <rtp/heard.h>
#include <vector>

namespace diagnosis {

/// RTP towards the caller that came before the early phase of its dialog ended; what the streams
/// bring later is no early media.
struct EarlyArrival {
    std::uint64_t packets = 0; // of all its streams
    std::size_t streams = 0;
    base::Instant first;
    const BoundStream *main = nullptr; // the one with most of them; nullptr: none came
    // Without `main`: of what went to a place that the caller did not name.
    const BoundStream *astray = nullptr;
    std::uint64_t astrayPackets = 0;
    // Likewise: counted for another early dialog that named the same place; it may be of this one.
    const BoundStream *shared = nullptr;
    std::uint64_t sharedPackets = 0;
};
/// Of one early dialog, up to `until` where that is known. Where a sender with several packets is
/// there, those of one packet are stray datagrams (RFC 3550 appendix A.1).
EarlyArrival earlyArrival(const Evidence &evidence, std::uint32_t earlyDialog,
                          base::Instant until = {});
/// "To-tags a and b both name 192.0.2.9:4000": why it is not certain whose a stream is; empty: it
/// is.
std::string sharedPlace(const Evidence &evidence, const BoundStream &bound);
/// The payload types of its main stream in the early phase, the main one first; empty: none came.
std::vector<Payload> earlyPayloads(const Evidence &evidence, std::uint32_t earlyDialog);
/// Something came before the answer: a 101-199, or media. False: there was no early phase.
bool wasEarly(const Evidence &evidence, std::uint32_t earlyDialog);
/// Of a call of ours, which plays one early dialog at a time: the one that is heard while media of
/// this one arrives too. By what our media said of it; where it said nothing, by the rule that it
/// keeps to (ears.h). ~0: this one is heard, or it is not known.
std::uint32_t heardInsteadOf(const Evidence &evidence, std::uint32_t earlyDialog);
/// Of a call of ours: media of that dialog came, and our media said of none of it that it is heard,
/// though it said what is heard instead (no key that fits, another socket, not allowed).
bool notHeardHere(const Evidence &evidence, std::uint32_t earlyDialog);
/// Our own media found no output to play through.
bool withoutOutput(const Evidence &evidence);
/// The capture cut the message short of where its description would stand: it may have had one.
bool descriptionCut(const Evidence &evidence, trace::RowId row);
/// nullopt: no stream, or none of a codec that is listened to (rtp/voice.h).
std::optional<rtp::Heard> earlySound(const Evidence &evidence, std::uint32_t earlyDialog);
/// One part after another, over all its streams; times since the first packet of the first.
std::vector<rtp::Heard> earlySounds(const Evidence &evidence, std::uint32_t earlyDialog);

} // namespace diagnosis
