// SPDX-License-Identifier: Apache-2.0
// The explain panel's content for a response code in a call: what happened here (with numbered
// evidence), impact, how to fix, what to learn. Same text for window and reports.
#pragma once

#include <diagnosis/evidence.h>
#include <diagnosis/finding.h>
#include <optional>
#include <string>
#include <vector>

namespace diagnosis {

/// What the caller hears before the answer: SDP, arrival, payload type, level, permission; one
/// sentence.
enum class Light : std::uint8_t { Green, Amber, Red };
struct VerdictFact {
    std::string name;  // "SDP", "RTP", "Payload type", "Level", "Allowed"
    std::string value; // "47 packets, first 12 ms after the 183"
    Light light = Light::Green;
    EvidenceRef evidence;
};
struct Verdict {
    Light light = Light::Green;
    std::string sentence;
    std::vector<VerdictFact> facts;
};
struct Explanation {
    int code = 0;         // 0: explains a local event or the call as a whole
    std::string title;    // "430 Flow Failed"
    std::string summary;  // class and RFC: "client error, RFC 5626 section 11.5"
    std::string happened; // sentences with [1], [2] that count `evidence`
    std::vector<EvidenceRef> evidence;
    std::optional<Verdict> verdict; // of a 101-199; its facts count the same evidence
    std::string actor;              // a failed flow: who has to act first, and how sure that is
    std::string expected;           // a failed flow: what the RFC wants in such a case
    std::string impact;
    std::vector<Fix> fixes;    // the first one that has an action gets the button
    std::vector<Offer> offers; // instead of it, where several things could be done from here
    std::string article;       // Markdown, general part
};

/// Explains a row of a call (its response code, or the request's fate). `findings` are the call's.
Explanation explain(const Evidence &evidence, trace::RowId row, std::span<const Finding> findings);
/// Without a call: the code's article and table facts.
Explanation explainCode(int code);

struct ComparisonRow {
    std::string aspect, left, right;
};
/// Any two codes side by side, 183 and 430 in full; facts from the status table and articles.
std::vector<ComparisonRow> compareCodes(int left, int right);

/// Of an early dialog as a whole.
Verdict earlyMediaVerdict(const Evidence &evidence, std::uint32_t earlyDialog);
/// Of one 101-199, with times counted from it and what was said until then; nullopt: it belongs to
/// no early dialog, or repeats another.
std::optional<Verdict> provisionalVerdict(const Evidence &evidence, trace::RowId row);

} // namespace diagnosis
