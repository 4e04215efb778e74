// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kEnough = 2; // repeats behind the PRACK: one may have crossed it
constexpr auto kCrossed = std::chrono::milliseconds(450); // of T1

/// Repeats on the hop of the response that its sender made long after the PRACK had gone there.
std::vector<trace::RowId> repeatsBehind(const Evidence &evidence,
                                        const calls::ReliableResponse &reliable)
{
    std::vector<trace::RowId> found;
    const auto pair = evidence.trace.row(reliable.response).pair;
    auto last = evidence.time(reliable.prack);
    for (const auto row : reliable.repeats)
        if (evidence.trace.row(row).pair == pair && evidence.time(row) - last >= kCrossed) {
            found.push_back(row);
            last = evidence.time(row);
        }
    return found;
}

/// It went from where the response came to, and back the same way.
bool sameHop(const Evidence &evidence, const calls::ReliableResponse &reliable)
{
    return evidence.trace.source(reliable.prack).address ==
           evidence.trace.destination(reliable.response).address;
}

/// Any other PRACK to this dialog that was answered, on another hop or for another copy.
bool answeredSomewhere(const Evidence &evidence, const calls::ReliableResponse &reliable)
{
    const auto &prack = evidence.trace.row(reliable.prack);
    return std::any_of(
        evidence.call.transactions.begin(), evidence.call.transactions.end(), [&](const auto &t) {
            return t.method == sip::Method::Prack && !t.responses.empty() &&
                   (t.cseq == prack.cseq ||
                    (t.request.valid() && evidence.trace.row(t.request).rseq == reliable.rseq));
        });
}

void report(const Evidence &evidence, const calls::ReliableResponse &reliable,
            const std::vector<trace::RowId> &again, Findings &out)
{
    auto &f = out.add(
        "em-prack-lost", Severity::Error, Grade::Likely,
        fmt::format("The PRACK for RSeq {} went to {} [2] and was not answered; {} [1] was sent {} "
                    "more after it [3]: it does not arrive where the response came from.",
                    reliable.rseq, receiver(evidence, reliable.prack),
                    codeText(evidence.trace.row(reliable.response).status),
                    count(again.size(), "time")));
    f.impact = "The callee's side repeats the response for 32 s (64*T1), holds the answer back and "
               "then fails the call.";
    const bool recorded =
        evidence.message(reliable.response).find(sip::HeaderId::RecordRoute) != nullptr;
    f.evidence = {
        at(evidence, reliable.response, sip::HeaderId::Contact,
           recorded ? "the PRACK has to go here, by the Record-Route" : "the PRACK has to go here"),
        at(evidence, reliable.prack, sip::HeaderId::Route, "where it went"),
        at(again.back(), "still repeated")};
    f.fixes = {
        {"Put a Contact and Record-Route into the response that the caller can reach; no "
         "private addresses.",
         "gateway or SBC", Action::None},
        {"Let PRACK pass; some gateways and firewalls drop the method.", "NAT or firewall",
         Action::None},
        {"Call without 100rel and compare.", "caller's user agent", Action::CallWithoutReliable}};
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &dialog : evidence.call.earlyDialogs)
        for (const auto &reliable : dialog.reliables) {
            if (!reliable.prack.valid() || !reliable.response.valid() ||
                reliable.repeats.size() < kEnough || reliable.prackStatus != 0 ||
                !sameHop(evidence, reliable) || answeredSomewhere(evidence, reliable))
                continue;
            const auto again = repeatsBehind(evidence, reliable);
            if (again.size() < kEnough)
                continue;
            report(evidence, reliable, again, out);
            return;
        }
}

} // namespace

extern const Rule em_prack_lost;
const Rule em_prack_lost{"em-prack-lost",
                         "A PRACK that does not arrive",
                         Severity::Error,
                         "RFC 3262 section 3",
                         "183",
                         R"(
  0.00 alice>bob INVITE offer "Supported: 100rel"
  0.20 bob>alice 183 tag=b answer rseq=1
  0.25 alice>bob PRACK tag=b rack=1/1
* 0.70 bob>alice again
* 1.70 bob>alice again
* 3.70 bob>alice again
)",
                         R"(
  0.00 alice>bob INVITE offer "Supported: 100rel"
  0.20 bob>alice 183 tag=b answer rseq=1
  0.25 alice>bob PRACK tag=b rack=1/1
  0.70 bob>alice again
  1.70 bob>alice again
* 1.72 bob>alice 200 tag=b for=PRACK
  4.00 bob>alice 200 tag=b for=INVITE
  4.05 alice>bob ACK tag=b
)",
                         check,
                         Reads::Little,
                         Argues::FromAbsence};

} // namespace diagnosis::rules
