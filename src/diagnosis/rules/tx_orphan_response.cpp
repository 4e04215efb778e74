// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/orphans.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr int kMost = 64; // requests without a response that are looked at

bool anyWithoutRequest(const calls::Call &call)
{
    return std::any_of(call.transactions.begin(), call.transactions.end(),
                       [](const auto &t) { return !t.request.valid(); });
}

constexpr std::uint32_t kMostRowsBack = 1024;
constexpr auto kLongestWait = std::chrono::seconds(32); // 64*T1: then nobody waits for it any more

/// The request of the same branch that it is the answer to by its Via alone: of another Call-ID, or
/// of another CSeq. Invalid: there is none.
trace::RowId askedOtherwise(const Evidence &evidence, trace::RowId response)
{
    const auto &row = evidence.trace.row(response);
    const auto branch = evidence.message(response).branch();
    const auto from = evidence.trace.source(response), to = evidence.trace.destination(response);
    if (branch.empty())
        return {};
    for (std::uint32_t back = 1; back <= std::min(kMostRowsBack, response.value); ++back) {
        const trace::RowId id{response.value - back};
        const auto &before = evidence.trace.row(id);
        if (row.time - before.time > kLongestWait)
            break;
        if (before.kind == trace::RowKind::Message && before.status == 0 &&
            before.method == row.method && (before.call != row.call || before.cseq != row.cseq) &&
            evidence.trace.source(id) == to && evidence.trace.destination(id) == from &&
            evidence.message(id).branch() == branch)
            return id;
    }
    return {};
}

/// Its Via is right, so that it comes to the sender of the request, but not what names the request.
bool tellsMisnamed(const Evidence &evidence, const calls::Transaction &answer, Findings &out)
{
    if (answer.request.valid() || answer.responses.empty())
        return false;
    const auto first = answer.responses.front();
    const auto asked = askedOtherwise(evidence, first);
    if (!asked.valid())
        return false;
    const auto &request = evidence.trace.row(asked);
    const bool otherCall = request.call != evidence.trace.row(first).call;
    auto &f = out.add(
        "tx-orphan-response", Severity::Warning, Grade::Seen,
        fmt::format(
            "{} answered the {} [1] with {} [2] under its branch, but with the {} {} in the "
            "place of {}: it belongs to no request.",
            sender(evidence, first), sip::methodText(request.method),
            codeText(evidence.trace.row(first).status), otherCall ? "Call-ID" : "CSeq",
            otherCall ? shown(evidence.message(first).callId())
                      : std::to_string(evidence.trace.row(first).cseq),
            otherCall ? shown(evidence.message(asked).callId()) : std::to_string(request.cseq)));
    f.impact = "The sender of the request has to drop the response, and waits for another one.";
    const auto header = otherCall ? sip::HeaderId::CallId : sip::HeaderId::CSeq;
    f.evidence = {at(evidence, asked, header, "the request"),
                  at(evidence, first, header, "the response")};
    f.fixes = {
        {"Copy Via, From, Call-ID and CSeq of the request into the response as they are (RFC "
         "3261 section 8.2.6.2).",
         "sender of the message", Action::None}};
    return true;
}

/// Of the user agent itself, which has no other attempt of it on that way: what does not fit this
/// request fits none, though other responses came to it.
bool aloneOnItsHop(const Evidence &evidence, const calls::Transaction &request)
{
    const auto &all = evidence.call.transactions;
    return request.method == sip::Method::Invite &&
           evidence.trace.row(request.request).viaCount == 1 &&
           std::none_of(all.begin(), all.end(), [&](const auto &t) {
               return &t != &request && t.request.valid() && t.method == request.method &&
                      t.cseq == request.cseq && t.pair == request.pair;
           });
}

void check(const Evidence &evidence, Findings &out)
{
    if (!anyWithoutRequest(evidence.call))
        return;
    int looked = 0;
    for (const auto &answer : evidence.call.transactions)
        if (!answer.request.valid() && (++looked > kMost || tellsMisnamed(evidence, answer, out)))
            return;
    int unanswered = 0;
    for (const auto &request : evidence.call.transactions) {
        // Where no addresses are known, the response may be of another hop, which has its own
        // branch.
        const bool partly = !request.responses.empty();
        if (!request.request.valid() || request.method == sip::Method::Ack ||
            (partly && !aloneOnItsHop(evidence, request)) ||
            !(evidence.trace.source(request.request).known() ||
              evidence.trace.destination(request.request).known()))
            continue;
        if (++unanswered > kMost)
            return;
        const auto orphans = orphansOf(evidence, request);
        if (orphans.empty())
            continue;
        const auto first = orphans.front();
        const auto sent = evidence.message(request.request).branch();
        const auto back = evidence.message(first).branch();
        if (sent == back)
            continue; // only the sent-by differs: rt-alg tells of what rewrites it
        auto &f = out.add(
            "tx-orphan-response", Severity::Warning, Grade::Seen,
            fmt::format("{} answered the {} [1] with {} [2], but the top Via of the response has "
                        "the branch {} and that of the request {}: it belongs to no request.",
                        sender(evidence, first), methodOf(evidence, request),
                        codeText(evidence.trace.row(first).status),
                        back.empty() ? std::string("of nobody") : shown(back), shown(sent)));
        f.impact = partly
                       ? "The sender of the request has to drop the response: it knows nothing of "
                         "what that tells, as if it had not come."
                       : "The sender of the request has to drop the response, repeats the request "
                         "and gives up after 32 s (64*T1) as if nobody had answered.";
        f.evidence = {at(evidence, request.request, sip::HeaderId::Via, "the branch that was sent"),
                      at(evidence, first, sip::HeaderId::Via, "the branch that came back")};
        f.fixes = {{"Copy the Via fields of the request into the response as they are (RFC 3261 "
                    "section 8.2.6.2).",
                    "callee's user agent", Action::None},
                   {"Look for a gateway or SIP ALG on the way that rewrites Via, and switch that "
                    "off.",
                    "NAT or firewall", Action::None}};
        return;
    }
}

} // namespace

extern const Rule tx_orphan_response;
const Rule tx_orphan_response{"tx-orphan-response",
                              "A response that fits no request",
                              Severity::Warning,
                              "RFC 3261 section 17.1.3",
                              "408",
                              R"(
  0.00 alice>bob INVITE offer
* 0.20 bob>alice 180 tag=b via=other
* 2.00 bob>alice 200 tag=b answer via=other
  9.00 tick
)",
                              R"(
  0.00 alice>bob INVITE offer
  0.20 bob>alice 180 tag=b
  2.00 bob>alice 200 tag=b answer
  2.05 alice>bob ACK tag=b
  9.00 tick
)",
                              check};

} // namespace diagnosis::rules
