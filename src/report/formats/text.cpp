// SPDX-License-Identifier: Apache-2.0
// For terminals and tickets: each call's ladder, its early-media verdict and its findings, in plain
// UTF-8.
#include <report/format.h>

#include <base/text.h>
#include <fmt/format.h>
#include <ladder/measure.h>
#include <ostream>
#include <report/facts.h>
#include <report/leg_groups.h>
#include <report/text_ladder.h>
#include <report/text_tables.h>

namespace report::formats {

namespace {

constexpr std::size_t kWidth = kTextWidth;

void writeHead(const ReportInput &input, const ReportCall &call, const ladder::Outline &outline,
               std::ostream &out)
{
    out << outline.title << "\n"
        << std::string(std::min<std::size_t>(kWidth, ladder::columns(outline.title)), '=') << "\n";
    out << "Call-ID " << base::printable(kept(input, call.call->callId), false, 400) << "\n"
        << whenText(call.call->first);
    for (const std::string &figure : callFigures(input, call))
        out << " · " << figure;
    out << "\n";
    writeTextRelations(input, call, outline, out);
    out << "\n";
}

void writeVerdicts(const ReportInput &input, const ReportCall &call, std::ostream &out)
{
    const auto evidence = evidenceOf(input, call);
    bool head = false;
    for (std::uint32_t i = 0; i < call.call->earlyDialogs.size(); ++i) {
        const auto verdict = verdictOf(evidence, i);
        if (!verdict)
            continue;
        if (!head)
            out << "\nEarly media\n";
        head = true;
        const auto &tag = call.call->earlyDialogs[i].toTag;
        paragraph(out, fmt::format("  {} ", lightGlyph(verdict->light)),
                  fmt::format("{} (To-tag {})", kept(input, verdict->sentence),
                              tag.empty() ? "none" : tag));
        for (const diagnosis::VerdictFact &fact : verdict->facts)
            paragraph(out, fmt::format("      {} {:<14} ", lightGlyph(fact.light), fact.name),
                      kept(input, fact.value));
        for (const Recording &each : call.recordings)
            if (each.toTag == tag)
                out << fmt::format("      recorded ({}) in {}\n", each.direction,
                                   base::printable(each.file));
    }
}

template <class Place>
void writeFinding(const ReportInput &input, const diagnosis::Finding &finding, std::size_t number,
                  Place place, std::ostream &out)
{
    out << fmt::format("\n  {}. {} {} · {} · {}\n", number, severityGlyph(finding.severity),
                       diagnosis::severityText(finding.severity), finding.rule,
                       diagnosis::gradeText(finding.grade));
    paragraph(out, "     ", kept(input, finding.text));
    if (!finding.impact.empty())
        paragraph(out, "     Impact: ", kept(input, finding.impact));
    std::size_t count = 0;
    for (const diagnosis::EvidenceRef &ref : finding.evidence)
        paragraph(out, fmt::format("     [{}] ", ++count),
                  place(ref) + (ref.note.empty() ? "" : ": " + kept(input, ref.note)));
    for (const diagnosis::Fix &fix : finding.fixes)
        paragraph(out, "     Fix: ",
                  fix.party.empty() ? fix.text : fmt::format("{} ({})", fix.text, fix.party));
}

void writeJoined(const ReportInput &input, const ReportCall &call, const LegGroups &groups,
                 std::ostream &out)
{
    const auto links = groups.of(call);
    const auto whole = groups.together(input.trace, call, links);
    if (!whole)
        return;
    out << "\nTogether with its joined legs\n"
        << textLadder(outlineOf(input, *whole, ladderOptions(input)));
}

void writeCall(const ReportInput &input, const ReportCall &call, const LegGroups &groups,
               std::ostream &out)
{
    const auto outline = outlineOf(input, call, ladderOptions(input));
    writeHead(input, call, outline, out);
    out << textLadder(outline);
    writeJoined(input, call, groups, out);
    writeVerdicts(input, call, out);
    writeTextCodecs(input, call, outline, out);
    out << (call.findings.empty() ? "\nFindings: none\n" : "\nFindings\n");
    std::size_t number = 0;
    const auto place = [&](const diagnosis::EvidenceRef &ref) {
        return placeText(input, outline, ref);
    };
    for (const diagnosis::Finding &finding : call.findings)
        writeFinding(input, finding, ++number, place, out);
    out << "\n";
}

void write(const ReportInput &input, std::ostream &out)
{
    if (!input.title.empty())
        out << base::printable(kept(input, input.title)) << "\n\n";
    const LegGroups groups(input.calls);
    for (const ReportCall &call : input.calls)
        writeCall(input, call, groups, out);
    if (input.calls.empty())
        out << "No calls.\n";
    if (!input.loose.empty())
        out << "Messages of no call\n";
    std::size_t number = 0;
    const auto place = [&](const diagnosis::EvidenceRef &ref) {
        return loosePlaceText(input, ref.row);
    };
    for (const diagnosis::Finding &finding : input.loose)
        writeFinding(input, finding, ++number, place, out);
    writeTextTables(input, out);
    for (const std::string &note : input.notes)
        paragraph(out, "Note: ", kept(input, note));
}

} // namespace

extern const Format text;
const Format text{"text", "Text ladder", "txt", write};

} // namespace report::formats
