// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kEnough = 3;
// 0.5, 1 and 2 s of RFC 3261 section 13.3.1.4, with some give; a mirrored capture repeats within
// microseconds.
constexpr auto kEnoughTime = std::chrono::seconds(2);
constexpr auto kGivesUp = std::chrono::seconds(32); // 64*T1
constexpr auto kGive = std::chrono::seconds(3);

std::vector<trace::RowId> repeatedAnswers(const Evidence &evidence,
                                          const calls::Transaction &invite)
{
    std::vector<trace::RowId> found;
    for (const auto row : invite.responseRepeats)
        if (const auto status = evidence.trace.row(row).status; status >= 200 && status < 300)
            found.push_back(row);
    return found;
}

/// The ACK to the 2xx: a transaction of its own (RFC 3261 section 13.2.2.4), on this or any other
/// hop. Before the answer, an ACK belongs to another response of the same tag, a 482 for a copy.
trace::RowId acknowledgement(const Evidence &evidence, const calls::Transaction &invite)
{
    bool answered = false;
    for (const auto &entry : evidence.call.rows) {
        answered = answered || entry.row == invite.finalResponse;
        const auto &row = evidence.trace.row(entry.row);
        if (answered && trace::isMessage(row.kind) && row.method == sip::Method::Ack &&
            row.status == 0 && row.cseq == invite.cseq &&
            row.toTag == evidence.trace.row(invite.finalResponse).toTag)
            return entry.row;
    }
    return {};
}

/// The callee's BYE when its patience of 64*T1 was over (RFC 3261 section 13.3.1.4).
trace::RowId givingUp(const Evidence &evidence, const calls::Transaction &invite)
{
    const auto bye = evidence.call.bye;
    if (!bye.valid() ||
        evidence.trace.row(bye).fromTag != evidence.trace.row(invite.finalResponse).toTag)
        return {};
    const auto after = evidence.time(bye) - evidence.time(invite.finalResponse);
    return after > kGivesUp - kGive && after < kGivesUp + kGive ? bye : trace::RowId{};
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Call)
        return;
    for (const auto &invite : evidence.call.transactions) {
        if (invite.method != sip::Method::Invite || invite.finalStatus / 100 != 2 ||
            !invite.finalResponse.valid())
            continue;
        const auto again = repeatedAnswers(evidence, invite);
        if (again.size() < kEnough)
            continue;
        const auto span = evidence.time(again.back()) - evidence.time(invite.finalResponse);
        if (span < kEnoughTime)
            continue;
        const auto ack = acknowledgement(evidence, invite);
        auto text =
            fmt::format("{} answered with {} [1] and sent it {} more over {} [2]",
                        sender(evidence, invite.finalResponse), codeText(invite.finalStatus),
                        count(again.size(), "time"), lasting(span));
        text += ack.valid()
                    ? fmt::format("; the ACK to {} [3] did not stop it.", receiver(evidence, ack))
                    : std::string("; no ACK for it is in this trace.");
        const auto end = givingUp(evidence, invite);
        if (end.valid())
            text += fmt::format(" It ended the call {} after the answer [{}].",
                                lasting(evidence.time(end) - evidence.time(invite.finalResponse)),
                                ack.valid() ? 4 : 3);
        auto &f = out.add("tx-200-no-ack", Severity::Error,
                          ack.valid() ? Grade::Seen : Grade::Likely, std::move(text));
        f.impact =
            "The callee's side gives up 32 s (64*T1) after the answer and ends the call with BYE.";
        f.evidence = {at(evidence, invite.finalResponse, sip::HeaderId::Contact,
                         "the ACK has to go here, by the Record-Route"),
                      at(again.back(), "still repeated")};
        if (ack.valid())
            f.evidence.push_back(at(ack, "where the ACK went"));
        if (end.valid())
            f.evidence.push_back(at(end, "given up: 64*T1 after the answer"));
        f.fixes = {{"Send the ACK to the Contact of the 200 through the reversed Record-Route.",
                    "caller's user agent", Action::None},
                   {"Put a Contact and Record-Route into the answer that the caller can reach; no "
                    "private addresses.",
                    "gateway or SBC", Action::None},
                   {"Let the ACK pass: it belongs to no transaction a firewall has seen before.",
                    "NAT or firewall", Action::None}};
        return;
    }
}

} // namespace

extern const Rule tx_200_no_ack;
const Rule tx_200_no_ack{"tx-200-no-ack",
                         "The answer is repeated: no ACK arrives",
                         Severity::Error,
                         "RFC 3261 section 13.3.1.4",
                         "200",
                         R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer
* 1.50 bob>alice again
* 2.50 bob>alice again
* 4.50 bob>alice again
)",
                         R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer
  1.50 bob>alice again
  1.60 alice>bob ACK tag=b
  9.00 alice>bob BYE tag=b
  9.10 bob>alice 200 tag=b
)",
                         check,
                         Reads::Little,
                         Argues::FromAbsence};

} // namespace diagnosis::rules
