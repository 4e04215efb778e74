// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/reliability.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/address.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

constexpr auto kPatience = std::chrono::seconds(1);
constexpr auto kCrossed = std::chrono::milliseconds(100);     // a PRACK may have been on its way
constexpr auto kFirstRepeat = std::chrono::milliseconds(500); // T1
constexpr auto kNotAMirror =
    std::chrono::milliseconds(300); // closer copies are the capture's, not the sender's

/// Copies the sender itself made on the hop of the first one.
std::vector<trace::RowId> retransmissions(const Evidence &evidence,
                                          const calls::ReliableResponse &reliable)
{
    std::vector<trace::RowId> found;
    const auto &first = evidence.trace.row(reliable.response);
    for (const auto row : reliable.repeats)
        if (evidence.trace.row(row).pair == first.pair &&
            evidence.time(row) - first.time >= kNotAMirror)
            found.push_back(row);
    return found;
}

/// A PRACK that acknowledges nothing known may have been meant for this one.
bool anyPrackAfter(const Evidence &evidence, base::Instant since)
{
    return std::any_of(evidence.call.transactions.begin(), evidence.call.transactions.end(),
                       [&](const auto &t) {
                           return t.method == sip::Method::Prack && t.request.valid() &&
                                  evidence.time(t.request) >= since;
                       });
}

/// Sent again once and not a second time when that was due (RFC 3262 section 3: after 0.5, 1, 2, 4
/// s and so on): a PRACK that the capture lacks has reached its sender.
bool stopped(const Evidence &evidence, const calls::ReliableResponse &reliable,
             const std::vector<trace::RowId> &again, base::Instant end)
{
    const auto last = evidence.time(again.back());
    return again.size() == 1 && end - last > (last - evidence.time(reliable.response)) * 5 / 2;
}

void report(const Evidence &evidence, const calls::EarlyDialog &dialog,
            const calls::ReliableResponse &reliable, const std::vector<trace::RowId> &again,
            Findings &out)
{
    const bool own = outgoingCall(evidence);
    const auto code = evidence.trace.row(reliable.response).status;
    auto &f =
        out.add("em-prack-missing", Severity::Error, own ? Grade::Seen : Grade::Likely,
                fmt::format("{} demands a PRACK for RSeq {} [1] and was sent {} more over {} [2], "
                            "but no PRACK for it "
                            "is in this trace (To-tag {}).",
                            codeText(code), reliable.rseq, count(again.size(), "time"),
                            lasting(evidence.time(again.back()) - evidence.time(reliable.response)),
                            shown(dialog.toTag)));
    f.impact = "The callee's side repeats the response for 32 s (64*T1), holds the answer back and "
               "then fails the call.";
    f.evidence = {at(evidence, reliable.response, sip::HeaderId::RSeq, "reliable: wants a PRACK"),
                  at(again.back(), "the last retransmission")};
    f.fixes = {
        {"Call without 100rel and compare: the responses are then sent unreliably.",
         "caller's user agent", Action::CallWithoutReliable},
        {"Send a PRACK per early dialog, to the Contact and route set of that very response.",
         "caller's user agent", Action::None},
        {"Let PRACK pass; some gateways and firewalls drop the method.", "gateway or SBC",
         Action::None}};
}

/// Would a PRACK for the response go to where it came from? Its route set begins there, or there
/// is none and the Contact is there (RFC 3261 section 12.1.2).
bool answersComeHere(const Evidence &evidence, const calls::ReliableResponse &reliable)
{
    const auto here = evidence.trace.source(reliable.response).address;
    const auto &response = evidence.message(reliable.response);
    auto targets = response.values(sip::HeaderId::RecordRoute);
    if (targets.empty())
        targets = response.values(sip::HeaderId::Contact);
    return std::any_of(targets.begin(), targets.end(), [&](std::string_view target) {
        const auto address = sip::addressOf(sip::parseNameAddress(target).uri.host);
        return address && *address == here;
    });
}

/// Was the caller itself seen behind the response, on the way that its PRACK takes? A capture of
/// the callee's direction alone holds no PRACK of anybody. CANCEL and the ACK of a failure go from
/// hop to hop, also where a proxy stays out of the dialog.
bool callerSeen(const Evidence &evidence, const calls::ReliableResponse &reliable)
{
    const auto from = evidence.trace.destination(reliable.response);
    const auto to = evidence.trace.source(reliable.response);
    const auto start = evidence.time(reliable.response);
    bool hopByHop = false;
    for (const auto &place : evidence.call.rows) {
        const auto &row = evidence.trace.row(place.row);
        if (!trace::isMessage(row.kind) || row.status != 0 || row.time < start ||
            evidence.trace.source(place.row) != from || evidence.trace.destination(place.row) != to)
            continue;
        const bool ofInvite = place.transaction < evidence.call.transactions.size() &&
                              evidence.call.transactions[place.transaction].method ==
                                  sip::Method::Invite; // a repeated INVITE, the ACK of a failure
        if (row.toTag != 0 && row.method != sip::Method::Cancel &&
            !(ofInvite && row.method == sip::Method::Ack))
            return true;
        hopByHop = true;
    }
    return hopByHop && answersComeHere(evidence, reliable);
}

/// Does this caller acknowledge at all? Then the capture may lack the one that is missed.
bool anyPrack(const Evidence &evidence)
{
    return std::any_of(evidence.call.transactions.begin(), evidence.call.transactions.end(),
                       [](const auto &t) { return t.method == sip::Method::Prack; });
}

/// The sender did not insist: it went on to its final response.
bool reportFinal(const Evidence &evidence, const calls::EarlyDialog &dialog,
                 const calls::ReliableResponse &reliable, Findings &out)
{
    const auto *const invite = transactionOf(evidence.call, reliable.response);
    if (invite == nullptr || !invite->finalResponse.valid())
        return false;
    const auto waited = evidence.time(invite->finalResponse) - evidence.time(reliable.response);
    if (waited < kCrossed || anyPrack(evidence) || !callerSeen(evidence, reliable) ||
        numbersBehind(evidence, *invite, reliable.response) == Numbers::OneBetween)
        return false;
    auto &f = out.add(
        "em-prack-missing", waited < kFirstRepeat ? Severity::Warning : Severity::Error,
        Grade::Likely,
        fmt::format("{} demands a PRACK for RSeq {} [1]; {} came {} later [2], and no PRACK is in "
                    "this trace (To-tag {}).",
                    codeText(evidence.trace.row(reliable.response).status), reliable.rseq,
                    codeText(invite->finalStatus), lasting(waited), shown(dialog.toTag)));
    f.impact = reliable.hasSdp
                   ? "The answer in that response was never confirmed; a strict callee holds its "
                     "200 back and fails the call after 32 s (64*T1)."
                   : "A strict callee repeats the response and fails the call after 32 s (64*T1).";
    f.evidence = {at(evidence, reliable.response, sip::HeaderId::RSeq, "reliable: wants a PRACK"),
                  at(invite->finalResponse, "the final response, without any PRACK before")};
    f.fixes = {
        {"Send a PRACK per early dialog, to the Contact and route set of that very response.",
         "caller's user agent", Action::None},
        {"Leave 100rel out of Supported if PRACK is not sent.", "caller's user agent",
         Action::CallWithoutReliable},
        {"Let PRACK pass; some gateways and firewalls drop the method.", "gateway or SBC",
         Action::None}};
    return true;
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call)
        return;
    for (std::uint32_t i = 0; i < call.earlyDialogs.size(); ++i) {
        const auto &dialog = call.earlyDialogs[i];
        for (const auto &reliable : dialog.reliables) {
            if (reliable.prack.valid() || !reliable.response.valid())
                continue;
            const auto *const invite = transactionOf(call, reliable.response);
            if (invite != nullptr && !allowsReliable(evidence, *invite))
                continue; // em-reliable-unasked
            const auto start = evidence.time(reliable.response);
            if (anyPrackAfter(evidence, start))
                continue; // em-prack-rejected tells what became of it
            const auto again = retransmissions(evidence, reliable);
            if (again.empty() && reportFinal(evidence, dialog, reliable, out))
                return;
            if (earlyEnd(evidence, i) - start < kPatience || again.empty()) {
                if (!earlyPhaseOver(evidence, i))
                    out.recheckAt(start + kPatience);
                continue;
            }
            if (!outgoingCall(evidence) &&
                stopped(evidence, reliable, again, earlyEnd(evidence, i)))
                continue;
            report(evidence, dialog, reliable, again, out);
            return;
        }
    }
}

} // namespace

extern const Rule em_prack_missing;
const Rule em_prack_missing{"em-prack-missing",
                            "A reliable response is never acknowledged",
                            Severity::Error,
                            "RFC 3262 section 4",
                            "183",
                            R"(
  0.00 alice>bob INVITE offer "Supported: 100rel"
  0.20 bob>alice 183 tag=b answer rseq=1
* 0.70 bob>alice again
* 1.70 bob>alice again
  3.50 tick
)",
                            R"(
  0.00 alice>bob INVITE offer "Supported: 100rel"
  0.20 bob>alice 183 tag=b answer rseq=1
  0.70 bob>alice again
* 0.75 alice>bob PRACK tag=b rack=1/1
* 0.80 bob>alice 200 tag=b
  1.80 tick
)",
                            check,
                            Reads::Messages,
                            Argues::FromAbsence};

} // namespace diagnosis::rules
