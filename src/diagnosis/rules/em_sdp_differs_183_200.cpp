// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/in_force.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/sdp_fault.h>

namespace diagnosis::rules {
namespace {

struct Change {
    trace::RowId before, after;
    std::vector<std::string> differences;
};

/// The callee's description that was in force on that hop when it answered, and all before it.
struct Before {
    trace::RowId newest;
    std::vector<trace::RowId> all;
};

Before before(const Evidence &evidence, std::uint32_t dialog, trace::RowId answer)
{
    Before out;
    const auto &row = evidence.trace.row(answer);
    trace::RowId update;
    bool elsewhere = false;
    for (const auto &each : descriptions(evidence, dialog)) {
        if (each.byCaller || !each.agreed || each.row == answer || each.from > row.time)
            continue;
        const bool ofInvite = each.method == sip::Method::Invite;
        // On the same hop: a media relay writes other addresses on every one.
        if (each.pair != row.pair) {
            elsewhere = elsewhere || !ofInvite;
            continue;
        }
        if (ofInvite && (each.cseq != row.cseq || evidence.trace.row(each.row).status >= 200))
            continue;
        out.all.push_back(each.row);
        if (!ofInvite)
            update = each.row;
        else if (!out.newest.valid())
            out.newest = each.row;
    }
    if (update.valid())
        out.newest = update;
    else if (elsewhere)
        out.newest = {}; // an UPDATE that went another way may have changed it here too
    return out;
}

std::vector<std::string> differences(const Evidence &evidence, trace::RowId a, trace::RowId b)
{
    auto found = sip::mediaDifferences(sdpOf(evidence, a), sdpOf(evidence, b));
    std::erase_if(found, [](const std::string &text) { // allowed to change (RFC 8866 section 6.4)
        return text.find("packet time") != std::string::npos;
    });
    return found;
}

std::vector<Change> changes(const Evidence &evidence, std::uint32_t dialog)
{
    std::vector<Change> found;
    std::size_t read = 0;
    for (const auto &entry : evidence.call.rows) {
        const auto &row = evidence.trace.row(entry.row);
        if (entry.earlyDialog != dialog || entry.original.valid() || row.status <= 100 ||
            row.status >= 300 || row.method != sip::Method::Invite || !hasSdp(evidence, entry.row))
            continue;
        if (++read > kMostDescriptions)
            break;
        const auto earlier = before(evidence, dialog, entry.row);
        if (!earlier.newest.valid() || !sip::audioFault(sdpOf(evidence, earlier.newest)).empty() ||
            !sip::audioFault(sdpOf(evidence, entry.row)).empty())
            continue;
        // Repeated unchanged it does no harm, though an UPDATE has replaced it since.
        if (std::any_of(earlier.all.begin(), earlier.all.end(), [&](trace::RowId one) {
                return one != earlier.newest && differences(evidence, one, entry.row).empty();
            }))
            continue;
        Change change{earlier.newest, entry.row, differences(evidence, earlier.newest, entry.row)};
        if (!change.differences.empty())
            found.push_back(std::move(change));
    }
    return found;
}

bool movesMedia(const Evidence &evidence, const Change &change)
{
    const auto &before = sdpOf(evidence, change.before), &after = sdpOf(evidence, change.after);
    const auto *const a = before.audio(), *const b = after.audio();
    return a != nullptr && b != nullptr &&
           (a->port != b->port || a->connection != b->connection || a->protocol != b->protocol);
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call || !hasSdp(evidence, call.invite))
        return;
    for (std::uint32_t i = 0; i < call.earlyDialogs.size(); ++i) {
        const auto &dialog = call.earlyDialogs[i];
        if (!dialog.firstSdp.valid())
            continue;
        const auto found = changes(evidence, i);
        if (found.empty())
            continue;
        const auto &change = found.front();
        std::string list;
        for (std::size_t n = 0; n < std::min<std::size_t>(change.differences.size(), 4); ++n)
            list += (n == 0 ? "" : "; ") + shown(change.differences[n]);
        auto &f = out.add(
            "em-sdp-differs-183-200",
            movesMedia(evidence, change) && evidence.trace.row(change.after).status >= 200
                ? Severity::Error
                : Severity::Warning,
            Grade::Seen,
            fmt::format(
                "The SDP in {} [2] is not the one of {} [1] in the same dialog, and no new offer "
                "lies between: {}.",
                codeText(evidence.trace.row(change.after).status),
                codeText(evidence.trace.row(change.before).status), list));
        f.impact = "A user agent that keeps the first answer, as it has to, sends to or listens "
                   "for the wrong media: one-way audio or none.";
        f.evidence = {
            at(evidence, change.before, evidence.message(change.before).sdp(), "the first answer"),
            at(evidence, change.after, evidence.message(change.after).sdp(), "the second one")};
        f.fixes = {
            {"Repeat the same answer in every later response of the dialog, or change media with "
             "UPDATE or a re-INVITE.",
             "gateway or SBC", Action::None}};
        return;
    }
}

} // namespace

extern const Rule em_sdp_differs_183_200;
const Rule em_sdp_differs_183_200{"em-sdp-differs-183-200",
                                  "A later response changes the answer that one gave before",
                                  Severity::Error,
                                  "RFC 3261 section 13.2.1, RFC 6337 section 3.1",
                                  "183",
                                  R"(
  0.00 alice>bob INVITE offer
  0.20 bob>alice 183 tag=b sdp=0@bob:5000
  0.30 bob>alice rtp 20
* 2.00 bob>alice 200 tag=b sdp=0@bob:5100
  2.05 alice>bob ACK tag=b
)",
                                  R"(
  0.00 alice>bob INVITE offer
  0.20 bob>alice 183 tag=b sdp=0@bob:5000
  0.30 bob>alice rtp 20
  2.00 bob>alice 200 tag=b sdp=0@bob:5000
  2.05 alice>bob ACK tag=b
)",
                                  check,
                                  Reads::Messages,
                                  Argues::FromAbsence};

} // namespace diagnosis::rules
