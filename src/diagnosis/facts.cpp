// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>

#include <algorithm>
#include <base/counted.h>
#include <base/text.h>
#include <diagnosis/first_hop.h>
#include <fmt/format.h>
#include <sip/status.h>

namespace diagnosis {

EvidenceRef at(trace::RowId row, std::string note)
{
    EvidenceRef ref;
    ref.row = row;
    ref.note = std::move(note);
    return ref;
}

EvidenceRef at(const Evidence &evidence, trace::RowId row, std::string_view part, std::string note)
{
    auto ref = at(row, std::move(note));
    if (!row.valid() || part.empty())
        return ref;
    const auto text = evidence.trace.text(row);
    // Compared as integers: `part` may lie in another buffer altogether.
    const auto begin = reinterpret_cast<std::uintptr_t>(text.data());
    const auto where = reinterpret_cast<std::uintptr_t>(part.data());
    if (where >= begin && where + part.size() <= begin + text.size()) {
        ref.offset = static_cast<std::uint32_t>(where - begin);
        ref.length = static_cast<std::uint32_t>(part.size());
    }
    return ref;
}

EvidenceRef at(const Evidence &evidence, trace::RowId row, sip::HeaderId header, std::string note)
{
    const auto &message = evidence.message(row);
    const auto *const found = message.find(header);
    return at(evidence, row, found != nullptr ? found->line : std::string_view{}, std::move(note));
}

EvidenceRef at(const rtp::Stream &stream, std::string note)
{
    EvidenceRef ref;
    ref.stream = stream.id;
    ref.note = std::move(note);
    return ref;
}

EvidenceRef at(const flows::Flow &flow, std::string note)
{
    EvidenceRef ref;
    ref.flow = flow.id;
    ref.note = std::move(note);
    return ref;
}

std::string lasting(base::Duration duration)
{
    if (duration.count() < 0)
        duration = base::Duration{0};
    if (duration < std::chrono::milliseconds(1))
        return fmt::format("{} us", duration.count() / 1000);
    if (duration < std::chrono::seconds(1))
        return fmt::format("{} ms", duration.count() / 1'000'000);
    return base::seconds(duration, 1) + " s";
}

std::string codeText(int status)
{
    return fmt::format("{} {}", status, sip::phrase(status));
}

std::string shown(std::string_view foreign)
{
    return base::printable(base::trim(foreign), false, 80);
}

std::string sender(const Evidence &evidence, trace::RowId handedOn)
{
    const auto row = firstHop(evidence, handedOn);
    if (!row.valid())
        return "an unknown element";
    const auto &message = evidence.message(row);
    auto name =
        message.value(message.isRequest() ? sip::HeaderId::UserAgent : sip::HeaderId::Server);
    if (name.empty())
        name =
            message.value(message.isRequest() ? sip::HeaderId::Server : sip::HeaderId::UserAgent);
    const auto source = evidence.trace.source(row);
    const auto where =
        source.known() ? source.text() : std::string("an element without known address");
    return name.empty() ? where : fmt::format("{} ({})", where, shown(name));
}

std::string receiver(const Evidence &evidence, trace::RowId row)
{
    const auto target = row.valid() ? evidence.trace.destination(row) : base::Endpoint{};
    return target.known() ? target.text() : "an element without known address";
}

std::string methodOf(const trace::Trace &trace, trace::RowId row)
{
    const auto known = sip::methodText(trace.row(row).method);
    if (trace.row(row).method != sip::Method::Unknown && !known.empty())
        return std::string(known);
    const auto message = trace.message(row);
    const auto token = !message               ? std::string_view()
                       : message->isRequest() ? message->methodText
                                              : message->cseq().methodText;
    return token.empty() ? "a method that cannot be read" : base::printable(token, false, 40);
}

std::string methodOf(const Evidence &evidence, const calls::Transaction &transaction)
{
    if (transaction.request.valid())
        return methodOf(evidence.trace, transaction.request);
    return transaction.responses.empty() ? std::string(sip::methodText(transaction.method))
                                         : methodOf(evidence.trace, transaction.responses.front());
}

std::string count(std::uint64_t n, std::string_view noun)
{
    return base::counted(n, noun);
}

const sip::Sdp &sdpOf(const Evidence &evidence, trace::RowId row)
{
    return evidence.sdp(row);
}

bool hasSdp(const Evidence &evidence, trace::RowId row)
{
    return evidence.describesMedia(row);
}

bool ownCall(const Evidence &evidence)
{
    return evidence.call.invite.valid() &&
           evidence.trace.row(evidence.call.invite).origin == base::Origin::Tap;
}

bool outgoingCall(const Evidence &evidence)
{
    return ownCall(evidence) && evidence.trace.row(evidence.call.invite).outgoing;
}

namespace {

/// The caller's own CANCEL, and no attempt of his after it. A proxy that gives one branch up
/// (RFC 3261 section 16.8) may go on to the next.
bool givesTheCallUp(const Evidence &evidence, const calls::Transaction &cancel)
{
    const auto &call = evidence.call;
    const auto *const own = call.invite.valid() ? transactionOf(call, call.invite) : nullptr;
    if (own == nullptr)
        return true; // nobody knows whose it is
    bool his = false;
    for (const auto &each : call.transactions) {
        if (each.method != sip::Method::Invite || each.inDialog || each.sentBy != own->sentBy)
            continue;
        if (each.started > cancel.started)
            return false;
        his = his || each.branch == cancel.branch;
    }
    return his && cancel.sentBy == own->sentBy;
}

/// The moment something that ends every early dialog happened; unknown: nothing did.
base::Instant callDecided(const Evidence &evidence)
{
    const auto &call = evidence.call;
    base::Instant end = call.answered;
    const auto earlier = [&end](base::Instant t) {
        if (t.known() && (!end.known() || t < end))
            end = t;
    };
    if (call.finalResponse.valid())
        earlier(evidence.time(call.finalResponse));
    earlier(call.ended);
    for (const auto &transaction : call.transactions)
        if (transaction.method == sip::Method::Cancel && transaction.request.valid() &&
            givesTheCallUp(evidence, transaction))
            earlier(evidence.time(transaction.request));
    return end;
}

} // namespace

bool earlyPhaseOver(const Evidence &evidence, std::uint32_t earlyDialog)
{
    const auto &dialogs = evidence.call.earlyDialogs;
    return callDecided(evidence).known() ||
           (earlyDialog < dialogs.size() && dialogs[earlyDialog].ended.known());
}

base::Instant earlyEnd(const Evidence &evidence, std::uint32_t earlyDialog)
{
    const auto &dialogs = evidence.call.earlyDialogs;
    auto end = evidence.now;
    if (const auto decided = callDecided(evidence); decided.known())
        end = std::min(end, decided);
    if (earlyDialog < dialogs.size() && dialogs[earlyDialog].ended.known())
        end = std::min(end, dialogs[earlyDialog].ended);
    return end;
}

const calls::Transaction *transactionOf(const calls::Call &call, trace::RowId row)
{
    // Rows are in time order, ids only nearly so: a linear search is the safe one.
    for (const auto &entry : call.rows)
        if (entry.row == row)
            return entry.transaction < call.transactions.size()
                       ? &call.transactions[entry.transaction]
                       : nullptr;
    return nullptr;
}

std::string_view senderRole(const Evidence &evidence, const calls::Transaction &transaction)
{
    if (transaction.method == sip::Method::Register)
        return "user agent"; // nobody calls
    const auto row = transaction.request.valid() ? transaction.request : transaction.finalResponse;
    if (transaction.inDialog && row.valid()) {
        const auto tag = evidence.trace.tag(evidence.trace.row(row).fromTag);
        for (const auto &dialog : evidence.call.earlyDialogs)
            if (!tag.empty() && dialog.toTag == tag)
                return "callee's user agent";
    }
    return "caller's user agent";
}

trace::RowId answerWithoutTag(const Evidence &evidence)
{
    for (const auto &transaction : evidence.call.transactions) {
        const bool forms = transaction.method == sip::Method::Invite && !transaction.inDialog;
        if (!forms || transaction.finalStatus / 100 != 2 || !transaction.finalResponse.valid())
            continue;
        const auto &row = evidence.trace.row(transaction.finalResponse);
        if (row.toTag != 0 || row.kind != trace::RowKind::Message)
            continue;
        const auto to = evidence.message(transaction.finalResponse).value(sip::HeaderId::To);
        if (!to.empty() && !sip::parameter(to, "tag"))
            return transaction.finalResponse;
    }
    return {};
}

std::string_view digestParameter(std::string_view value, std::string_view name)
{
    std::size_t at = 0;
    if (const auto scheme = value.find(' '); scheme != std::string_view::npos)
        at = scheme;
    while (at < value.size()) {
        const auto start = value.find_first_not_of(" \t\r\n,", at);
        if (start == std::string_view::npos)
            break;
        const auto equals = value.find_first_of("=,", start);
        if (equals == std::string_view::npos)
            break;
        if (value[equals] == ',') {
            at = equals;
            continue;
        }
        const auto key = base::trim(value.substr(start, equals - start));
        const auto begin = value.find_first_not_of(" \t\r\n", equals + 1);
        if (begin == std::string_view::npos)
            break;
        const bool quoted = value[begin] == '"';
        const auto end =
            std::min(quoted ? value.find('"', begin + 1) : value.find(',', begin), value.size());
        const auto from = begin + (quoted ? 1 : 0);
        if (base::equalsNoCase(key, name))
            return base::trim(value.substr(from, end - from));
        at = end + (quoted ? 1 : 0);
    }
    return {};
}

Hearing hearing(const Evidence &evidence)
{
    // Our own media sockets see everything that arrives for a call of ours.
    if (ownCall(evidence) && hasSdp(evidence, evidence.call.invite))
        return Hearing::Own;
    if (!evidence.streams.empty())
        return Hearing::Call;
    return Hearing::Nothing; // media of other calls does not prove that this call's passes here
}

bool mediaVisible(const Evidence &evidence)
{
    return hearing(evidence) != Hearing::Nothing;
}

std::string_view blindness(const Evidence &evidence)
{
    return evidence.mediaSeen ? "this trace holds RTP of other calls only"
                              : "this trace holds no RTP of any call";
}

Grade gradeOf(Hearing hearing)
{
    switch (hearing) {
    case Hearing::Own:
        return Grade::Seen;
    case Hearing::Call:
        return Grade::Likely;
    case Hearing::Nothing:
        break;
    }
    return Grade::CannotTell;
}

const BoundStream *firstHeard(const Evidence &evidence, base::Instant until)
{
    const BoundStream *found = nullptr;
    for (const auto &bound : evidence.streams)
        if (bound.towardsCaller && !bound.astray && bound.stream->first < until &&
            (found == nullptr || bound.stream->first < found->stream->first))
            found = &bound;
    return found;
}

std::optional<sip::Direction> earlyMediaPermission(std::string_view headerValue,
                                                   std::size_t mediaLine)
{
    std::optional<sip::Direction> last;
    for (const auto part : base::split(headerValue, ',')) {
        const auto word = base::trim(part.substr(0, part.find(';')));
        for (const auto direction : {sip::Direction::SendRecv, sip::Direction::SendOnly,
                                     sip::Direction::RecvOnly, sip::Direction::Inactive}) {
            if (!base::equalsNoCase(word, sip::directionText(direction)))
                continue;
            last = direction;
            if (mediaLine-- == 0)
                return last;
        }
    }
    return last;
}

bool callerMayHear(sip::Direction direction)
{
    return direction == sip::Direction::SendRecv || direction == sip::Direction::SendOnly;
}

} // namespace diagnosis
