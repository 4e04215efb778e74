// SPDX-License-Identifier: Apache-2.0
// What a verdict of early media is made of. Internal to the verdicts of explain.h.
#pragma once

#include <diagnosis/announced.h>
#include <diagnosis/early_sound.h>
#include <diagnosis/explain.h>
#include <diagnosis/payloads.h>
#include <string>

namespace diagnosis {

constexpr auto kLateMedia = std::chrono::seconds(2);

struct VerdictView { // one early dialog's early phase, as one of its responses has it
    const Evidence &evidence;
    const calls::EarlyDialog &dialog;
    std::uint32_t index;
    trace::RowId row{};       // the 18x that is judged; invalid: the dialog has none
    trace::RowId described{}; // the newest SDP until then; invalid: none
    trace::RowId cut{};       // with none until then: a response whose end was not captured
    bool whole = true;        // the dialog is judged, not that one response
    base::Instant start{}, end{};
    base::Instant at{}; // the moment whose state is judged
    Announcement announced{};
    Announcement lifted{}; // of one response: what allowed later what this one did not
    EarlyArrival came{};
    std::vector<Payload> types{};        // of that stream, the main one first
    const rtp::Stream *stream = nullptr; // most of it
    Certainty certainty = Certainty::Exact;
    std::optional<rtp::Heard> heard{};
    const calls::EarlyDialog *heardInstead = nullptr; // of a call of ours: its media is played
    bool notHeardHere = false;                        // see early_sound.h

    int status(trace::RowId which) const
    {
        return which.valid() ? evidence.trace.row(which).status : 0;
    }
};

/// In the order of Verdict::facts.
VerdictFact sdpFact(const VerdictView &view);
VerdictFact arrivalFact(const VerdictView &view);
VerdictFact typeFact(const VerdictView &view);
VerdictFact levelFact(const VerdictView &view);
/// How the media is encrypted of which the trace has no key, one clause: "encrypted with DTLS-SRTP,
/// whose keys..."; empty: it is not, or it could be opened.
std::string sealedText(const VerdictView &view);
VerdictFact permissionFact(const VerdictView &view);
/// Why nothing is to be heard, as "the SDP says inactive".
std::string whyForbidden(const VerdictView &view);
/// A 180 had come by then.
bool alerted(const VerdictView &view);

} // namespace diagnosis
