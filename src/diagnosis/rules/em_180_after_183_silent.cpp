// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/announced.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kSilence = std::chrono::seconds(1);

/// The first 180 without SDP behind this dialog's early answer; invalid: none.
trace::RowId lateAlerting(const Evidence &evidence, const calls::EarlyDialog &dialog)
{
    if (!dialog.firstSdp.valid() || evidence.trace.row(dialog.firstSdp).status == 180)
        return {};
    for (const auto row : dialog.provisionals)
        if (evidence.trace.row(row).status == 180 &&
            evidence.time(row) > evidence.time(dialog.firstSdp) && !hasSdp(evidence, row))
            return row;
    return {};
}

/// A packet or two behind the 180 may have been on their way when it was sent.
bool heardBetween(const Evidence &evidence, base::Instant from, base::Instant to)
{
    constexpr std::uint64_t kStrays = 3;
    return std::any_of(
        evidence.streams.begin(), evidence.streams.end(), [&](const BoundStream &bound) {
            if (!bound.towardsCaller || bound.astray)
                return false;
            const auto before = bound.stream->arrivedBefore(from);
            return bound.stream->arrivedBefore(to) > before + (before != 0 ? kStrays : 0);
        });
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call || !mediaVisible(evidence))
        return;
    for (std::uint32_t i = 0; i < call.earlyDialogs.size(); ++i) {
        const auto &dialog = call.earlyDialogs[i];
        const auto row = lateAlerting(evidence, dialog);
        if (!row.valid())
            continue;
        const auto start = evidence.time(row);
        // P-Early-Media, preconditions or the description itself may say that nothing is to come.
        if (announcedAt(evidence, i, start).what != Announced::Media)
            continue;
        const auto end = earlyEnd(evidence, i);
        const auto soon = std::min(end, start + kSilence);
        // What had come may pause; what had not is late after that.
        if (heardBetween(evidence, start, firstHeard(evidence, start) != nullptr ? end : soon))
            continue;
        if (end - start < kSilence) {
            if (!earlyPhaseOver(evidence, i))
                out.recheckAt(start + kSilence);
            continue;
        }
        auto &f = out.add(
            "em-180-after-183-silent", Severity::Warning, gradeOf(hearing(evidence)),
            fmt::format("{} came {} after the SDP of {} [1][2], and no RTP within {} of it{}: the "
                        "caller's own phone has to make the ringback now.",
                        "180 Ringing", lasting(start - evidence.time(dialog.firstSdp)),
                        codeText(evidence.trace.row(dialog.firstSdp).status), lasting(kSilence),
                        firstHeard(evidence, start) != nullptr ? ", though some had come before"
                                                               : ""));
        f.impact = "Phones that trust the SDP and not the media stay silent until the answer.";
        f.evidence = {at(dialog.firstSdp, "early audio is announced"),
                      at(row, "the callee is alerted")};
        f.fixes = {{"Start local ringback at a 180 unless RTP is really arriving.",
                    "caller's user agent", Action::None},
                   {"Relay the 180 that follows a 183 with SDP; do not swallow it.",
                    "gateway or SBC", Action::None}};
        return;
    }
}

} // namespace

extern const Rule em_180_after_183_silent;
const Rule em_180_after_183_silent{"em-180-after-183-silent",
                                   "180 after an early answer, without early media",
                                   Severity::Warning,
                                   "RFC 3960 section 3.2",
                                   "180",
                                   R"(
  0.00 alice>bob INVITE offer
  0.05 bob>alice 100
* 0.20 bob>alice 183 tag=b answer
* 1.20 bob>alice 180 tag=b
  1.30 alice>bob rtp 100
  6.00 bob>alice 200 tag=b answer
)",
                                   R"(
  0.00 alice>bob INVITE offer
  0.05 bob>alice 100
  0.20 bob>alice 183 tag=b answer
* 0.30 bob>alice rtp 200
  1.20 bob>alice 180 tag=b
  1.30 alice>bob rtp 100
  6.00 bob>alice 200 tag=b answer
)",
                                   check,
                                   Reads::Messages,
                                   Argues::FromAbsence};

} // namespace diagnosis::rules
