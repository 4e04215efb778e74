// SPDX-License-Identifier: Apache-2.0
// The parts of the text report beside the ladders: what a call belongs to, registrations, flows,
// RTP streams. Foreign text is made safe for terminals.
#pragma once

#include <iosfwd>
#include <report/format.h>

namespace report {

constexpr std::size_t kTextWidth = 100; // columns

/// `text` in lines, the first behind `first`, the others under it.
void paragraph(std::ostream &out, std::string_view first, std::string_view text);
/// Joined legs with their reasons, and the transfers the call asked for.
void writeTextRelations(const ReportInput &input, const ReportCall &call,
                        const ladder::Outline &outline, std::ostream &out);
/// What was offered, answered, sent and received codec by codec, for each early dialog; nothing
/// where no offer was seen.
void writeTextCodecs(const ReportInput &input, const ReportCall &call,
                     const ladder::Outline &outline, std::ostream &out);
/// Registrations, flows and streams of the whole input, each with a heading unless there are none.
void writeTextTables(const ReportInput &input, std::ostream &out);

} // namespace report
