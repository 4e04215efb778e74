// SPDX-License-Identifier: Apache-2.0
#include <report/page.h>

#include <algorithm>
#include <base/told_time.h>
#include <fmt/format.h>
#include <ostream>
#include <report/facts.h>
#include <report/markup.h>
#include <report/picture.h>
#include <utility>

namespace report {

namespace {

std::string safe(const ReportInput &input, std::string_view text)
{
    return escaped(kept(input, text));
}

std::string anchor(const PageCall &page, std::uint32_t row)
{
    return fmt::format("c{}-r{}", page.number, row);
}

/// A link to the ladder's row if it is there, else words.
std::string placeHtml(const ReportInput &input, const PageCall &page,
                      const diagnosis::EvidenceRef &ref)
{
    const std::string text = safe(input, placeText(input, page.outline, ref));
    const auto row = rowNumber(page.outline, ref);
    return row ? fmt::format("<a href=\"#{}\">{}</a>", anchor(page, *row), text) : text;
}

/// `place`: where a piece of evidence is found, as HTML.
template <class Place>
void writeEvidence(const ReportInput &input, std::span<const diagnosis::EvidenceRef> evidence,
                   const Place &place, std::ostream &out)
{
    std::size_t count = 0;
    for (const diagnosis::EvidenceRef &ref : evidence)
        out << fmt::format("<div class=\"small\">[{}] {}{}</div>\n", ++count, place(ref),
                           ref.note.empty() ? "" : ": " + safe(input, ref.note));
}

void writeFixes(const ReportInput &input, std::span<const diagnosis::Fix> fixes, std::ostream &out)
{
    if (fixes.empty())
        return;
    out << "<p><strong>How to fix</strong></p>\n<ol>";
    for (const diagnosis::Fix &fix : fixes) {
        const auto end = fix.text.find('\n'); // settings stand below the sentence
        out << fmt::format(
            "<li>{}{}{}</li>\n", safe(input, fix.text.substr(0, end)),
            fix.party.empty()
                ? ""
                : fmt::format(" <span class=\"muted\">({})</span>", safe(input, fix.party)),
            end == std::string::npos
                ? ""
                : fmt::format("<pre>{}</pre>", safe(input, fix.text.substr(end + 1))));
    }
    out << "</ol>\n";
}

template <class Place>
void writeFinding(const ReportInput &input, const diagnosis::Finding &finding, const Place &place,
                  std::ostream &out)
{
    const auto severity = diagnosis::severityText(finding.severity);
    out << fmt::format("<div class=\"finding {}\">\n<p><span class=\"kind\">{} {}</span> "
                       "<span class=\"muted small\">{} · {}</span></p>\n<p>{}</p>\n",
                       severity, severityGlyph(finding.severity), severity, escaped(finding.rule),
                       diagnosis::gradeText(finding.grade), safe(input, finding.text));
    if (!finding.impact.empty())
        out << fmt::format("<p><strong>Impact</strong> {}</p>\n", safe(input, finding.impact));
    writeEvidence(input, finding.evidence, place, out);
    writeFixes(input, finding.fixes, out);
    out << "</div>\n";
}

std::string_view lightClass(diagnosis::Light light)
{
    return light == diagnosis::Light::Green   ? "green"
           : light == diagnosis::Light::Amber ? "amber"
                                              : "red";
}

} // namespace

void writeSummary(const ReportInput &input, std::span<const PageCall> calls, std::ostream &out)
{
    out << "<section class=\"card\">\n<table>\n<tr><th>#</th><th>Started "
           "(UTC)</th><th>Call</th><th>Findings</th></tr>\n";
    for (const PageCall &page : calls)
        out << fmt::format("<tr><td>{0}</td><td class=\"time\">{1}</td><td><a "
                           "href=\"#c{0}\">{2}</a></td><td>{3}</td></tr>\n",
                           page.number, base::utcKnown(page.call.call->first),
                           escaped(page.outline.title), findingsText(page.call.findings));
    out << "</table>\n";
    if (calls.size() < input.calls.size())
        out << fmt::format("<p>{} more calls are not in this report.</p>\n",
                           input.calls.size() - calls.size());
    out << "</section>\n";
}

void writeLadder(const ReportInput &input, const PageCall &page, std::ostream &out)
{
    out << fmt::format("<h2>{}</h2>\n<p class=\"muted small\">Call-ID {}<br/>{}</p>\n<p>",
                       escaped(page.outline.title), safe(input, page.call.call->callId),
                       whenText(page.call.call->first));
    for (const std::string &figure : callFigures(input, page.call))
        out << fmt::format("<span class=\"chip\">{}</span>", escaped(figure));
    const auto scene = ladder::layout(page.outline, ladderOptions(input));
    const double height = drawnHeight(scene);
    out << fmt::format(
        "</p>\n<div class=\"ladder\">\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" "
        "height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\" role=\"img\" font-family=\"{2}\">\n",
        scene.width, height, kFontFamily);
    drawScene(out, scene, page.outline, fmt::format("c{}-r", page.number));
    out << "</svg>\n</div>\n";
}

void writeVerdicts(const ReportInput &input, const PageCall &page, std::ostream &out)
{
    const auto evidence = evidenceOf(input, page.call);
    bool head = false;
    for (std::uint32_t i = 0; i < page.call.call->earlyDialogs.size(); ++i) {
        const auto verdict = verdictOf(evidence, i);
        if (!verdict)
            continue;
        if (!head)
            out << "<h3>Early media</h3>\n";
        head = true;
        const auto &tag = page.call.call->earlyDialogs[i].toTag;
        out << fmt::format("<div class=\"verdict {}\">\n<p class=\"kind\">{} {}</p>\n"
                           "<p class=\"muted small\">To-tag {}</p>\n<table>\n",
                           lightClass(verdict->light), lightGlyph(verdict->light),
                           safe(input, verdict->sentence), tag.empty() ? "none" : safe(input, tag));
        for (const diagnosis::VerdictFact &fact : verdict->facts)
            out << fmt::format("<tr><td>{} {}</td><td>{}</td><td>{}</td></tr>\n",
                               lightGlyph(fact.light), safe(input, fact.name),
                               safe(input, fact.value),
                               fact.evidence.row.valid() || fact.evidence.stream.valid()
                                   ? placeHtml(input, page, fact.evidence)
                                   : "");
        out << "</table>\n</div>\n";
    }
}

void writeFindings(const ReportInput &input, const PageCall &page, std::ostream &out)
{
    out << "<h3>Findings</h3>\n";
    if (page.call.findings.empty())
        out << "<p class=\"muted\">None.</p>\n";
    const auto place = [&](const diagnosis::EvidenceRef &ref) {
        return placeHtml(input, page, ref);
    };
    for (const diagnosis::Finding &finding : page.call.findings)
        writeFinding(input, finding, place, out);
}

void writeLoose(const ReportInput &input, std::ostream &out)
{
    if (input.loose.empty())
        return;
    out << "<section class=\"card\">\n<h2>Messages of no call</h2>\n";
    const auto place = [&](const diagnosis::EvidenceRef &ref) {
        return safe(input, loosePlaceText(input, ref.row));
    };
    for (const diagnosis::Finding &finding : input.loose)
        writeFinding(input, finding, place, out);
    out << "</section>\n";
}

void writeExplanations(const ReportInput &input, const PageCall &page,
                       std::map<std::string, std::string> &articles, std::ostream &out)
{
    constexpr std::size_t kMost = 6;
    const auto evidence = evidenceOf(input, page.call);
    std::vector<int> told;
    for (const ladder::Step &step : page.outline.steps) {
        const bool matters = step.highlight || step.status >= 300;
        if (!matters || told.size() >= kMost ||
            std::find(told.begin(), told.end(), step.status) != told.end())
            continue;
        if (told.empty())
            out << "<h3>What happened here</h3>\n";
        told.push_back(step.status);
        const auto about = diagnosis::explain(evidence, {step.target.id}, page.call.findings);
        out << fmt::format(
            "<div class=\"explain {}\">\n<h4>{}</h4>\n<p class=\"muted small\">{}</p>\n<p>{}</p>\n",
            step.status >= 300 ? "warning" : "info", safe(input, about.title),
            safe(input, about.summary), safe(input, about.happened));
        for (const auto &[head, text] :
             {std::pair("Who acts", &about.actor), std::pair("By the RFC", &about.expected)})
            if (!text->empty())
                out << fmt::format("<p><strong>{}</strong> {}</p>\n", head, safe(input, *text));
        if (!about.impact.empty())
            out << fmt::format("<p><strong>Impact</strong> {}</p>\n", safe(input, about.impact));
        writeEvidence(
            input, about.evidence,
            [&](const diagnosis::EvidenceRef &ref) { return placeHtml(input, page, ref); }, out);
        writeFixes(input, about.fixes, out);
        out << "</div>\n";
        if (!about.article.empty())
            articles.emplace(about.title, about.article);
    }
}

void writeMessages(const ReportInput &input, const PageCall &page, std::ostream &out)
{
    constexpr std::size_t kMost = 2000;
    out << fmt::format("<h3>Messages</h3>\n<p class=\"muted small\">{}</p>\n",
                       input.redact ? "Credentials, keys and passwords are masked with ***."
                                    : "As captured, credentials and keys included.");
    std::size_t count = 0, left = 0;
    for (const ladder::Step &step : page.outline.steps) {
        if (step.target.kind != ladder::TargetKind::Row || step.kind == ladder::StepKind::KeepAlive)
            continue;
        if (++count > kMost) {
            ++left;
            continue;
        }
        const trace::RowId row{step.target.id};
        out << fmt::format("<details>\n<summary><a href=\"#{}\">{}</a> {} <strong>{}</strong> "
                           "<span class=\"muted\">{}</span></summary>\n",
                           anchor(page, step.number), step.number, escaped(step.when),
                           escaped(step.label), escaped(step.news));
        if (step.kind == ladder::StepKind::Message)
            out << fmt::format("<p class=\"small muted\">{}, {} → {} {}</p>\n<pre>{}</pre>\n",
                               whenText(step.time), input.trace.source(row).text(),
                               input.trace.destination(row).text(),
                               base::transportText(input.trace.row(row).transport),
                               escaped(kept(input, input.trace.text(row)), true));
        out << "</details>\n";
    }
    if (left > 0)
        out << fmt::format("<p>{} more messages are not printed.</p>\n", left);
}

} // namespace report
