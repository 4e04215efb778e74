// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kMostDialogs = 16; // that are looked at

/// A 199, or a failure of its own, closed the dialog (RFC 6228).
bool closed(const Evidence &evidence, const calls::EarlyDialog &dialog)
{
    for (const auto &place : evidence.call.rows) {
        const auto &row = evidence.trace.row(place.row);
        if (trace::isMessage(row.kind) && row.method == sip::Method::Invite &&
            (row.status == 199 || row.status >= 300) &&
            evidence.trace.tag(row.toTag) == dialog.toTag)
            return true;
    }
    return false;
}

constexpr auto kOnItsWay = std::chrono::milliseconds(500); // it was told, or about to be

/// Its media towards the caller that came long after the answer; nullptr: none.
const rtp::Stream *wentOn(const Evidence &evidence, std::uint32_t dialog)
{
    for (const auto &bound : evidence.streams)
        if (bound.earlyDialog == dialog && bound.towardsCaller &&
            bound.certainty == Certainty::Exact &&
            bound.stream->last > evidence.call.answered + kOnItsWay)
            return bound.stream.get();
    return nullptr;
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.winner >= call.earlyDialogs.size() || call.earlyDialogs.size() < 2 ||
        !call.answered.known())
        return;
    const auto &winner = call.earlyDialogs[call.winner];
    if (!winner.answer.valid())
        return;
    const auto most = static_cast<std::uint32_t>(std::min(call.earlyDialogs.size(), kMostDialogs));
    for (std::uint32_t i = 0; i < most; ++i) {
        const auto &dialog = call.earlyDialogs[i];
        const auto *const media = i == call.winner || dialog.answer.valid() ||
                                          dialog.provisionals.empty() || closed(evidence, dialog)
                                      ? nullptr
                                      : wentOn(evidence, i);
        if (media == nullptr)
            continue;
        auto &f = out.add(
            "dlg-two-early-one-answer", Severity::Info, Grade::Seen,
            fmt::format("{} answered [1], but another branch [2] went on sending its early media "
                        "for {} [3]: nobody told it to be over.",
                        sender(evidence, winner.answer), lasting(media->last - call.answered)));
        f.impact = "A caller that does not drop the branch by itself hears both at once, or the "
                   "wrong one.";
        f.evidence = {at(winner.answer, "the answer"),
                      at(dialog.provisionals.front(), "still early"),
                      at(*media, "goes on behind the answer")};
        f.fixes = {{"Stop playing every other branch when one has answered (RFC 3261 section "
                    "13.2.2.4).",
                    "caller's user agent", Action::None},
                   {"Cancel the branches that did not answer at once, and send 199 for them (RFC "
                    "6228).",
                    "home proxy", Action::None}};
        return;
    }
}

} // namespace

extern const Rule dlg_two_early_one_answer;
const Rule dlg_two_early_one_answer{"dlg-two-early-one-answer",
                                    "One branch answered, another goes on sending",
                                    Severity::Info,
                                    "RFC 3261 section 13.2.2.4, RFC 6228",
                                    "199",
                                    R"(
  0.00 alice>proxy INVITE offer
  0.10 proxy>alice 183 tag=b sdp=0@bob
  0.11 proxy>alice 183 tag=c sdp=0@carol
* 0.20 carol>alice rtp 300
  2.00 proxy>alice 200 tag=b sdp=0@bob
  2.01 alice>proxy ACK tag=b
)",
                                    R"(
  0.00 alice>proxy INVITE offer
  0.10 proxy>alice 183 tag=b sdp=0@bob
  0.11 proxy>alice 183 tag=c sdp=0@carol
  0.20 carol>alice rtp 80
  2.00 proxy>alice 200 tag=b sdp=0@bob
  2.01 alice>proxy ACK tag=b
)",
                                    check};

} // namespace diagnosis::rules
