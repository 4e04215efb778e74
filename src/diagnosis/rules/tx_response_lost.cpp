// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

// What the sender's timer made before the response could reach it: the way takes less than that.
constexpr base::Duration kUnderWay = std::chrono::milliseconds(250);
// Timer A and E begin with T1, 500 ms; what comes closer was captured twice.
constexpr base::Duration kClose = std::chrono::milliseconds(100);
constexpr std::size_t kEnough = 2; // one response may be lost

/// The response that stops the repeats: of an INVITE any, of another request the final one (RFC
/// 3261 sections 17.1.1.2 and 17.1.2.2). Invalid: none.
trace::RowId stopper(const Evidence &evidence, const calls::Transaction &t)
{
    for (const auto row : t.responses)
        if (t.method == sip::Method::Invite || evidence.trace.row(row).status >= 200)
            return row;
    return {};
}

/// Copies that the sender's timer made although the response had been sent.
std::vector<trace::RowId> after(const Evidence &evidence, const calls::Transaction &t,
                                trace::RowId response)
{
    std::vector<trace::RowId> out;
    base::Instant last = evidence.time(response) + kUnderWay - kClose;
    for (const auto row : t.repeats) {
        if (evidence.time(row) - last < kClose)
            continue;
        last = evidence.time(row);
        out.push_back(row);
    }
    return out;
}

/// Proxies hand on the name of who made the message: their address alone is theirs.
std::string who(const Evidence &evidence, trace::RowId row)
{
    const bool ownWords =
        evidence.trace.row(row).viaCount == 1 && evidence.trace.row(row).status == 0;
    return ownWords ? sender(evidence, row) : evidence.trace.source(row).text();
}

std::string impactOf(const calls::Transaction &t, bool final)
{
    switch (t.method) {
    case sip::Method::Invite:
        return final ? "The caller knows nothing of the answer: it gives up after 32 s (64*T1), "
                       "while the callee is in a call."
                     : "The caller repeats its INVITE and hears of no progress until a response "
                       "gets through.";
    case sip::Method::Register:
        return "The registrar has the binding, and the user agent does not know it: it goes on "
               "trying, or shows that it is not registered.";
    case sip::Method::Bye:
        return "The sender takes the call for ended only after 32 s (64*T1).";
    default:
        return "The sender gives up 32 s (64*T1) after the request and takes it for 408 Request "
               "Timeout.";
    }
}

std::vector<Fix> fixesOf(const Evidence &evidence, const calls::Transaction &t,
                         trace::RowId response)
{
    const auto asked = evidence.trace.source(t.request);
    const auto sent = evidence.trace.destination(response);
    std::vector<Fix> out;
    if (sent != asked)
        out.push_back({fmt::format("The request came from {} and the response goes to {}: send it "
                                   "back to where the request came from (rport, RFC 3581).",
                                   asked.text(), sent.text()),
                       sender(evidence, response), Action::None});
    else
        out.push_back({fmt::format("Let the responses of {} pass to {}.",
                                   evidence.trace.source(response).text(), sent.text()),
                       "NAT or firewall", Action::None});
    out.push_back({fmt::format("Capture at {} as well: where the responses arrive there, it does "
                               "not take them (RFC 3261 section 18.1.2: look at the top Via).",
                               asked.text()),
                   "operator", Action::None});
    return out;
}

/// The answer got through in the end.
bool gotThrough(const Evidence &evidence, const calls::Transaction &t, trace::RowId lastCopy)
{
    if (t.ack.valid())
        return true;
    return std::any_of(evidence.call.transactions.begin(), evidence.call.transactions.end(),
                       [&](const auto &later) {
                           return later.method == sip::Method::Ack && later.cseq == t.cseq &&
                                  later.started > evidence.time(lastCopy);
                       });
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &t : evidence.call.transactions) {
        if (t.method == sip::Method::Ack || t.repeats.size() < kEnough || !t.request.valid() ||
            evidence.trace.row(t.request).transport != base::Transport::Udp)
            continue;
        const auto response = stopper(evidence, t);
        if (!response.valid())
            continue;
        const auto copies = after(evidence, t, response);
        if (copies.size() < kEnough)
            continue;
        const bool final =
            t.finalResponse.valid() && after(evidence, t, t.finalResponse).size() >= kEnough;
        const auto shownRow = final ? t.finalResponse : response;
        const auto again = after(evidence, t, shownRow);
        const bool late = gotThrough(evidence, t, copies.back());
        auto &f = out.add(
            "tx-response-lost", final && !late ? Severity::Error : Severity::Warning, Grade::Likely,
            fmt::format("{} sent its {} [1] {} more [3] although {} had answered {} {} after it "
                        "[2]: the responses do not get back to it.",
                        who(evidence, t.request), methodOf(evidence, t),
                        count(again.size(), "time"), who(evidence, shownRow),
                        codeText(evidence.trace.row(shownRow).status),
                        lasting(evidence.time(shownRow) - t.started)));
        f.impact = impactOf(t, final && !late);
        f.evidence = {at(t.request, "the request"), at(shownRow, "its answer"),
                      at(again.back(), "sent again all the same")};
        f.fixes = fixesOf(evidence, t, shownRow);
        return;
    }
}

} // namespace

extern const Rule tx_response_lost;
const Rule tx_response_lost{"tx-response-lost",
                            "A request is repeated although it was answered",
                            Severity::Error,
                            "RFC 3261 sections 17.1.1.2 and 17.1.2.2",
                            "408",
                            R"(
  0.00 alice>home INVITE offer
  0.02 home>alice 100
  0.50 alice>home again
  2.00 home>alice 200 tag=b answer
* 3.50 alice>home again
* 7.50 alice>home again
)",
                            R"(
  0.00 alice>home INVITE offer
  0.50 alice>home again
  0.60 home>alice 100
  1.50 alice>home again
  2.00 home>alice 180 tag=b
  9.00 home>alice 486 tag=b
  9.02 alice>home ACK tag=b
)",
                            check};

} // namespace diagnosis::rules
