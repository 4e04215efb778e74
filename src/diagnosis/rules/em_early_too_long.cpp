// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::uint32_t kMostDialogs = 16; // that are looked at
constexpr auto kLong = std::chrono::seconds(120);
constexpr auto kMinute = std::chrono::seconds(65); // the rule's minute, with some give

/// The caller's ACK or a change of the session: the answer had come, though the capture lacks it.
/// Or the answer itself as another hop had it.
base::Instant answeredUnseen(const Evidence &evidence, const calls::EarlyDialog &dialog)
{
    for (const auto &place : evidence.call.rows) {
        const auto &row = evidence.trace.row(place.row);
        const bool within = row.status == 0 &&
                            (row.method == sip::Method::Ack || row.method == sip::Method::Invite);
        const bool final = row.status >= 200 && row.method == sip::Method::Invite;
        if (trace::isMessage(row.kind) && (within || final) && row.toTag != 0 &&
            (evidence.trace.tag(row.toTag) == dialog.toTag ||
             evidence.trace.tag(row.fromTag) == dialog.toTag))
            return row.time;
    }
    return {};
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call)
        return;
    for (std::uint32_t i = 0; i < std::min<std::size_t>(call.earlyDialogs.size(), kMostDialogs);
         ++i) {
        const auto &dialog = call.earlyDialogs[i];
        if (dialog.provisionals.empty())
            continue;
        auto end = earlyEnd(evidence, i);
        if (const auto gone = answeredUnseen(evidence, dialog); gone.known())
            end = std::min(end, gone);
        const auto first = evidence.time(dialog.provisionals.front());
        if (end - first < kLong) {
            if (!earlyPhaseOver(evidence, i))
                out.recheckAt(first + kLong);
            continue;
        }
        // Repeats count too: what is sent again looks the same.
        auto last = first;
        for (const auto &place : call.rows) {
            const auto &row = evidence.trace.row(place.row);
            if (place.earlyDialog == i && row.method == sip::Method::Invite && row.status > 100 &&
                row.status < 200)
                last = std::max(last, row.time);
        }
        if (end - last < kMinute)
            continue;
        auto &f = out.add("em-early-too-long", Severity::Warning, Grade::Seen,
                          fmt::format("The call was on its way for {} without an answer [1], and "
                                      "the last 101-199 came {} before the end [2].",
                                      lasting(end - first), lasting(end - last)));
        f.impact = "A proxy may take it for dead: its timer C cancels a call some three minutes "
                   "after the last provisional response.";
        f.evidence = {at(dialog.provisionals.front(), "the first"),
                      at(dialog.provisionals.back(), "the last")};
        f.fixes = {{"Send a 101-199 again every minute while the callee is alerted.",
                    "callee's user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule em_early_too_long;
const Rule em_early_too_long{"em-early-too-long",
                             "Ringing for minutes without a sign",
                             Severity::Warning,
                             "RFC 3261 section 13.3.1.1",
                             "180",
                             R"(
  0.00 alice>bob INVITE offer
  0.10 bob>alice 180 tag=b
*150.00 bob>alice 408 tag=b
*150.03 alice>bob ACK tag=b
)",
                             R"(
  0.00 alice>bob INVITE offer
  0.10 bob>alice 180 tag=b
 60.00 bob>alice again
120.00 bob>alice again
150.00 bob>alice 408 tag=b
150.03 alice>bob ACK tag=b
)",
                             check};

} // namespace diagnosis::rules
