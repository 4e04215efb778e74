// SPDX-License-Identifier: Apache-2.0
// The columns of the findings list.
#include <array>
#include <ui/models/findings_model.h>
#include <ui/text.h>

namespace ui {
namespace {

using Row = FindingRow;

QString severity(const Row &row)
{
    static constexpr std::array<const char16_t *, 3> kGlyphs{u"i", u"~", u"!"};
    const auto index = static_cast<std::size_t>(row.finding.severity);
    return QString::fromUtf16(kGlyphs[index]) + QLatin1Char(' ') +
           shown(diagnosis::severityText(row.finding.severity));
}

QString tip(const Row &row)
{
    return shown(row.finding.rule) + QLatin1Char('\n') + shown(row.finding.text) +
           QLatin1Char('\n') + shown(row.finding.impact);
}

QString message(const Row &row)
{
    if (row.finding.evidence.empty() || !row.finding.evidence.front().row.valid())
        return {};
    const auto wanted = row.finding.evidence.front().row;
    const auto &rows = row.view.call->rows;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].row == wanted)
            return QString::number(i + 1);
    }
    return {};
}

constexpr Qt::Alignment kLeft = Qt::AlignLeft | Qt::AlignVCenter;

constexpr std::array<Column<Row>, 4> kColumns{{
    {"severity", "Severity", severity, tip, kLeft},
    {"text", "Finding", [](const Row &r) { return shown(r.finding.text); }, tip, kLeft},
    {"message", "Row", message, nullptr, kLeft},
    {"grade", "Grade", [](const Row &r) { return shown(diagnosis::gradeText(r.finding.grade)); },
     nullptr, kLeft},
}};

} // namespace

std::span<const Column<FindingRow>> findingColumns()
{
    return kColumns;
}

} // namespace ui
