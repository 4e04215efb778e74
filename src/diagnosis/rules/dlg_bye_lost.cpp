// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kPatience = std::chrono::milliseconds(31500); // the last of Timer E, before Timer F
constexpr std::size_t kProof = 3; // retransmissions: no answer reached the sender either

/// The same BYE further on, or the peer's own, was answered.
bool endedOtherwise(const calls::Call &call, const calls::Transaction &bye)
{
    return std::any_of(call.transactions.begin(), call.transactions.end(), [&](const auto &t) {
        return &t != &bye && t.method == sip::Method::Bye && t.finalStatus != 0;
    });
}

/// Nothing is repeated over TCP; there the network loses nothing either.
bool repeated(const Evidence &evidence, const calls::Transaction &bye)
{
    return bye.repeats.size() >= kProof ||
           (bye.inDialog && !bye.localFailure.valid() &&
            evidence.trace.row(bye.request).transport == base::Transport::Tcp);
}

/// With an error that does not say that the dialog is gone, such as a challenge nobody answers.
bool refused(const calls::Transaction &bye)
{
    const int status = bye.finalStatus;
    return status >= 400 && status != 408 && status != 430 && status != 481 &&
           bye.finalResponse.valid();
}

bool endedByAnother(const calls::Call &call, const calls::Transaction &bye)
{
    return std::any_of(call.transactions.begin(), call.transactions.end(), [&](const auto &t) {
        const bool over = t.finalStatus / 100 == 2 || t.finalStatus == 481 || t.finalStatus == 408;
        return &t != &bye && t.method == sip::Method::Bye && over;
    });
}

void tellRefused(const Evidence &evidence, const calls::Transaction &bye, Findings &out)
{
    const bool challenge = bye.finalStatus == 401 || bye.finalStatus == 407;
    auto &f = out.add("dlg-bye-lost", Severity::Warning, Grade::Seen,
                      fmt::format("{} refused the BYE [1] with {} [2], and no other BYE was taken.",
                                  sender(evidence, bye.finalResponse), codeText(bye.finalStatus)));
    f.impact = "The one side has left the call; the other may stay in it, with its line busy and "
               "its billing running.";
    f.evidence = {at(bye.request, "hung up"), at(bye.finalResponse, "refused")};
    f.fixes = {{challenge ? "Send the BYE again with credentials, as for any other request (RFC "
                            "3261 section 22.2)."
                          : "Compare CSeq, tags and Route of the BYE with the dialog.",
                "sender of the message", Action::None}};
}

void check(const Evidence &evidence, Findings &out)
{
    constexpr auto kAgain = std::chrono::seconds(2); // for another try
    for (const auto &bye : evidence.call.transactions) {
        if (bye.method != sip::Method::Bye || !bye.request.valid() || !refused(bye) ||
            endedByAnother(evidence.call, bye))
            continue;
        if (const auto soon = evidence.time(bye.finalResponse) + kAgain; evidence.now < soon) {
            out.recheckAt(soon);
            continue;
        }
        tellRefused(evidence, bye, out);
        return;
    }
    for (const auto &bye : evidence.call.transactions) {
        if (bye.method != sip::Method::Bye || !bye.request.valid() || bye.finalStatus != 0 ||
            !repeated(evidence, bye) || endedOtherwise(evidence.call, bye))
            continue;
        if (evidence.now - bye.started < kPatience) {
            out.recheckAt(bye.started + kPatience);
            continue;
        }
        auto &f = out.add(
            "dlg-bye-lost", Severity::Warning, Grade::Likely,
            fmt::format("The BYE to {} [1] was {} never answered.", receiver(evidence, bye.request),
                        bye.repeats.empty()
                            ? std::string()
                            : fmt::format("sent {} more and", count(bye.repeats.size(), "time"))));
        f.impact = "The peer may stay in the call, with its line busy and its billing running.";
        f.evidence = {at(evidence, bye.request, sip::HeaderId::Route, "where the BYE goes")};
        f.fixes = {{"Compare its Request-URI and Route with Contact and Record-Route of the 200: a "
                    "private address or a lost flow ends here.",
                    "operator", Action::None}};
        return;
    }
}

} // namespace

extern const Rule dlg_bye_lost;
const Rule dlg_bye_lost{"dlg-bye-lost",
                        "Hung up, and the peer never heard of it",
                        Severity::Warning,
                        "RFC 3261 section 15",
                        "408",
                        R"(
  answered
* 9.00 alice>bob BYE tag=b
* 9.50 alice>bob again
* 10.50 alice>bob again
* 12.50 alice>bob again
* 16.50 alice>bob again
  45.00 tick
)",
                        R"(
  answered
  9.00 alice>bob BYE tag=b
  9.50 alice>bob again
  10.50 alice>bob again
  12.50 alice>bob again
  16.50 alice>bob again
* 16.60 bob>alice 200 tag=b
  45.00 tick
)",
                        check,
                        Reads::Messages,
                        Argues::FromAbsence};

} // namespace diagnosis::rules
