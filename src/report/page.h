// SPDX-License-Identifier: Apache-2.0
// The pieces of the HTML report. No script, no link that leaves the page, foreign text always
// escaped (trust T10).
#pragma once

#include <iosfwd>
#include <map>
#include <report/format.h>
#include <string>

namespace report {

extern const std::string_view kStyleSheet;

struct PageCall {
    const ReportCall &call;
    std::size_t number = 0; // from 1, as the anchors have it
    ladder::Outline outline;
};

void writeSummary(const ReportInput &input, std::span<const PageCall> calls, std::ostream &out);
void writeLadder(const ReportInput &input, const PageCall &page, std::ostream &out);
void writeVerdicts(const ReportInput &input, const PageCall &page, std::ostream &out);
/// What was offered, answered and sent, codec by codec; nothing for a call without SDP.
void writeOffers(const ReportInput &input, const PageCall &page, std::ostream &out);
void writeFindings(const ReportInput &input, const PageCall &page, std::ostream &out);
/// What happened at the responses that matter; articles they lead to are collected by title.
void writeExplanations(const ReportInput &input, const PageCall &page,
                       std::map<std::string, std::string> &articles, std::ostream &out);
void writeMessages(const ReportInput &input, const PageCall &page, std::ostream &out);
/// Calls that belong to it and why, transfers it asked for; nothing when there are none.
void writeRelations(const ReportInput &input, const PageCall &page, std::ostream &out);
/// Findings about messages that belong to no call; nothing when there are none.
void writeLoose(const ReportInput &input, std::ostream &out);
/// Registrations, flows and RTP streams of the whole input, a table each.
void writeTables(const ReportInput &input, std::ostream &out);

} // namespace report
