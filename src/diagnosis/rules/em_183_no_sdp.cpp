// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kPatience = std::chrono::seconds(4);

/// Something that tells the caller what to hear: any dialog's 180 or SDP before `until`.
bool callerKnowsWhatToPlay(const Evidence &evidence, base::Instant until)
{
    for (const auto &dialog : evidence.call.earlyDialogs) {
        if (dialog.firstAlerting.valid() && evidence.time(dialog.firstAlerting) < until)
            return true;
        if (dialog.firstSdp.valid() && evidence.time(dialog.firstSdp) < until)
            return true;
    }
    return firstHeard(evidence, until) != nullptr;
}

/// It comes behind a 180, and nothing else tells the caller what to hear: phones that stop their
/// ringback at any 183 fall silent.
bool tellBehindRinging(const Evidence &evidence, const calls::EarlyDialog &dialog, trace::RowId row,
                       base::Instant end, Findings &out)
{
    const auto start = evidence.time(row);
    const auto &all = evidence.call.earlyDialogs;
    const bool described = std::any_of(all.begin(), all.end(), [&](const auto &each) {
        return each.firstSdp.valid() && evidence.time(each.firstSdp) < start + kPatience;
    });
    if (!dialog.firstAlerting.valid() || evidence.time(dialog.firstAlerting) >= start ||
        described || end - start < kPatience || firstHeard(evidence, start + kPatience) != nullptr)
        return false;
    auto &f =
        out.add("em-183-no-sdp", Severity::Info, Grade::Seen,
                fmt::format("183 Session Progress without SDP [2] came {} after the 180 [1]: it "
                            "announces no audio, and some phones stop their ringback at it.",
                            lasting(start - evidence.time(dialog.firstAlerting))));
    f.impact = "With such a phone the caller hears nothing from then on.";
    f.evidence = {at(dialog.firstAlerting, "rings"), at(row, "a 183 without a body")};
    f.fixes = {{"Do not stop local ringback because of a 183 without SDP.", "caller's user agent",
                Action::None},
               {"Send 180 again, or a 183 with SDP and audio, where progress is to be told.",
                "gateway or SBC", Action::None}};
    return true;
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call)
        return;
    for (std::uint32_t i = 0; i < call.earlyDialogs.size(); ++i)
        for (const auto row : call.earlyDialogs[i].provisionals) {
            if (evidence.trace.row(row).status != 183)
                continue;
            const auto start = evidence.time(row);
            const auto end = earlyEnd(evidence, i);
            if (tellBehindRinging(evidence, call.earlyDialogs[i], row, end, out))
                return;
            if (callerKnowsWhatToPlay(evidence, start + kPatience))
                return;
            if (end - start < kPatience) {
                if (!earlyPhaseOver(evidence, i))
                    out.recheckAt(start + kPatience);
                break;
            }
            auto &f = out.add(
                "em-183-no-sdp", Severity::Warning, Grade::Seen,
                fmt::format(
                    "183 Session Progress from {} carries no SDP [1], and no 180, SDP or RTP "
                    "followed within {}.",
                    sender(evidence, row), lasting(kPatience)));
            f.impact = "The caller hears nothing: nobody told the phone to ring and no audio was "
                       "announced.";
            f.evidence = {at(row, "a 183 without a body")};
            f.fixes = {
                {"Send 180 Ringing when the callee is alerted, or put the SDP answer into the 183.",
                 "gateway or SBC", Action::None},
                {"Do not stop or withhold local ringback because of a 183 without SDP.",
                 "caller's user agent", Action::None}};
            return;
        }
}

} // namespace

extern const Rule em_183_no_sdp;
const Rule em_183_no_sdp{"em-183-no-sdp",
                         "183 without SDP and nobody rings",
                         Severity::Warning,
                         "RFC 3960 section 3.2",
                         "183",
                         R"(
  0.00 alice>bob INVITE offer
  0.05 bob>alice 100
* 0.30 bob>alice 183 tag=b
  6.00 bob>alice 200 tag=b answer
)",
                         R"(
  0.00 alice>bob INVITE offer
  0.05 bob>alice 100
  0.30 bob>alice 183 tag=b
* 1.30 bob>alice 180 tag=b
  6.00 bob>alice 200 tag=b answer
)",
                         check,
                         Reads::Messages,
                         Argues::FromAbsence};

} // namespace diagnosis::rules
