// SPDX-License-Identifier: Apache-2.0
#include <report/text_tables.h>

#include <base/text.h>
#include <fmt/format.h>
#include <ladder/measure.h>
#include <ladder/media_map.h>
#include <ostream>
#include <report/facts.h>
#include <report/markup.h>
#include <report/streams.h>

namespace report {

namespace {

std::string safe(const ReportInput &input, std::string_view text, std::size_t most = 300)
{
    return base::printable(kept(input, text), false, most);
}

void writeBinding(const ReportInput &input, const flows::BoundContact &contact, std::ostream &out)
{
    std::string text = safe(input, contact.uri);
    if (contact.expires)
        text += fmt::format(", {} s", *contact.expires);
    if (!contact.q.empty())
        text += ", q " + safe(input, contact.q, 16);
    if (contact.regId)
        text += fmt::format(", reg-id {}", *contact.regId);
    if (!contact.instance.empty())
        text += ", instance " + safe(input, contact.instance);
    paragraph(out, "    binding  ", text);
}

void writeRegistrations(const ReportInput &input, std::ostream &out)
{
    const auto book = registrations(input);
    if (book.all().empty())
        return;
    out << "Registrations\n";
    for (const flows::Registration &registration : book.all()) {
        std::string text =
            fmt::format("{}  {}  {} -> {} {}", safe(input, registration.aor),
                        flows::registrationStateText(registration.stateAt(input.now)),
                        registration.userAgent.text(), registration.registrar.text(),
                        base::transportText(registration.transport));
        if (registration.outboundAsked)
            text += registration.outboundGranted ? ", outbound granted" : ", outbound not granted";
        if (registration.flowTimer)
            text += fmt::format(", Flow-Timer {} s", *registration.flowTimer);
        if (registration.status >= 300)
            text += fmt::format(", last answer {}", registration.status);
        paragraph(out, "  ", text);
        for (const flows::BoundContact &contact : registration.contacts)
            writeBinding(input, contact, out);
        for (const std::string &hop : registration.path)
            paragraph(out, "    path     ", safe(input, hop));
        for (const std::string &hop : registration.serviceRoute)
            paragraph(out, "    service-route  ", safe(input, hop));
    }
    out << "\n";
}

void writeFlows(const ReportInput &input, std::ostream &out)
{
    if (input.flows.empty())
        return;
    out << "Flows\n";
    const flows::Standings standings(input.flows, input.now);
    for (const auto &flow : input.flows) {
        if (!flow)
            continue;
        const auto &report = flow->report;
        out << fmt::format("  {:<11} reg-id {}  {} {} -> {}  {}\n", flowStateOf(standings, *flow),
                           report.regId, base::transportText(flow->transport),
                           flow->userAgent.text(), flow->edge.text(),
                           safe(input, flow->ours ? report.reason : standings.of(*flow).reason));
        const auto token = flow->token.empty() ? std::nullopt : flows::decodeToken(flow->token);
        if (token)
            paragraph(out, "    token    ",
                      fmt::format("{} of {}{}", base::transportText(token->transport),
                                  token->userAgent.text(),
                                  token->edge.known() ? " to edge " + token->edge.text() : ""));
        else if (!flow->token.empty())
            paragraph(out, "    token    ", safe(input, flow->token) + " (opaque)");
        if (!flow->events.empty())
            paragraph(out, "    last     ",
                      fmt::format("{} UTC {}", base::utc(flow->events.back().time),
                                  safe(input, flow->events.back().text)));
    }
    out << "\n";
}

void writeStreams(const ReportInput &input, std::ostream &out)
{
    const auto streams = streamPlaces(input);
    if (streams.empty())
        return;
    out << "RTP streams\n"
        << fmt::format("  {:<45} {:<8} {:>4} {:>8} {:>6} {:>9}  {}\n", "from -> to", "SSRC", "PT",
                       "packets", "lost", "jitter", "belongs to");
    for (const StreamPlace &place : streams) {
        const rtp::Stream &stream = *place.stream;
        const std::string *tag = toTagOf(place);
        const std::string owner =
            place.call == nullptr
                ? "no call"
                : fmt::format("{}{} ({})", safe(input, place.call->call->callId, 80),
                              tag == nullptr || tag->empty() ? ""
                                                             : ", To-tag " + safe(input, *tag, 80),
                              certaintyText(place.bound->certainty));
        out << fmt::format("  {:<45} {:08x} {:>4} {:>8} {:>6} {:>6.1f} ms  {}\n",
                           stream.source.text() + " -> " + stream.destination.text(), stream.ssrc,
                           ladder::mainPayloadType(stream), stream.packets, stream.lost,
                           base::toMilliseconds(stream.jitter), owner);
        if (const auto marked = rtp::markingText(stream.marking); !marked.empty())
            out << "    " << marked << "\n";
    }
    out << "\n";
}

} // namespace

void paragraph(std::ostream &out, std::string_view first, std::string_view text)
{
    const std::string indent(ladder::columns(first), ' ');
    bool begun = false;
    for (const std::string &line : wrapped(base::printable(text), kTextWidth - indent.size())) {
        out << (begun ? indent : first) << line << "\n";
        begun = true;
    }
}

void writeTextRelations(const ReportInput &input, const ReportCall &call,
                        const ladder::Outline &outline, std::ostream &out)
{
    for (const legs::Join &join : call.legs) {
        out << fmt::format("{} as Call-ID {}, score {} of 100\n",
                           join.relation == legs::Relation::Transfer
                               ? "Transferred, the same matter"
                               : "Joined, the same call",
                           safe(input, join.callId), join.score);
        for (const std::string &reason : join.reasons)
            paragraph(out, "  - ", kept(input, reason));
    }
    for (const Transfer &transfer : transfersOf(input, call)) {
        diagnosis::EvidenceRef where;
        where.row = transfer.refer;
        std::string text = fmt::format("{}: REFER to {}", placeText(input, outline, where),
                                       safe(input, transfer.target));
        if (!transfer.replaces.empty())
            text += ", replacing " + safe(input, transfer.replaces);
        text += transfer.status == 0 ? ", not answered" : fmt::format(", {}", transfer.status);
        for (const TransferStep &step : transfer.progress)
            text += fmt::format(", then {}", step.code);
        paragraph(out, "Transfer at ", text);
    }
}

void writeTextTables(const ReportInput &input, std::ostream &out)
{
    writeRegistrations(input, out);
    writeFlows(input, out);
    writeStreams(input, out);
}

} // namespace report
