// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/telling.h>

#include <algorithm>
#include <base/text.h>
#include <diagnosis/orphans.h>
#include <fmt/format.h>

namespace diagnosis {
namespace {

/// ICMP about a packet, in a capture as well; else something happened inside Earshot.
bool byNetwork(const trace::Row &row)
{
    return row.undelivered().valid() || row.mediaUndelivered();
}

void tellLocal(const Evidence &evidence, trace::RowId row, const base::LocalEvent &event,
               Telling &out)
{
    const std::string_view said =
        event.sentence.empty() ? base::localKindText(event.kind) : std::string_view(event.sentence);
    constexpr std::size_t kWhole = 1000; // our own words, with foreign ones in them
    const bool network = byNetwork(evidence.trace.row(row));
    out.say(fmt::format("{}: {} {}", network ? "The network told" : "Inside this program",
                        base::printable(said, false, kWhole),
                        out.cite(at(row, network ? "what the network told" : "local event"))));
    if (event.code != 0)
        out.say(fmt::format("The stack treats it like {} although nobody sent that.",
                            codeText(event.code)));
    if (const auto about = evidence.trace.row(row).undelivered(); about.valid())
        out.say(fmt::format("That was the packet {} to {}, sent {} before.",
                            out.cite(at(about, "what did not arrive")), receiver(evidence, about),
                            lasting(evidence.time(row) - evidence.time(about))));
    for (const auto &transaction : evidence.call.transactions)
        if (!network && transaction.localFailure == row && transaction.request.valid())
            out.say(fmt::format("It ended the {} {} to {} after {}.",
                                requestText(evidence, transaction),
                                out.cite(at(transaction.request, "the request")),
                                receiver(evidence, transaction.request),
                                lasting(evidence.time(row) - transaction.started)));
}

void tellFate(const Evidence &evidence, const calls::Transaction &transaction, Telling &out)
{
    if (!transaction.repeats.empty())
        out.say(
            fmt::format("It was sent {} more, the last time after {} {}.",
                        count(transaction.repeats.size(), "time"),
                        lasting(evidence.time(transaction.repeats.back()) - transaction.started),
                        out.cite(at(transaction.repeats.back(), "last retransmission"))));
    if (!transaction.responses.empty() &&
        transaction.responses.front() != transaction.finalResponse) {
        const auto first = transaction.responses.front();
        out.say(fmt::format("The first response was {} after {} {}.",
                            codeText(evidence.trace.row(first).status),
                            lasting(evidence.time(first) - transaction.started),
                            out.cite(at(first, "first response"))));
    }
    if (transaction.finalResponse.valid())
        out.say(fmt::format("It ended with {} after {} {}.", codeText(transaction.finalStatus),
                            lasting(transaction.finished - transaction.started),
                            out.cite(at(transaction.finalResponse, "final response"))));
    else if (transaction.localFailure.valid()) {
        const bool network = byNetwork(evidence.trace.row(transaction.localFailure));
        const auto after = lasting(transaction.finished - transaction.started);
        out.say(fmt::format(
            "{} after {} {}.",
            network ? "It did not arrive, as the network told" : "It failed locally", after,
            out.cite(at(transaction.localFailure,
                        network ? "what the network told" : "local failure"))));
    } else if (const auto orphans = orphansOf(evidence, transaction); !orphans.empty())
        out.say(fmt::format(
            "{} came back {}, but under another branch: it belongs to no request "
            "(RFC 3261 section 17.1.3).",
            codeText(evidence.trace.row(orphans.front()).status),
            out.cite(at(evidence, orphans.front(), sip::HeaderId::Via, "another branch"))));
    else if (transaction.method != sip::Method::Ack)
        out.say(transaction.responses.empty() ? "No response to it is in this trace."
                                              : "No final response to it is in this trace.");
}

} // namespace

void tellRequest(const Evidence &evidence, trace::RowId row, Telling &out)
{
    if (const auto *const event = evidence.trace.local(row)) {
        tellLocal(evidence, row, *event, out);
        return;
    }
    const auto &message = evidence.message(row);
    const auto *const transaction = transactionOf(evidence.call, row);
    out.say(fmt::format("{} sent {} to {} {}.", sender(evidence, row),
                        message.methodText.empty() ? "what is no SIP" : shown(message.methodText),
                        receiver(evidence, row), out.cite(at(row, "the request"))));
    if (const auto reason = message.value(sip::HeaderId::Reason); !reason.empty())
        out.say(fmt::format("Its Reason reads: {} {}.", shown(reason),
                            out.cite(at(evidence, row, sip::HeaderId::Reason, "Reason"))));
    const auto &sdp = sdpOf(evidence, row);
    if (const auto *const audio = sdp.audio()) {
        const auto endpoint = audio->endpoint();
        out.say(fmt::format("It describes audio at {} ({}) {}.",
                            endpoint ? endpoint->text() : fmt::format("port {}", audio->port),
                            sip::directionText(audio->direction),
                            out.cite(at(evidence, row, audio->line, "audio line"))));
    } else if (message.method == sip::Method::Invite && sdp.text.empty()) {
        out.say("It makes no offer: the callee has to (late offer), so early media is hardly "
                "possible.");
    }
    if (transaction != nullptr && message.method != sip::Method::Ack)
        tellFate(evidence, *transaction, out);
}

} // namespace diagnosis
