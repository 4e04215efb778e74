// SPDX-License-Identifier: Apache-2.0
#include <report/page.h>

#include <fmt/format.h>
#include <ostream>
#include <report/markup.h>
#include <report/offers.h>

namespace report {

void writeOffers(const ReportInput &input, const PageCall &page, std::ostream &out)
{
    const Offers offers = offersOf(input, page.call, page.outline);
    if (offers.tables.empty())
        return;
    out << "<div class=\"card\">\n<h3>Offer/answer</h3>\n";
    bool foreign = false;
    for (const OfferTable &table : offers.tables) {
        out << fmt::format("<p><strong>{}</strong><br/>Offered {}<br/>Answered {}</p>\n",
                           escaped(table.title), escaped(table.offered), escaped(table.answered));
        out << "<table>\n<tr>";
        for (const std::string_view column : kOfferColumns)
            out << "<th>" << column << "</th>";
        out << "</tr>\n";
        for (const auto &cells : table.codecs) {
            out << "<tr>";
            for (const std::string &cell : cells)
                out << "<td>" << escaped(cell) << "</td>";
            out << "</tr>\n";
        }
        out << "</table>\n";
        foreign |= table.foreign;
    }
    if (foreign)
        out << "<p class=\"muted\">! packets that their receiver had not asked for</p>\n";
    for (const std::string &change : offers.changes)
        out << fmt::format("<p>{}</p>\n", escaped(change));
    out << "</div>\n";
}

} // namespace report
