// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/later_offers.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// The newest description of the same sender in the same dialog, on the same way, before `row`.
trace::RowId previousOf(const Evidence &evidence, trace::RowId row)
{
    const auto &now = evidence.trace.row(row);
    trace::RowId found;
    for (const auto &place : evidence.call.rows) {
        if (place.row == row)
            break;
        const auto &other = evidence.trace.row(place.row);
        const bool asRequest = other.status == 0 && other.fromTag == now.fromTag &&
                               (other.toTag == now.toTag || other.toTag == 0);
        const bool asResponse = other.status > 100 && other.status < 300 &&
                                other.fromTag == now.toTag && other.toTag == now.fromTag;
        if (other.pair == now.pair && (asRequest || asResponse) && hasSdp(evidence, place.row))
            found = place.row;
    }
    return found;
}

/// The session id in an o= line (RFC 8866 section 5.2); empty: there is none.
std::string_view sessionOf(std::string_view origin)
{
    const auto words = base::split(origin, ' ');
    return words.size() > 2 ? words[1] : std::string_view();
}

/// Two answers of one dialog to one offer that are of two sessions.
void tellSession(const Evidence &evidence, Findings &out)
{
    const auto &all = exchanges(evidence);
    for (std::size_t i = 1; i < all.size(); ++i) {
        const auto &one = evidence.trace.row(all[i - 1].answer);
        const auto &other = evidence.trace.row(all[i].answer);
        const auto &was = sdpOf(evidence, all[i - 1].answer), &is = sdpOf(evidence, all[i].answer);
        if (all[i - 1].offer != all[i].offer || one.toTag == 0 || one.toTag != other.toTag ||
            one.pair != other.pair || sessionOf(was.origin).empty() ||
            sessionOf(is.origin).empty() || sessionOf(was.origin) == sessionOf(is.origin))
            continue;
        auto &f =
            out.add("neg-o-line", Severity::Info, Grade::Seen,
                    fmt::format("{} answered one offer with two sessions: {} in the {} [1] "
                                "and {} in the {} [2].",
                                sender(evidence, all[i].answer), shown(sessionOf(was.origin)),
                                messageText(evidence, all[i - 1].answer),
                                shown(sessionOf(is.origin)), messageText(evidence, all[i].answer)));
        f.impact = "A peer that goes by the o= line takes the second for a new session, or ignores "
                   "it, as it may: media then goes by the first.";
        f.evidence = {at(evidence, all[i - 1].answer, was.origin, "the first"),
                      at(evidence, all[i].answer, is.origin, "another session")};
        f.fixes = {{"Repeat the same description in the 200, or give each device behind it a "
                    "To-tag of its own.",
                    "callee's user agent", Action::None}};
        return;
    }
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto *const offer : laterOffers(evidence)) {
        const auto &t = *offer;
        const auto before = previousOf(evidence, t.request);
        if (!before.valid())
            continue;
        const auto &was = sdpOf(evidence, before), &is = sdpOf(evidence, t.request);
        if (was.origin.empty() || was.origin != is.origin)
            continue;
        const auto changes = sip::mediaDifferences(was, is);
        if (changes.empty())
            continue;
        auto &f = out.add("neg-o-line", Severity::Info, Grade::Seen,
                          fmt::format("{} offered other media in its {} [2] than before [1] under "
                                      "the same o= line: {}.",
                                      sender(evidence, t.request), methodOf(evidence, t),
                                      shown(changes.front())));
        f.impact = "A peer that goes by the version takes it for a repetition and changes nothing: "
                   "hold that does not hold, media to the old place.";
        f.evidence = {at(evidence, before, was.origin, "the version before"),
                      at(evidence, t.request, is.origin, "the same")};
        f.fixes = {{"Raise the version in o= by one whenever the description changes.",
                    "sender of the message", Action::None}};
        return;
    }
    tellSession(evidence, out);
}

} // namespace

extern const Rule neg_o_line;
const Rule neg_o_line{"neg-o-line",
                      "A new description under the old number",
                      Severity::Info,
                      "RFC 3264 section 8",
                      "488",
                      R"(
  answered
* 9.00 alice>bob INVITE tag=b cseq=2 sdp=0,8/sendonly
* 9.05 bob>alice 200 sdp=0/recvonly
* 9.10 alice>bob ACK tag=b cseq=2
)",
                      R"(
  answered
  9.00 alice>bob INVITE tag=b cseq=2 offer
  9.05 bob>alice 200 answer
  9.10 alice>bob ACK tag=b cseq=2
)",
                      check,
                      Reads::Messages};

} // namespace diagnosis::rules
