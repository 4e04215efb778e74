// SPDX-License-Identifier: Apache-2.0
// The columns of the call list. The first one is painted as a two-line card; the others stand in
// the wide list.
#include <array>
#include <base/text.h>
#include <base/told_time.h>
#include <ui/models/calls_model.h>
#include <ui/text.h>

namespace ui {
namespace {

using Row = CallRowView;

QString card(const Row &row) // also what a screen reader says
{
    QString out =
        row.facts.code == 0 ? QObject::tr("no answer yet") : QString::number(row.facts.code);
    out += QLatin1String(", ") + row.facts.parties + QLatin1String(", ") +
           durationText(row.facts.length) + QLatin1String(", ") + row.facts.second;
    return row.facts.live ? out + QObject::tr(", live") : out;
}

QString cardTip(const Row &row)
{
    QStringList news;
    for (const diagnosis::Finding &finding : row.view.findings)
        news << shown(finding.text);
    if (news.isEmpty())
        news << row.facts.second;
    return QObject::tr("%1\nfrom %2\nto %3\nCall-ID %4")
        .arg(news.join(QLatin1Char('\n')), shown(row.view.call->from), shown(row.view.call->to),
             shown(row.view.call->callId));
}

QString started(const Row &row)
{
    return QString::fromStdString(base::utcKnown(row.view.call->first));
}

QString code(const Row &row)
{
    return row.facts.code == 0 ? QString() : QString::number(row.facts.code);
}

QString findings(const Row &row)
{
    return QString::number(row.view.findings.size());
}

constexpr Qt::Alignment kLeft = Qt::AlignLeft | Qt::AlignVCenter;
constexpr Qt::Alignment kRight = Qt::AlignRight | Qt::AlignVCenter;

constexpr std::array<Column<Row>, 10> kColumns{{
    {"card", "Call", card, cardTip, kLeft},
    {"start", "Start", started, nullptr, kLeft},
    {"code", "Code", code, nullptr, kRight},
    {"from", "From", [](const Row &r) { return shown(r.view.call->from); }, nullptr, kLeft},
    {"to", "To", [](const Row &r) { return shown(r.view.call->to); }, nullptr, kLeft},
    {"length", "Length", [](const Row &r) { return durationText(r.facts.length); }, nullptr,
     kRight},
    {"early", "Early media",
     [](const Row &r) { return r.facts.early ? QObject::tr("yes") : QString(); }, nullptr, kLeft},
    {"rows", "Messages", [](const Row &r) { return QString::number(r.view.brief.rows); }, nullptr,
     kRight},
    {"findings", "Findings", findings, nullptr, kRight},
    {"call-id", "Call-ID", [](const Row &r) { return shown(r.view.call->callId); }, nullptr, kLeft},
}};

} // namespace

std::span<const Column<CallRowView>> callColumns()
{
    return kColumns;
}

} // namespace ui
