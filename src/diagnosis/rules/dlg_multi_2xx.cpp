// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr int kMostAnswers = 16; // that are looked at
constexpr auto kPatience = std::chrono::seconds(10);
// Whoever keeps the other answer instead ends this one at once.
constexpr auto kAtOnce = std::chrono::seconds(4);

/// Requests of the caller in the dialog of that answer, on the hop it came by.
struct Dealt {
    bool acknowledged = false, ended = false, byCaller = false;
    base::Instant endedAt;
};

Dealt dealtWith(const Evidence &evidence, trace::RowId answer)
{
    Dealt dealt;
    const auto &row = evidence.trace.row(answer);
    const auto back = evidence.trace.destination(answer).address;
    for (const auto &place : evidence.call.rows) {
        const auto &other = evidence.trace.row(place.row);
        if (!trace::isMessage(other.kind) || other.status != 0)
            continue;
        const bool byCaller = other.toTag == row.toTag && other.fromTag == row.fromTag;
        const bool byCallee = other.fromTag == row.toTag && other.toTag == row.fromTag;
        if (other.method == sip::Method::Bye && (byCaller || byCallee) && !dealt.ended) {
            dealt.ended = true;
            dealt.endedAt = other.time;
            dealt.byCaller = byCaller;
        }
        if (other.method == sip::Method::Ack && byCaller && other.time >= row.time &&
            evidence.trace.source(place.row).address == back)
            dealt.acknowledged = true;
    }
    return dealt;
}

/// The caller hung up long after both were acknowledged, in the dialog of that answer alone, and
/// that was the end of the call.
bool hungUp(const Evidence &evidence, trace::RowId answer, base::Instant acknowledged)
{
    const auto &row = evidence.trace.row(answer);
    return std::any_of(
        evidence.call.transactions.begin(), evidence.call.transactions.end(), [&](const auto &t) {
            if (t.method != sip::Method::Bye || !t.request.valid() || t.finalStatus / 100 != 2)
                return false;
            const auto &bye = evidence.trace.row(t.request);
            return bye.fromTag == row.fromTag && bye.toTag == row.toTag &&
                   bye.time - acknowledged >= kAtOnce;
        });
}

/// As RFC 3261 section 13.2.2.4 wants it: the one call goes on and the other is ended.
void tellEnded(const Evidence &evidence, trace::RowId kept, trace::RowId other, Findings &out)
{
    auto &f = out.add("dlg-multi-2xx", Severity::Info, Grade::Seen,
                      fmt::format("Two branches answered the INVITE, {} [1] and {} [2]; the caller "
                                  "acknowledged both and ended one of them.",
                                  sender(evidence, kept), sender(evidence, other)));
    f.impact = "Two people answered within moments; for one of them the call ended at once.";
    f.evidence = {at(kept, "one answer"), at(other, "the other")};
    f.fixes = {{"Cancel the other branches as soon as the first answer comes.", "home proxy",
                Action::None}};
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    trace::RowId ended;
    if (call.earlyDialogs.size() < 2 || call.winner >= call.earlyDialogs.size())
        return;
    const auto kept = call.earlyDialogs[call.winner].answer;
    int answers = 0;
    for (const auto &dialog : call.earlyDialogs) {
        if (!dialog.answer.valid() || !kept.valid() || dialog.answer == kept ||
            evidence.trace.row(dialog.answer).cseq != evidence.trace.row(kept).cseq ||
            evidence.trace.row(dialog.answer).pair != evidence.trace.row(kept).pair)
            continue;
        if (++answers > kMostAnswers)
            return;
        const auto late = std::max(evidence.time(dialog.answer), evidence.time(kept));
        const auto dealt = dealtWith(evidence, dialog.answer);
        if (dealt.ended && dealt.byCaller && dealt.endedAt - late < kAtOnce && dealt.acknowledged &&
            dealtWith(evidence, kept).acknowledged)
            ended = dialog.answer;
        // The ACK proves that the caller took it, and that its requests pass here.
        if (dealt.ended || !dealt.acknowledged || !dealtWith(evidence, kept).acknowledged)
            continue;
        if (!hungUp(evidence, kept, late)) {
            if (evidence.now - late < kPatience) {
                out.recheckAt(late + kPatience);
                continue;
            }
            if (call.ended.known() && call.ended - late < kPatience)
                continue;
        }
        auto &f = out.add("dlg-multi-2xx", Severity::Warning, Grade::Likely,
                          fmt::format("Two branches answered the INVITE, {} [1] and {} [2]; both "
                                      "were acknowledged, and in {} no BYE ended the second.",
                                      sender(evidence, kept), sender(evidence, dialog.answer),
                                      lasting(evidence.now - late)));
        f.impact = "Two people answered and the caller hears one of them; the other line stays "
                   "busy, and its billing runs.";
        f.evidence = {at(kept, "one answer"), at(dialog.answer, "the other")};
        f.fixes = {{"Keep one answer; acknowledge every other one and send BYE in its dialog.",
                    "caller's user agent", Action::None}};
        return;
    }
    if (ended.valid())
        tellEnded(evidence, kept, ended, out);
}

} // namespace

extern const Rule dlg_multi_2xx;
const Rule dlg_multi_2xx{"dlg-multi-2xx",
                         "Answered twice, and one call is left over",
                         Severity::Warning,
                         "RFC 3261 section 13.2.2.4",
                         "200",
                         R"(
  0.00 alice>proxy INVITE offer
  0.10 proxy>alice 180 tag=b
  0.11 proxy>alice 180 tag=c
  2.00 proxy>alice 200 tag=b answer
  2.01 alice>proxy ACK tag=b
* 2.02 proxy>alice 200 tag=c answer
* 2.03 alice>proxy ACK tag=c branch=second
 20.00 tick
)",
                         R"(
  0.00 alice>proxy INVITE offer
  0.10 proxy>alice 180 tag=b
  0.11 proxy>alice 180 tag=c
  2.00 proxy>alice 200 tag=b answer
  2.01 alice>proxy ACK tag=b
  2.02 proxy>alice 200 tag=b answer
  2.03 alice>proxy ACK tag=b
 20.00 tick
)",
                         check,
                         Reads::Little,
                         Argues::FromAbsence};

} // namespace diagnosis::rules
