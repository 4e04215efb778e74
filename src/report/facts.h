// SPDX-License-Identifier: Apache-2.0
// What every report says of a call besides its ladder: figures, verdicts, findings with the row
// numbers of the ladder. Pure, redacted if the input says so.
#pragma once

#include <flows/registration_book.h>
#include <flows/standing.h>
#include <optional>
#include <report/format.h>

namespace report {

/// "first 18x after 0.412 s", "answered after 3.106 s", "2 findings", in this order; only what is
/// known.
std::vector<std::string> callFigures(const ReportInput &input, const ReportCall &call);
/// Seconds since the call's first row, three decimals.
std::string sinceStart(const ReportCall &call, base::Instant time);
/// The number the ladder gives a row or stream; nullopt: it is not in this ladder.
std::optional<std::uint32_t> rowNumber(const ladder::Outline &outline,
                                       const diagnosis::EvidenceRef &ref);
/// "row 4", "RTP, row 7", "10:31:00.123 10.0.0.1:5060", "flow to edge": where to look.
std::string placeText(const ReportInput &input, const ladder::Outline &outline,
                      const diagnosis::EvidenceRef &ref);
/// The same of a row that belongs to no call, counted through the whole input from 1.
std::string loosePlaceText(const ReportInput &input, trace::RowId row);
/// "2026-11-22 10:31:00.123 UTC", the time of day alone, or that it is unknown.
std::string whenText(base::Instant time);
/// Masked if the input wants it.
std::string kept(const ReportInput &input, std::string_view text);
/// Of an early dialog whose media or SDP say something; nullopt: nothing to judge.
std::optional<diagnosis::Verdict> verdictOf(const diagnosis::Evidence &evidence,
                                            std::uint32_t earlyDialog);
/// "exact", "likely", "guess": how sure a stream belongs to its early dialog.
std::string_view certaintyText(diagnosis::Certainty certainty);
/// The registrations of the input's calls.
flows::RegistrationBook registrations(const ReportInput &input);
/// "UP" as our engine says, "closed", "registered", "failed" as the wire tells, "seen": nothing
/// tells. With the standings also what time and other flows tell: "expired", "replaced".
std::string flowStateOf(const flows::Flow &flow);
std::string flowStateOf(const flows::Standings &standings, const flows::Flow &flow);
/// 0.7 of "0.7" (RFC 3261 section 25.1); nullopt: no such number.
std::optional<double> qValue(std::string_view text);
std::string_view lightText(diagnosis::Light light); // "good", "look", "bad"
std::string_view lightGlyph(diagnosis::Light light);
std::string_view severityGlyph(diagnosis::Severity severity);
/// Highest severity first, as the findings are sorted; "1 error, 2 warnings".
std::string findingsText(std::span<const diagnosis::Finding> findings);

} // namespace report
