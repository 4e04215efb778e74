// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/later_offers.h>
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
