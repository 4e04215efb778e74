// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/crowd.h>
#include <diagnosis/flow_facts.h>
#include <diagnosis/orphans.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/status.h>

namespace diagnosis::rules {
namespace {

constexpr auto kTimerB = std::chrono::seconds(32); // 64*T1 (RFC 3261 section 17.1.1.2)
constexpr auto kGive = std::chrono::milliseconds(500);
constexpr std::size_t kEnough = 4; // retransmissions that prove nothing came back to the sender

bool timedOutLocally(const Evidence &evidence, const calls::Transaction &transaction)
{
    const auto *const event =
        transaction.localFailure.valid() ? evidence.trace.local(transaction.localFailure) : nullptr;
    return event != nullptr && event->kind == base::LocalKind::TimedOut;
}

/// Another copy of the same request was answered: the trace has another hop, or this one only in
/// one direction.
bool answeredElsewhere(const Evidence &evidence, const calls::Transaction &silent)
{
    return std::any_of(
        evidence.call.transactions.begin(), evidence.call.transactions.end(), [&](const auto &t) {
            return &t != &silent && t.method == silent.method && t.cseq == silent.cseq &&
                   t.branch == silent.branch && !t.responses.empty();
        });
}

bool anyResponse(const calls::Call &call)
{
    return std::any_of(call.transactions.begin(), call.transactions.end(),
                       [](const auto &t) { return !t.responses.empty(); });
}

/// Another attempt for the same request that its sender began meanwhile and that was answered;
/// nullptr: none.
const calls::Transaction *answeredMeanwhile(const Evidence &evidence,
                                            const calls::Transaction &silent)
{
    const auto &all = evidence.call.transactions;
    const auto other = std::find_if(all.begin(), all.end(), [&](const auto &t) {
        return t.method == silent.method && t.cseq == silent.cseq && t.branch != silent.branch &&
               t.sentBy == silent.sentBy && t.started > silent.started && t.finalStatus / 100 == 2;
    });
    return other == all.end() ? nullptr : &*other;
}

/// nullopt: answered, or too early to tell.
std::optional<Grade> silent(const Evidence &evidence, const calls::Transaction &transaction)
{
    if (transaction.responses.empty() && timedOutLocally(evidence, transaction))
        return Grade::Seen;
    const auto waited = evidence.now - transaction.started;
    if (transaction.method == sip::Method::Bye && transaction.inDialog)
        return std::nullopt; // dlg-bye-lost
    if (!transaction.request.valid() || !transaction.responses.empty() ||
        transaction.localFailure.valid() || waited < kTimerB - kGive ||
        answeredElsewhere(evidence, transaction))
        return std::nullopt;
    // Nothing is repeated over TCP, and the network loses nothing there either.
    const auto &row = evidence.trace.row(transaction.request);
    if (row.transport == base::Transport::Tcp && transaction.method == sip::Method::Invite &&
        !anyResponse(evidence.call))
        return Grade::Likely;
    // Only the sender's own retransmissions prove that no answer reached it; the capture may have
    // missed one.
    return transaction.repeats.size() >= kEnough ? std::optional(Grade::Likely) : std::nullopt;
}

/// The same place answered an earlier request of the call.
bool answeredBefore(const Evidence &evidence, const calls::Transaction &silent)
{
    const auto to = evidence.trace.destination(silent.request);
    return std::any_of(evidence.call.transactions.begin(), evidence.call.transactions.end(),
                       [&](const auto &t) {
                           return &t != &silent && t.request.valid() && !t.responses.empty() &&
                                  evidence.trace.destination(t.request) == to;
                       });
}

/// How long no message of this call had passed between the two before; 0: none had.
base::Duration idleBefore(const Evidence &evidence, const calls::Transaction &silent)
{
    const auto to = evidence.trace.destination(silent.request);
    base::Instant last;
    for (const calls::CallRow &place : evidence.call.rows) {
        const auto when = evidence.time(place.row);
        if (when < silent.started &&
            (evidence.trace.destination(place.row) == to || evidence.trace.source(place.row) == to))
            last = std::max(last, when);
    }
    return last.known() ? silent.started - last : base::Duration{0};
}

/// What the evidence leaves possible.
std::vector<Fix> fixes(const Evidence &evidence, const calls::Transaction &silent,
                       const std::string &to)
{
    constexpr std::size_t kWhole = 1200;                // bytes that no link cuts into fragments
    constexpr auto kForgets = std::chrono::seconds(30); // what a NAT may forget (RFC 5626)
    const auto &row = evidence.trace.row(silent.request);
    const bool udp = row.transport == base::Transport::Udp;
    std::vector<Fix> out;
    if (answeredBefore(evidence, silent))
        out.push_back({fmt::format("{} answered before: look there for what it made of this {}.",
                                   to, methodOf(evidence, silent)),
                       "operator", Action::None});
    else
        out.push_back(
            {fmt::format("Check that a SIP server listens on {} and that requests reach it.", to),
             "operator", Action::None});
    if (!udp) {
        const auto idle = idleBefore(evidence, silent);
        if (idle >= kForgets)
            out.insert(out.begin(),
                       {fmt::format("Nothing is seen on that way in the {} before: where a NAT or "
                                    "firewall forgot the connection, keep-alives hold it.",
                                    lasting(idle)),
                        "NAT or firewall", Action::None});
        out.push_back(
            {"Look in the capture whether the other side's TCP acknowledged these bytes: if "
             "so, it is the program behind it; if they were only repeated, the "
             "connection was dead.",
             "operator", Action::None});
        return out;
    }
    if (row.length > kWhole)
        out.push_back({"Try TCP: a large request may be lost as UDP fragments.",
                       "caller's user agent", Action::CallOverTcp});
    out.push_back({"Let responses pass back to the port of the request (rport, RFC 3581).",
                   "NAT or firewall", Action::None});
    return out;
}

/// Of pings, each a call of its own, that find no answer now and then: told once, of the first.
bool tellsOfMany(const Evidence &evidence, const calls::Transaction &silent, Grade grade,
                 const std::string &to, Findings &out)
{
    if (silent.method != sip::Method::Options || silent.inDialog || silent.localFailure.valid())
        return false;
    const auto crowd = unansweredAlike(evidence, silent);
    if (evidence.live)
        out.recheckAt(evidence.now + std::chrono::minutes(1));
    if (crowd.before || crowd.count == 1)
        return crowd.before;
    auto &f =
        out.add("tx-timeout", Severity::Error, grade,
                fmt::format("{} of {} OPTIONS to {} found no response within {}, the first of "
                            "them this one [1].",
                            crowd.count, crowd.all, to, lasting(crowd.until - crowd.since)));
    f.impact = crowd.count == crowd.all
                   ? "Who pings so that it sends calls elsewhere takes the trunk out of service."
                   : "The trunk comes and goes: who pings takes it out of service and back, and "
                     "calls in between are lost.";
    f.evidence = {at(silent.request, "the first without a response")};
    f.fixes = fixes(evidence, silent, to);
    if (crowd.count != crowd.all)
        f.fixes.front() = {fmt::format("{} answers the others: look for loss on the way there, an "
                                       "overload, or a limit of requests.",
                                       to),
                           "operator", Action::None};
    return true;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &transaction : evidence.call.transactions) {
        if (transaction.method == sip::Method::Ack)
            continue;
        const auto grade = silent(evidence, transaction);
        if (!grade) {
            if (transaction.request.valid() && transaction.responses.empty() &&
                !transaction.localFailure.valid() && transaction.started + kTimerB > evidence.now)
                out.recheckAt(transaction.started + kTimerB);
            continue;
        }
        const auto to = receiver(evidence, transaction.request);
        if (tellsOfMany(evidence, transaction, *grade, to, out))
            return;
        const auto end = transaction.localFailure.valid() ? evidence.time(transaction.localFailure)
                         : transaction.repeats.empty()    ? evidence.now
                                                       : evidence.time(transaction.repeats.back());
        const auto last = transaction.localFailure.valid() ? transaction.localFailure
                          : transaction.repeats.empty()    ? transaction.request
                                                           : transaction.repeats.back();
        const auto *const saved = answeredMeanwhile(evidence, transaction);
        auto &f = out.add(
            "tx-timeout", saved != nullptr ? Severity::Warning : Severity::Error, *grade,
            fmt::format("{} to {} [1] got no response {}: it was sent {} in {} [2].",
                        methodOf(evidence, transaction), to,
                        orphansOf(evidence, transaction).empty() ? "at all" : "that fits it",
                        count(transaction.repeats.size() + 1, "time"),
                        lasting(end - transaction.started)));
        f.impact = saved != nullptr
                       ? fmt::format("The sender tried another way after {}, and that was "
                                     "answered; until then the caller waited.",
                                     lasting(saved->started - transaction.started))
                       : "The sender gives up 32 s (64*T1) after the request and treats it as 408 "
                         "Request Timeout.";
        f.evidence = {at(transaction.request, "the request"), at(last, "the last sign of it")};
        f.fixes = fixes(evidence, transaction, to);
        return;
    }
}

} // namespace

extern const Rule tx_timeout;
const Rule tx_timeout{"tx-timeout",
                      "No response at all",
                      Severity::Error,
                      "RFC 3261 section 17.1.1.2",
                      "408",
                      R"(
   0.00 alice>bob INVITE offer
*  0.50 alice>bob again
*  1.50 alice>bob again
*  3.50 alice>bob again
*  7.50 alice>bob again
  15.50 alice>bob again
  31.50 alice>bob again
* 33.00 tick
)",
                      R"(
   0.00 alice>bob INVITE offer
   0.50 alice>bob again
   0.60 bob>alice 100
  33.00 tick
)",
                      check,
                      Reads::Little,
                      Argues::FromAbsence};

} // namespace diagnosis::rules
