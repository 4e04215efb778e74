// SPDX-License-Identifier: Apache-2.0
// The JSON document as a whole, written piece by piece: a large input's calls never stand in memory
// together.
#include <report/json.h>

#include <algorithm>
#include <base/text.h>
#include <base/told_time.h>
#include <ostream>
#include <report/facts.h>
#include <sstream>

namespace report {

namespace {

constexpr int kSchema = 1;

double wholeMicroseconds(base::Duration d)
{
    return static_cast<double>(std::chrono::duration_cast<std::chrono::microseconds>(d).count());
}

Json clockOf(const FileClock &clock)
{
    return {{"messages", clock.messages},
            {"within_s", base::toSeconds(clock.within)},
            {"both_ways", clock.bothWays},
            {"applied", clock.applied},
            {"given", clock.given}};
}

Json filesOf(const ReportInput &input)
{
    Json out = Json::array();
    for (const ReportFile &file : input.files) {
        Json flaws = Json::array();
        for (const std::string &flaw : file.flaws)
            flaws.push_back(shown(input, flaw));
        out.push_back(
            {{"name", base::printable(file.name)},
             {"link_types", file.linkTypes},
             {"bytes", file.bytes},
             {"packets", file.packets},
             {"sip_messages", file.sipMessages},
             {"rtp_packets", file.rtpPackets},
             {"cut_packets", file.cutPackets},
             {"cut_sip_packets", file.cutSipPackets},
             {"snap_length", file.cutPackets != 0 ? Json(file.snapLength) : Json(nullptr)},
             {"truncated", file.truncated},
             {"clock_offset_s", file.clock.messages != 0 || file.clock.given
                                    ? Json(base::toSeconds(file.clock.offset))
                                    : Json(nullptr)},
             {"clock", clockOf(file.clock)},
             {"flaws", std::move(flaws)},
             {"error", orNull(shown(input, file.error))}});
    }
    return out;
}

Json notesOf(const ReportInput &input)
{
    Json out = Json::array();
    for (const std::string &note : input.notes)
        out.push_back(shown(input, note));
    return out;
}

/// The call's findings once more for the flat list of the input.
void collect(const Json &call, Json &findings)
{
    for (const Json &finding : call["findings"])
        findings.push_back(finding);
}

class Pieces
{
public:
    explicit Pieces(std::ostream &out) : m_out(out) {}
    void member(std::string_view name, const Json &value)
    {
        key(name);
        m_out << indented(dumped(value), "  ");
    }
    void beginList(std::string_view name)
    {
        key(name);
        m_out << "[";
        m_items = 0;
    }
    void item(const Json &value)
    {
        m_out << (m_items++ == 0 ? "\n    " : ",\n    ") << indented(dumped(value), "    ");
    }
    void endList() { m_out << (m_items == 0 ? "]" : "\n  ]"); }

private:
    void key(std::string_view name)
    {
        m_out << (m_members++ == 0 ? "{\n  " : ",\n  ") << Json(name).dump() << ": ";
    }
    /// Line ends inside of strings are escaped: those here are the document's own.
    static std::string indented(const std::string &text, std::string_view by)
    {
        std::string out;
        for (const char c : text) {
            out += c;
            if (c == '\n')
                out += by;
        }
        return out;
    }

    std::ostream &m_out;
    std::size_t m_members = 0, m_items = 0;
};

} // namespace

std::string shown(const ReportInput &input, std::string_view text)
{
    return base::printable(kept(input, text), true);
}

Json orNull(std::string text)
{
    return text.empty() ? Json(nullptr) : Json(std::move(text));
}

double secondsOf(base::Duration d)
{
    return wholeMicroseconds(d) / 1e6;
}

double millisecondsOf(base::Duration d)
{
    return wholeMicroseconds(d) / 1e3;
}

Json secondsSince(base::Instant start, base::Instant time)
{
    return base::hasClock(time) ? Json(secondsOf(std::max(time - start, base::Duration{0})))
                                : Json(nullptr);
}

Json secondsSince(const ReportCall &call, base::Instant time)
{
    return secondsSince(call.call->first, time);
}

Json utcOrNull(base::Instant time)
{
    const std::string told = base::utcKnown(time);
    return told.empty() ? Json(nullptr) : Json(told);
}

Json endOrNull(const base::Endpoint &end)
{
    return end.known() ? Json(end.text()) : Json(nullptr);
}

Json numberOf(const ladder::Outline &outline, ladder::Target target)
{
    const ladder::Step *step = outline.stepOf(target);
    return step == nullptr ? Json(nullptr) : Json(step->number);
}

std::string dumped(const Json &json, int indent)
{
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

void writeJson(const ReportInput &input, std::ostream &out)
{
    Pieces pieces(out);
    pieces.member("schema_version", kSchema);
    pieces.member("generator", "Earshot");
    pieces.member("title", shown(input, input.title));
    pieces.member("redacted", input.redact);
    pieces.member("files", filesOf(input));
    Json findings = Json::array();
    const LegGroups groups(input.calls);
    pieces.beginList("calls");
    for (const ReportCall &call : input.calls) {
        const Json told = callOf(input, call, groups);
        collect(told, findings);
        pieces.item(told);
    }
    pieces.endList();
    for (const Json &finding : looseFindingsOf(input))
        findings.push_back(finding);
    pieces.member("registrations", registrationsOf(input));
    pieces.member("flows", flowsOf(input));
    pieces.member("rtp_streams", allStreamsOf(input));
    pieces.member("findings", findings);
    pieces.member("notes", notesOf(input));
    out << "\n}";
}

void writeJsonLines(const ReportInput &input, std::ostream &out)
{
    std::map<std::string, std::uint64_t> severities{{"error", 0}, {"info", 0}, {"warning", 0}};
    const LegGroups groups(input.calls);
    for (const ReportCall &call : input.calls) {
        Json told = {{"type", "call"}};
        told.update(callOf(input, call, groups));
        out << dumped(told, -1) << "\n";
        out.flush(); // whoever reads along sees whole lines
        for (const diagnosis::Finding &finding : call.findings)
            ++severities[std::string(diagnosis::severityText(finding.severity))];
    }
    for (const diagnosis::Finding &finding : input.loose)
        ++severities[std::string(diagnosis::severityText(finding.severity))];
    out << dumped({{"type", "summary"},
                   {"schema_version", kSchema},
                   {"generator", "Earshot"},
                   {"title", shown(input, input.title)},
                   {"redacted", input.redact},
                   {"files", filesOf(input)},
                   {"calls", input.calls.size()},
                   {"registrations", registrationsOf(input)},
                   {"flows", flowsOf(input)},
                   {"rtp_streams", allStreamsOf(input)},
                   {"findings", severities},
                   {"loose_findings", looseFindingsOf(input)},
                   {"notes", notesOf(input)}},
                  -1)
        << "\n";
}

std::string jsonOf(const ReportInput &input)
{
    std::ostringstream out;
    writeJson(input, out);
    return out.str();
}

std::string jsonOf(const ReportInput &input, const ReportCall &call)
{
    return dumped(callOf(input, call, LegGroups(input.calls)));
}

} // namespace report
