// SPDX-License-Identifier: Apache-2.0
#include <report/page.h>

#include <base/text.h>
#include <fmt/format.h>
#include <ostream>
#include <report/facts.h>
#include <report/markup.h>
#include <report/streams.h>

namespace report {

namespace {

constexpr std::size_t kMostStreams = 2000; // rows of a table that somebody reads

std::string safe(const ReportInput &input, std::string_view text)
{
    return escaped(kept(input, text));
}

void beginTable(std::string_view title, std::initializer_list<std::string_view> columns,
                std::ostream &out)
{
    out << "<section class=\"card\">\n<h2>" << title << "</h2>\n<table>\n<tr>";
    for (const std::string_view column : columns)
        out << "<th>" << column << "</th>";
    out << "</tr>\n";
}

void tableRow(std::initializer_list<std::string> cells, std::ostream &out)
{
    out << "<tr>";
    for (const std::string &cell : cells)
        out << "<td>" << cell << "</td>";
    out << "</tr>\n";
}

void endTable(std::ostream &out)
{
    out << "</table>\n</section>\n";
}

void writeRegistrations(const ReportInput &input, std::ostream &out)
{
    const auto book = registrations(input);
    if (book.all().empty())
        return;
    beginTable("Registrations",
               {"Address", "State", "Bindings", "User agent", "Registrar", "Outbound"}, out);
    for (const flows::Registration &registration : book.all()) {
        std::string bindings;
        for (const flows::BoundContact &contact : registration.contacts)
            bindings +=
                fmt::format("{}{}{}", bindings.empty() ? "" : "<br/>", safe(input, contact.uri),
                            contact.expires ? fmt::format(", {} s", *contact.expires) : "");
        tableRow({safe(input, registration.aor),
                  std::string(flows::registrationStateText(registration.stateAt(input.now))),
                  bindings, registration.userAgent.text(), registration.registrar.text(),
                  registration.outboundGranted ? "granted"
                  : registration.outboundAsked ? "not granted"
                                               : ""},
                 out);
    }
    endTable(out);
}

void writeFlows(const ReportInput &input, std::ostream &out)
{
    if (input.flows.empty())
        return;
    beginTable("Flows", {"State", "reg-id", "User agent", "Edge", "Transport", "Last event"}, out);
    const flows::Standings standings(input.flows, input.now);
    for (const auto &flow : input.flows) {
        if (!flow)
            continue;
        const std::string last =
            flow->events.empty() ? flow->report.reason : flow->events.back().text;
        tableRow({flowStateOf(standings, *flow), std::to_string(flow->report.regId),
                  flow->userAgent.text(), flow->edge.text(),
                  std::string(base::transportText(flow->transport)), safe(input, last)},
                 out);
    }
    endTable(out);
}

void writeStreams(const ReportInput &input, std::ostream &out)
{
    const auto streams = streamPlaces(input);
    if (streams.empty())
        return;
    beginTable("RTP streams",
               {"From", "To", "SSRC", "Packets", "Lost", "Jitter", "Marked", "Belongs to"}, out);
    std::size_t rows = 0;
    for (const StreamPlace &place : streams) {
        if (++rows > kMostStreams)
            break;
        const rtp::Stream &stream = *place.stream;
        tableRow(
            {stream.source.text(), stream.destination.text(), fmt::format("{:08x}", stream.ssrc),
             std::to_string(stream.packets), std::to_string(stream.lost),
             fmt::format("{:.1f} ms", base::toMilliseconds(stream.jitter)),
             rtp::markingText(stream.marking),
             place.call == nullptr ? "no call"
                                   : fmt::format("{} ({})", safe(input, place.call->call->callId),
                                                 certaintyText(place.bound->certainty))},
            out);
    }
    endTable(out);
    if (streams.size() > kMostStreams)
        out << fmt::format("<p class=\"muted\">{} more streams are not listed.</p>\n",
                           streams.size() - kMostStreams);
}

} // namespace

void writeRelations(const ReportInput &input, const PageCall &page, std::ostream &out)
{
    for (const legs::Join &join : page.call.legs) {
        out << fmt::format(
            "<div class=\"card\">\n<p><strong>{} as Call-ID {}</strong>, score {} of "
            "100</p>\n<ul>",
            join.relation == legs::Relation::Transfer ? "A transfer, the same matter"
                                                      : "The same call",
            safe(input, join.callId), join.score);
        for (const std::string &reason : join.reasons)
            out << "<li>" << safe(input, reason) << "</li>\n";
        out << "</ul>\n</div>\n";
    }
    for (const Transfer &transfer : transfersOf(input, page.call)) {
        std::string text = "REFER to " + safe(input, transfer.target);
        if (!transfer.replaces.empty())
            text += ", replacing " + safe(input, transfer.replaces);
        text += transfer.status == 0 ? ", not answered" : fmt::format(", {}", transfer.status);
        for (const TransferStep &step : transfer.progress)
            text += fmt::format(", then {}", step.code);
        out << "<p>" << text << "</p>\n";
    }
}

void writeTables(const ReportInput &input, std::ostream &out)
{
    writeRegistrations(input, out);
    writeFlows(input, out);
    writeStreams(input, out);
}

} // namespace report
