// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/telling.h>

#include <algorithm>
#include <base/text.h>
#include <diagnosis/flow_facts.h>
#include <diagnosis/reason_text.h>
#include <fmt/format.h>
#include <sip/retry_after.h>
#include <sip/status.h>

namespace diagnosis {
namespace {

/// The header in which a code says what it wants, with the words that introduce it.
struct Demand {
    int status;
    sip::HeaderId header;
    std::string_view words;
};
constexpr Demand kDemands[] = {
    {300, sip::HeaderId::Contact, "The alternatives it names"},
    {301, sip::HeaderId::Contact, "The new address"},
    {302, sip::HeaderId::Contact, "The address to try"},
    {305, sip::HeaderId::Contact, "The proxy to use"},
    {380, sip::HeaderId::Contact, "The alternative service"},
    {405, sip::HeaderId::Allow, "The methods it allows"},
    {406, sip::HeaderId::Accept, "What it accepts"},
    {415, sip::HeaderId::Accept, "What it accepts"},
    {420, sip::HeaderId::Unsupported, "The extension it does not support"},
    {421, sip::HeaderId::Require, "The extension it demands"},
    {422, sip::HeaderId::MinSe, "The shortest session interval it takes (in seconds)"},
    {423, sip::HeaderId::MinExpires, "The shortest expiry it takes (in seconds)"},
    {485, sip::HeaderId::Contact, "The candidates it names"},
};

void tellHeaders(const Evidence &evidence, trace::RowId row, Telling &out)
{
    const auto &message = evidence.message(row);
    const auto tell = [&](sip::HeaderId id, std::string_view words) {
        if (const auto value = message.value(id); !value.empty())
            out.say(fmt::format("{}: {} {}.", words,
                                id == sip::HeaderId::Reason ? reasonText(value) : shown(value),
                                out.cite(at(evidence, row, id, std::string(sip::headerText(id))))));
    };
    for (const auto &demand : kDemands)
        if (demand.status == message.status)
            tell(demand.header, demand.words);
    tell(sip::HeaderId::Warning, "Its Warning reads");
    tell(sip::HeaderId::Reason, "Its Reason reads");
    tell(sip::HeaderId::RetryAfter, sip::takesRetryAfter(message.status)
                                        ? "It asks to wait, in seconds"
                                        : "Its Retry-After, which has no meaning with this code "
                                          "(RFC 3261 section 20.33), reads");
}

/// The phrase as it stands there, where it is not the code's own: often all that tells the reason.
void tellPhrase(const Evidence &evidence, trace::RowId row, Telling &out)
{
    const auto status = evidence.trace.row(row).status;
    const auto phrase = evidence.message(row).reason;
    if (status >= 300 && !phrase.empty() && !base::equalsNoCase(phrase, sip::phrase(status)))
        out.say(fmt::format("Its phrase reads \"{}\".", shown(phrase)));
}

/// Does this trace hold what that element sends to others than the asker? Then what it did not send
/// on it answered itself.
bool seenBehind(const Evidence &evidence, const calls::Transaction &transaction)
{
    const auto &trace = evidence.trace;
    const auto element = trace.destination(transaction.request).address;
    const auto asker = trace.source(transaction.request).address;
    const auto others = [&](const base::Address &address) {
        return address.known() && address != asker && address != element;
    };
    for (const auto &flow : evidence.flows)
        if (flow && flow->edge.address == element && others(flow->userAgent.address))
            return true;
    return std::any_of(evidence.call.rows.begin(), evidence.call.rows.end(), [&](const auto &each) {
        return trace.source(each.row).address == element &&
               others(trace.destination(each.row).address);
    });
}

/// A final response that came at once, and no hop behind in this trace: who made it, as far as that
/// can be told. On one network several hops take no longer than one.
void tellFastMaker(const Evidence &evidence, const calls::Transaction &transaction, Telling &out)
{
    if (transaction.request.valid() && seenBehind(evidence, transaction) &&
        !handedOn(evidence, transaction)) {
        out.say(fmt::format("{} sent the request on to nobody in this trace, so it most likely "
                            "made the answer itself.",
                            evidence.trace.destination(transaction.request).text()));
        return;
    }
    const auto &answer = evidence.message(transaction.finalResponse);
    const auto server = answer.value(sip::HeaderId::Server);
    auto text = fmt::format("Who made it this hop does not tell: {} are enough for several hops on "
                            "one network.",
                            lasting(transaction.finished - transaction.started));
    if (!server.empty())
        text +=
            fmt::format(" Its Server field reads {}, which proxies leave as it is.", shown(server));
    out.say(text);
}

void tellMaker(const Evidence &evidence, trace::RowId row, Telling &out)
{
    const auto *const transaction = transactionOf(evidence.call, row);
    if (transaction == nullptr || transaction->finalResponse != row)
        return;
    const auto *const maker = origin(evidence, transaction->finalStatus, transaction->inDialog);
    const auto vias = viaCount(evidence, row);
    if (maker != nullptr && maker != transaction && maker->cseq == transaction->cseq &&
        maker->method == transaction->method && viaCount(evidence, maker->finalResponse) > vias)
        out.say(fmt::format("It was made further on, by {} {}, and handed back.",
                            sender(evidence, maker->finalResponse),
                            out.cite(at(maker->finalResponse, "where the code comes from"))));
    else if (transaction->finished - transaction->started < std::chrono::milliseconds(10) &&
             row.valid() && evidence.trace.row(row).status >= 300)
        tellFastMaker(evidence, *transaction, out);
}

void tellChallenge(const Evidence &evidence, trace::RowId row, Telling &out)
{
    const auto &message = evidence.message(row);
    const auto header =
        message.status == 407 ? sip::HeaderId::ProxyAuthenticate : sip::HeaderId::WwwAuthenticate;
    const auto value = message.value(header);
    if (value.empty())
        return;
    const auto algorithm = digestParameter(value, "algorithm");
    out.say(fmt::format(
        "It asks for credentials of realm \"{}\", algorithm {}{} {}.",
        shown(digestParameter(value, "realm")), algorithm.empty() ? "MD5" : shown(algorithm),
        base::equalsNoCase(digestParameter(value, "stale"), "true") ? ", the nonce was stale" : "",
        out.cite(at(evidence, row, header, "the challenge"))));
    const auto *const challenged = transactionOf(evidence.call, row);
    if (challenged == nullptr)
        return;
    for (const auto &next : evidence.call.transactions)
        if (next.method == challenged->method && next.cseq > challenged->cseq &&
            next.request.valid() &&
            evidence.trace.source(next.request) == evidence.trace.destination(row)) {
            const bool answered =
                evidence.message(next.request)
                    .find(message.status == 407 ? sip::HeaderId::ProxyAuthorization
                                                : sip::HeaderId::Authorization);
            out.say(
                fmt::format("The next {} {} {}{}.", requestText(evidence, next),
                            out.cite(at(next.request, "next attempt")),
                            answered ? "carried credentials" : "carried none",
                            next.finalStatus == 0
                                ? std::string(" and has no final response yet")
                                : fmt::format(" and was answered {}", codeText(next.finalStatus))));
            return;
        }
    out.say("No request with credentials followed in this trace.");
}

void tellInviteAnswer(const Evidence &evidence, trace::RowId row, Telling &out)
{
    const auto &call = evidence.call;
    if (call.invite.valid() && call.firstProvisional.valid())
        out.say(
            fmt::format("The caller waited {} for the first sign of progress {}.",
                        lasting(evidence.time(call.firstProvisional) - evidence.time(call.invite)),
                        out.cite(at(call.firstProvisional, "first 18x"))));
    trace::RowId ack;
    bool answered = false; // before the answer, an ACK belongs to another response of that tag
    for (const auto &entry : call.rows) {
        answered = answered || entry.row == row;
        if (answered && !ack.valid() && evidence.trace.row(entry.row).method == sip::Method::Ack &&
            evidence.trace.row(entry.row).toTag == evidence.trace.row(row).toTag)
            ack = entry.row;
    }
    out.say(ack.valid() ? fmt::format("ACK followed after {} {}.",
                                      lasting(evidence.time(ack) - evidence.time(row)),
                                      out.cite(at(ack, "ACK")))
                        : std::string("No ACK for it is in this trace."));
    if (call.bye.valid())
        out.say(fmt::format("BYE ended the call after {} {}.",
                            lasting(evidence.time(call.bye) - evidence.time(row)),
                            out.cite(at(call.bye, "BYE"))));
}

void tellRegistered(const Evidence &evidence, trace::RowId row, Telling &out)
{
    const auto &message = evidence.message(row);
    const auto contacts = message.values(sip::HeaderId::Contact);
    out.say(fmt::format("It lists {} {}.", count(contacts.size(), "contact"),
                        out.cite(at(evidence, row, sip::HeaderId::Contact, "the bindings"))));
    const auto *const transaction = transactionOf(evidence.call, row);
    const bool asked =
        transaction != nullptr && transaction->request.valid() &&
        evidence.message(transaction->request).value(sip::HeaderId::Contact).find("reg-id") !=
            std::string_view::npos;
    if (message.lists(sip::HeaderId::Require, "outbound"))
        out.say(
            fmt::format("Require: outbound {} says that the registrar keeps this flow (RFC 5626 "
                        "section 4.2.1).",
                        out.cite(at(evidence, row, sip::HeaderId::Require, "outbound granted"))));
    else if (asked)
        out.say("The request asked for outbound, but Require: outbound is missing: the registrar "
                "ignored the reg-id.");
    if (const auto timer = message.number(sip::HeaderId::FlowTimer))
        out.say(
            fmt::format("The edge wants a keep-alive at least every {} s (Flow-Timer).", *timer));
}

void tellCancelled(const Evidence &evidence, Telling &out)
{
    for (const auto &transaction : evidence.call.transactions)
        if (transaction.method == sip::Method::Cancel && transaction.request.valid()) {
            out.say(fmt::format("It is the INVITE's own answer to CANCEL {}.",
                                out.cite(at(transaction.request, "CANCEL"))));
            return;
        }
    out.say("No CANCEL is in this trace: the element behind gave up the INVITE by itself or "
            "another branch won.");
}

} // namespace

void tellFinal(const Evidence &evidence, trace::RowId row, Telling &out)
{
    const auto status = evidence.trace.row(row).status;
    const auto method = evidence.trace.row(row).method;
    const auto *const transaction = transactionOf(evidence.call, row);
    tellAnswer(evidence, transaction, row, out);
    tellPhrase(evidence, row, out);
    tellMaker(evidence, row, out);
    tellHeaders(evidence, row, out);
    if (status == 401 || status == 407)
        tellChallenge(evidence, row, out);
    else if (status / 100 == 2 && method == sip::Method::Invite)
        tellInviteAnswer(evidence, row, out);
    else if (status / 100 == 2 && method == sip::Method::Register)
        tellRegistered(evidence, row, out);
    else if (status == 487)
        tellCancelled(evidence, out);
    tellHiddenFlow(evidence, row, out);
    if (status >= 300 && transaction != nullptr && transaction->inDialog && status != 401 &&
        status != 407)
        out.say("The request stood inside a dialog.");
}

} // namespace diagnosis
