// SPDX-License-Identifier: Apache-2.0
// The time line of the flow that is chosen on the board.
#include <ui/panels/flow_board.h>

#include <algorithm>
#include <QTreeWidget>
#include <ui/text.h>

namespace ui {
namespace {

QString clockText(base::Instant time)
{
    return shown(base::utc(time)).section(QLatin1Char(' '), 1, 1).left(12);
}

bool isKeepAlive(const flows::FlowEvent &event)
{
    return event.what == flows::Happening::Ping || event.what == flows::Happening::Pong;
}

/// Keep-alives that follow each other are one line: a flow that lives has hundreds.
QTreeWidgetItem *lineOf(const std::vector<flows::FlowEvent> &events, std::size_t first,
                        std::size_t last)
{
    const flows::FlowEvent &newest = events[last];
    QString text = shown(newest.text);
    if (last - first > 1) {
        const auto pongs =
            std::count_if(events.begin() + static_cast<std::ptrdiff_t>(first),
                          events.begin() + static_cast<std::ptrdiff_t>(last) + 1,
                          [](const auto &event) { return event.what == flows::Happening::Pong; });
        const auto all = static_cast<std::ptrdiff_t>(last - first + 1);
        text = FlowBoard::tr("%1 and %2 since %3; the last: %4")
                   .arg(counted(static_cast<qulonglong>(all - pongs), FlowBoard::tr("ping"),
                                FlowBoard::tr("pings")),
                        counted(static_cast<qulonglong>(pongs), FlowBoard::tr("pong"),
                                FlowBoard::tr("pongs")),
                        clockText(events[first].time).left(8), text);
    }
    const QString code = newest.status == 0 ? QString() : QString::number(newest.status);
    if (!text.startsWith(code))
        text = code + QLatin1Char(' ') + text;
    auto *item = new QTreeWidgetItem({clockText(newest.time), text});
    item->setToolTip(1, plainTip(text));
    if (newest.row.valid())
        item->setData(0, Qt::UserRole, newest.row.value);
    return item;
}

} // namespace

void FlowBoard::showEvents()
{
    const FlowRow *row = chosen();
    const FlowPtr flow = row != nullptr ? row->seen : nullptr;
    const auto id = flow ? flow->id : flows::FlowId{};
    const std::size_t count = flow ? flow->events.size() : 0;
    const bool same =
        id == m_shownFlow && count == m_shownEvents && count < 256; // a full list moves on
    if (same)
        return;
    m_shownFlow = id;
    m_shownEvents = count;
    m_events->clear();
    if (!flow)
        return;
    // The wire and the engine tell of the same moment each by its own way, and not always in order.
    std::vector<flows::FlowEvent> events = flow->events;
    std::stable_sort(events.begin(), events.end(),
                     [](const auto &a, const auto &b) { return a.time < b.time; });
    for (std::size_t i = count; i-- > 0;) { // newest first
        const std::size_t last = i;
        while (isKeepAlive(events[last]) && i > 0 && isKeepAlive(events[i - 1]))
            --i;
        m_events->addTopLevelItem(lineOf(events, i, last));
    }
}

} // namespace ui
