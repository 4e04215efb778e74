// SPDX-License-Identifier: Apache-2.0
// One page that stands alone: ladders, verdicts, findings, explanations, messages, flows. Opens
// offline, prints, and cannot run anything.
#include <report/format.h>

#include <algorithm>
#include <fmt/format.h>
#include <ostream>
#include <report/facts.h>
#include <report/markup.h>
#include <report/page.h>

namespace report::formats {

namespace {

constexpr std::size_t kMostCalls = 500;

void writeHead(const ReportInput &input, std::ostream &out)
{
    const std::string title = escaped(kept(input, input.title.empty() ? "Calls" : input.title));
    out << "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n"
           "<meta charset=\"utf-8\"/>\n"
           "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
           "'unsafe-inline'; "
           "base-uri 'none'; form-action 'none'\"/>\n"
           "<meta name=\"referrer\" content=\"no-referrer\"/>\n"
           "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
        << fmt::format(
               "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n<h1>{}</h1>\n",
               title, kStyleSheet, title);
    out << fmt::format("<p class=\"muted\">Report by Earshot{}</p>\n",
                       input.now.known() ? fmt::format(", state of {} UTC", base::utc(input.now))
                                         : "");
}

void writeArticles(const std::map<std::string, std::string> &articles, std::ostream &out)
{
    if (articles.empty())
        return;
    out << "<section class=\"card\">\n<h2>About these responses</h2>\n";
    for (const auto &[title, article] : articles)
        out << fmt::format("<details>\n<summary>{}</summary>\n{}</details>\n", escaped(title),
                           articleHtml(article));
    out << "</section>\n";
}

void write(const ReportInput &input, std::ostream &out)
{
    std::vector<PageCall> calls;
    const auto options = ladderOptions(input);
    for (const ReportCall &call : input.calls.first(std::min(kMostCalls, input.calls.size())))
        calls.push_back({call, calls.size() + 1, outlineOf(input, call, options)});
    writeHead(input, out);
    for (const std::string &note : input.notes)
        out << fmt::format("<p class=\"chip\">{}</p>\n", escaped(kept(input, note)));
    writeSummary(input, calls, out);
    std::map<std::string, std::string> articles;
    for (const PageCall &page : calls) {
        out << fmt::format("<section class=\"call\" id=\"c{}\">\n", page.number);
        writeLadder(input, page, out);
        writeRelations(input, page, out);
        writeVerdicts(input, page, out);
        writeOffers(input, page, out);
        writeFindings(input, page, out);
        writeExplanations(input, page, articles, out);
        writeMessages(input, page, out);
        out << "</section>\n";
    }
    writeLoose(input, out);
    writeTables(input, out);
    writeArticles(articles, out);
    out << "</main>\n</body>\n</html>\n";
}

} // namespace

extern const Format html;
const Format html{"html", "Report", "html", write};

} // namespace report::formats
