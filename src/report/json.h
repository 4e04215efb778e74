// SPDX-License-Identifier: Apache-2.0
// Private to report: the pieces of the JSON document. resources/manual/check-json.md describes
// every key, and a test compares both. Pure, redacted if the input says so.
#pragma once

#include <iosfwd>
#include <ladder/media_map.h>
#include <nlohmann/json.hpp>
#include <report/format.h>
#include <report/leg_groups.h>
#include <rtp/quality.h>

namespace report {

using Json = nlohmann::ordered_json;

/// Masked if the input wants it, safe to show, line ends kept.
std::string shown(const ReportInput &input, std::string_view text);
Json orNull(std::string text);
/// Microseconds are what captures hold; more digits would be noise of the division.
double secondsOf(base::Duration d);
double millisecondsOf(base::Duration d);
/// Of a row: 0 where a clock stamped it before what caused it. null: no time is known.
Json secondsSince(base::Instant start, base::Instant time);
Json secondsSince(const ReportCall &call, base::Instant time); // since its first row
/// "2026-11-22 10:31:00.123" in UTC, null: unknown.
Json utcOrNull(base::Instant time);
Json endOrNull(const base::Endpoint &end); // "192.0.2.1:5060"
Json numberOf(const ladder::Outline &outline, ladder::Target target);
std::string dumped(const Json &json, int indent = 2);

Json callOf(const ReportInput &input, const ReportCall &call, const LegGroups &groups);
/// Those about messages of no call.
Json looseFindingsOf(const ReportInput &input);
Json earlyDialogsOf(const ReportInput &input, const ReportCall &call,
                    const ladder::Outline &outline, const ladder::MediaMap &media);
Json streamsOf(const ReportInput &input, const ReportCall &call, const ladder::Outline &outline,
               const ladder::MediaMap &media);
Json flowTokensOf(const ReportInput &input, const ReportCall &call, const ladder::Outline &outline);
Json flowsOf(const ReportInput &input);
Json registrationsOf(const ReportInput &input);
/// Who hears what when, by our rule and by other phones' policies.
Json earsOf(const ReportInput &input, const ReportCall &call, const ladder::Outline &outline);
/// Offered, answered, sent and received codecs of each dialog.
Json offerAnswerOf(const ReportInput &input, const ReportCall &call,
                   const ladder::Outline &outline);
Json heardOf(const rtp::Heard &heard);
/// What the caller heard of an early dialog; null: nothing, or it cannot be told.
Json earlySoundOf(const ReportCall &call, const diagnosis::Evidence &evidence, std::uint32_t index);
/// MOS by the E-model with its factors.
Json qualityOf(const rtp::Quality &quality);
/// What is known of a stream beyond its counts: pace, protection, RTCP, digits.
Json streamDetailsOf(const ReportInput &input, const rtp::Stream &stream);
/// Every stream of the input, those of no call too.
Json allStreamsOf(const ReportInput &input);

} // namespace report
