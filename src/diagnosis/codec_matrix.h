// SPDX-License-Identifier: Apache-2.0
// What was offered, answered and sent, codec by codec, for each m= line of a call's offers (RFC
// 3264), and how one answer differs from another to the same offer. Pure functions of the Evidence.
#pragma once

#include <diagnosis/evidence.h>
#include <string>
#include <vector>

namespace diagnosis {

struct CodecLine {
    struct Named { // in a description
        bool there = false;
        int payloadType = -1; // -1: no number
        std::string fmtp;
    };
    struct Traffic { // of one direction
        std::uint64_t packets = 0;
        std::vector<int> payloadTypes; // in order
        std::uint64_t foreign = 0;     // packets that the receiver had not asked for
    };
    std::string codec; // "PCMU/8000", "opus/48000/2", "type 97"
    Named offered, answered;
    Traffic sent, received; // by the caller
    bool foreign() const { return sent.foreign + received.foreign > 0; }
};
struct CodecMatrix {
    std::uint32_t dialog = ~0U;
    std::size_t media = 0;        // the m= line, the first is 0
    std::string kind;             // "audio"
    bool byCaller = true;         // offered
    trace::RowId offer;           // invalid: not captured
    trace::RowId answer;          // the newest to it; invalid: none yet
    std::string offered;          // "192.0.2.1:4000, RTP/AVP, sendrecv"
    std::string answered;         // the same, "refused", or empty: no answer, or not to this line
    std::vector<CodecLine> lines; // as offered, then what came besides; at most 64
};
/// Of one early dialog, a matrix for each m= line of each offer, in order of time; at most 32.
/// Packets count where they came while that offer's outcome held.
std::vector<CodecMatrix> codecMatrices(const Evidence &evidence, std::uint32_t earlyDialog);

struct AnswerChange {
    trace::RowId before, after;           // both answer the same offer, in one dialog
    std::vector<std::string> differences; // clauses; empty: they mean the same
};
/// Of the answers to the INVITE's offer in one early dialog, each against the one before.
std::vector<AnswerChange> answerChanges(const Evidence &evidence, std::uint32_t earlyDialog);
/// "The answer in 200 differs from the one in 183: the port is 5100 instead of 5000." or that both
/// mean the same.
std::string changeText(const Evidence &evidence, const AnswerChange &change);

} // namespace diagnosis
