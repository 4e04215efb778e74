// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/flow_facts.h>
#include <diagnosis/route_set.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kEnough = 3;
constexpr std::size_t kMostAnswers = 16; // of one INVITE that are looked at
// 0.5, 1 and 2 s of RFC 3261 section 13.3.1.4, with some give; a mirrored capture repeats within
// microseconds.
constexpr auto kEnoughTime = std::chrono::seconds(2);
constexpr auto kGivesUp = std::chrono::seconds(32); // 64*T1
constexpr auto kGive = std::chrono::seconds(3);

/// One 2xx to an INVITE. A fork may bring several, each of a dialog of its own with an ACK of its
/// own (RFC 3261 section 13.2.2.4).
struct Answer {
    trace::RowId row;
    std::vector<trace::RowId> repeats;
};

/// The first one of each To-tag, in order.
std::vector<Answer> answersTo(const Evidence &evidence, const calls::Transaction &invite)
{
    std::vector<Answer> answers;
    const auto of = [&](trace::RowId row) {
        const auto tag = evidence.trace.row(row).toTag;
        return std::find_if(answers.begin(), answers.end(), [&](const Answer &known) {
            return evidence.trace.row(known.row).toTag == tag;
        });
    };
    const auto is2xx = [&](trace::RowId row) { return evidence.trace.row(row).status / 100 == 2; };
    for (const auto row : invite.responses)
        if (is2xx(row) && of(row) == answers.end() && answers.size() < kMostAnswers)
            answers.push_back({row, {}});
    for (const auto row : invite.responseRepeats)
        if (const auto known = of(row); is2xx(row) && known != answers.end())
            known->repeats.push_back(row);
    return answers;
}

/// The ACK to the 2xx: a transaction of its own (RFC 3261 section 13.2.2.4), where it got furthest
/// on its way. Before the answer, an ACK belongs to another response of the same tag, a 482 for a
/// copy.
trace::RowId acknowledgement(const Evidence &evidence, const calls::Transaction &invite,
                             const Answer &answer)
{
    bool answered = false;
    trace::RowId furthest;
    for (const auto &entry : evidence.call.rows) {
        answered = answered || entry.row == answer.row;
        const auto &row = evidence.trace.row(entry.row);
        if (answered && trace::isMessage(row.kind) && row.method == sip::Method::Ack &&
            row.status == 0 && row.cseq == invite.cseq &&
            row.toTag == evidence.trace.row(answer.row).toTag &&
            (!furthest.valid() || row.viaCount > evidence.trace.row(furthest).viaCount))
            furthest = entry.row;
    }
    return furthest;
}

/// ACKs of that dialog whose number is not the INVITE's (RFC 3261 section 13.2.2.4); invalid: none.
trace::RowId misnumbered(const Evidence &evidence, const calls::Transaction &invite,
                         const Answer &answer)
{
    for (const auto &entry : evidence.call.rows) {
        const auto &row = evidence.trace.row(entry.row);
        if (trace::isMessage(row.kind) && row.method == sip::Method::Ack && row.status == 0 &&
            row.time >= evidence.time(answer.row) && row.cseq != invite.cseq &&
            row.toTag == evidence.trace.row(answer.row).toTag &&
            row.fromTag == evidence.trace.row(answer.row).fromTag &&
            std::none_of(evidence.call.transactions.begin(), evidence.call.transactions.end(),
                         [&](const auto &t) {
                             return t.method == sip::Method::Invite && t.cseq == row.cseq;
                         }))
            return entry.row;
    }
    return {};
}

/// The callee's BYE when its patience of 64*T1 was over (RFC 3261 section 13.3.1.4).
trace::RowId givingUp(const Evidence &evidence, const Answer &answer)
{
    for (const auto &each : evidence.call.transactions) {
        if (each.method != sip::Method::Bye || !each.request.valid() ||
            evidence.trace.row(each.request).fromTag != evidence.trace.row(answer.row).toTag)
            continue;
        const auto after = evidence.time(each.request) - evidence.time(answer.row);
        if (after > kGivesUp - kGive && after < kGivesUp + kGive)
            return each.request;
    }
    return {};
}

/// Of a fork whose other answer was acknowledged on this hop: then the ACKs do pass, and this one
/// was not sent.
const Answer *acknowledgedOther(const Evidence &evidence, const calls::Transaction &invite,
                                const std::vector<Answer> &answers, const Answer &open)
{
    const auto other = std::find_if(answers.begin(), answers.end(), [&](const Answer &each) {
        const auto ack = &each == &open ? trace::RowId{} : acknowledgement(evidence, invite, each);
        return ack.valid() &&
               evidence.trace.source(ack).address == evidence.trace.destination(open.row).address;
    });
    return other == answers.end() ? nullptr : &*other;
}

void explainPath(const Evidence &evidence, const Answer &answer, trace::RowId ack, Finding &f)
{
    f.impact =
        "The callee's side gives up 32 s (64*T1) after the answer and ends the call with BYE.";
    const bool recorded = evidence.message(answer.row).find(sip::HeaderId::RecordRoute) != nullptr;
    f.evidence = {
        at(evidence, answer.row, sip::HeaderId::Contact,
           recorded ? "the ACK has to go here, by the Record-Route" : "the ACK has to go here"),
        at(answer.repeats.back(), "still repeated")};
    if (ack.valid())
        f.evidence.push_back(at(ack, "where the ACK went"));
    f.fixes = {{"Send the ACK to the Contact of the 200 through the reversed Record-Route.",
                "caller's user agent", Action::None},
               {"Put a Contact and Record-Route into the answer that the caller can reach; no "
                "private addresses.",
                "gateway or SBC", Action::None},
               {"Let the ACK pass: it belongs to no transaction a firewall has seen before.",
                "NAT or firewall", Action::None}};
}

void explainNumber(const Evidence &evidence, const calls::Transaction &invite, const Answer &answer,
                   trace::RowId wrong, Finding &f)
{
    f.text += fmt::format("; the ACK [3] has the CSeq number {} and the INVITE {}: it acknowledges "
                          "nothing.",
                          evidence.trace.row(wrong).cseq, invite.cseq);
    f.impact = "The callee waits for its ACK, gives up 32 s (64*T1) after the answer and ends the "
               "call with BYE.";
    f.evidence = {at(answer.row, "the answer"), at(answer.repeats.back(), "still repeated"),
                  at(evidence, wrong, sip::HeaderId::CSeq, "another number")};
    f.fixes = {{"Give the ACK the CSeq number of its INVITE (RFC 3261 section 13.2.2.4).",
                "caller's user agent", Action::None}};
}

/// The flow that the ACK had to take behind who got it last, and that was gone; nullptr: nothing
/// tells so.
const flows::Flow *deadBehind(const Evidence &evidence, trace::RowId ack)
{
    for (const auto &each : evidence.call.transactions) {
        if (each.method != sip::Method::Ack || each.request != ack)
            continue;
        const auto *const flow = routedFlow(evidence, each);
        return flow != nullptr && deathOf(*flow, each.started) != nullptr ? flow : nullptr;
    }
    return nullptr;
}

void explainHolder(const Evidence &evidence, trace::RowId ack, const flows::Flow *dead, Finding &f)
{
    if (dead == nullptr) {
        f.fixes = {
            {fmt::format("See why {} does not hand the ACK on: it has to go where its Route and "
                         "Request-URI say (RFC 3261 section 16.6).",
                         receiver(evidence, ack)),
             "home proxy", Action::None}};
        return;
    }
    const auto *const death = deathOf(*dead, evidence.time(ack));
    f.text += fmt::format(" The flow of {} that it had to take ended {} before [{}].",
                          dead->userAgent.text(), lasting(evidence.time(ack) - death->time),
                          f.evidence.size() + 1);
    f.evidence.push_back(at(*dead, "the flow that was gone"));
    f.evidence.back().row = death->row;
    f.fixes = {{"Keep the connection open while calls are up over it, and tokens valid over a "
                "restart.",
                "edge proxy", Action::None},
               {"Set the call up anew with INVITE and Replaces: inside a dialog nobody can take "
                "another way (RFC 5626 section 5.3).",
                "callee's user agent", Action::None}};
}

void explainDelay(const Answer &answer, trace::RowId ack, Finding &f)
{
    f.impact = "Until the ACK many callees send no audio: the first words are missing.";
    f.evidence = {at(answer.row, "the answer"), at(answer.repeats.back(), "the last repetition"),
                  at(ack, "the ACK stops it")};
    f.fixes = {{"Send the ACK as soon as the 2xx comes; do not wait for media or for the user.",
                "caller's user agent", Action::None},
               {"Where ACKs were sent before and did not come as far as here: look for what lost "
                "them.",
                "NAT or firewall", Action::None}};
}

void explainFork(const Evidence &evidence, const Answer &answer, Finding &f)
{
    f.impact = "Two branches answered. This one waits 32 s (64*T1) for its ACK; until then that "
               "line is busy, and whoever took the call hears nothing.";
    f.evidence = {at(evidence, answer.row, sip::HeaderId::To, "a dialog of its own"),
                  at(answer.repeats.back(), "still repeated")};
    f.fixes = {{"Acknowledge every 2xx in its own dialog, and end those that are not kept with BYE "
                "(RFC 3261 section 13.2.2.4).",
                "caller's user agent", Action::None}};
}

void report(const Evidence &evidence, const calls::Transaction &invite,
            const std::vector<Answer> &answers, const Answer &answer, Findings &out)
{
    const auto ack = acknowledgement(evidence, invite, answer);
    const auto *const other =
        ack.valid() ? nullptr : acknowledgedOther(evidence, invite, answers, answer);
    const auto last = answer.repeats.back();
    auto text = fmt::format(
        "{} answered with {} [1] and sent it {} more over {} [2]", sender(evidence, answer.row),
        codeText(evidence.trace.row(answer.row).status), count(answer.repeats.size(), "time"),
        lasting(evidence.time(last) - evidence.time(answer.row)));
    const auto tag = [&](const Answer &of) {
        return shown(evidence.trace.tag(evidence.trace.row(of.row).toTag));
    };
    const bool late = ack.valid() && evidence.time(ack) > evidence.time(last);
    const bool held = ack.valid() && !late && heldBack(evidence, invite, ack);
    const auto wrong = ack.valid() ? trace::RowId{} : misnumbered(evidence, invite, answer);
    if (wrong.valid()) {
        auto &f = out.add("tx-200-no-ack", Severity::Error, Grade::Seen, std::move(text));
        explainNumber(evidence, invite, answer, wrong, f);
        return;
    }
    if (late)
        text += fmt::format("; the ACK [3] came {} after the first.",
                            lasting(evidence.time(ack) - evidence.time(answer.row)));
    else if (ack.valid())
        text += held ? fmt::format("; {} got the ACK [3] and did not hand it on.",
                                   receiver(evidence, ack))
                     : fmt::format("; the ACK to {} [3] did not stop it.", receiver(evidence, ack));
    else if (other != nullptr)
        text += fmt::format("; no ACK for it (To-tag {}) is in this trace, only the one for "
                            "To-tag {}.",
                            tag(answer), tag(*other));
    else
        text += "; no ACK for it is in this trace.";
    const auto end = givingUp(evidence, answer);
    if (end.valid())
        text += fmt::format(" It ended the call {} after the answer [{}].",
                            lasting(evidence.time(end) - evidence.time(answer.row)),
                            ack.valid() ? 4 : 3);
    auto &f = out.add("tx-200-no-ack", late ? Severity::Warning : Severity::Error,
                      ack.valid() ? Grade::Seen : Grade::Likely, std::move(text));
    if (late)
        explainDelay(answer, ack, f);
    else if (other != nullptr)
        explainFork(evidence, answer, f);
    else
        explainPath(evidence, answer, ack, f);
    if (end.valid())
        f.evidence.push_back(at(end, "given up: 64*T1 after the answer"));
    if (held)
        explainHolder(evidence, ack, deadBehind(evidence, ack), f);
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Call)
        return;
    for (const auto &invite : evidence.call.transactions) {
        if (invite.method != sip::Method::Invite || invite.responseRepeats.size() < kEnough)
            continue;
        const auto answers = answersTo(evidence, invite);
        for (const auto &answer : answers) {
            if (answer.repeats.size() < kEnough ||
                evidence.time(answer.repeats.back()) - evidence.time(answer.row) < kEnoughTime)
                continue;
            report(evidence, invite, answers, answer, out);
            return;
        }
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
