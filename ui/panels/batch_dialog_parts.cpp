// SPDX-License-Identifier: Apache-2.0
// How the dialog that repeats calls is laid out.
#include <ui/panels/batch_dialog.h>

#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QSpinBox>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <ui/text.h>
#include <ui/theme/theme.h>
#include <ui/views/plot_view.h>

namespace ui {
namespace {

constexpr double kHangUp = 2, kCancel = 60; // seconds, as the command line has them

template <class Box>
void dress(Box *box, const char *name, const QString &spoken, double least, double most, double now)
{
    using Value = decltype(box->value());
    box->setObjectName(QString::fromLatin1(name));
    box->setAccessibleName(spoken);
    box->setToolTip(plainTip(spoken));
    box->setButtonSymbols(QAbstractSpinBox::NoButtons); // digits are typed, arrow keys work
    box->setRange(static_cast<Value>(least), static_cast<Value>(most));
    box->setValue(static_cast<Value>(now));
}

double secondsOr(base::Duration time, double otherwise)
{
    return time.count() > 0 ? base::toSeconds(time) : otherwise;
}

} // namespace

void BatchDialog::makeFields()
{
    dress(m_count, "batchCount", tr("How many calls, %1 at most").arg(desk::kMostBatchCalls), 1,
          desk::kMostBatchCalls, 10);
    dress(m_rate, "batchRate",
          tr("Calls a second, %1 at most").arg(desk::kMostBatchRate, 0, 'f', 0),
          desk::kLeastBatchRate, desk::kMostBatchRate, 1);
    dress(m_hangUp, "batchHangUp", tr("Seconds from the answer to our BYE"), 0.01, 3600,
          secondsOr(m_call.hangUpAfter, kHangUp));
    dress(m_cancelAfter, "batchCancelAfter",
          tr("Seconds from the INVITE to our CANCEL, where nobody answers"), 0.01, 3600,
          secondsOr(m_call.cancelAfter, kCancel));
    m_hangUp->setSuffix(tr(" s"));
    m_cancelAfter->setSuffix(tr(" s"));
    m_rate->setSuffix(tr(" /s"));
    m_text->setWordWrap(true);
    m_text->setText(tr("Calls %1 again and again, with all that the test-call bar and its details "
                       "say. A phone may ring each time: only do that to numbers that are yours "
                       "to test.")
                        .arg(shown(m_call.target)));
    m_summary->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_summary->setFont(m_theme.font(FontKind::Mono));
    m_summary->setProperty("mono", true);
    m_progress->setObjectName(QStringLiteral("batchProgress"));
    m_progress->setAccessibleName(tr("Calls that are over"));
    m_progress->setRange(0, 1);
    m_progress->setValue(0);
    m_progress->setFormat(tr("not begun"));
}

void BatchDialog::makeList()
{
    m_list->setObjectName(QStringLiteral("batchList"));
    m_list->setAccessibleName(tr("What became of each call"));
    m_list->setHeaderLabels({tr("Call"), tr("Code"), tr("PDD s"), tr("Cut-through s"),
                             tr("Answer s"), tr("Early media"), tr("MOS"), tr("Answer")});
    m_list->headerItem()->setToolTip(2, plainTip(tr("Post-dial delay: INVITE to the first 18x")));
    m_list->headerItem()->setToolTip(
        3, plainTip(tr("INVITE to the first RTP towards us before the answer")));
    m_list->headerItem()->setToolTip(6, plainTip(tr("Of what was heard, by the E-model")));
    m_list->setRootIsDecorated(false);
    m_list->setAllColumnsShowFocus(true);
    m_list->setUniformRowHeights(true);
    m_list->setTabKeyNavigation(false);
    m_list->setSortingEnabled(true);
    m_list->sortByColumn(0, Qt::AscendingOrder);
    m_list->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_list->header()->setStretchLastSection(true);
    connect(m_list, &QTreeWidget::itemActivated, this, &BatchDialog::showLadder);
    connect(m_plot, &PlotView::picked, this, [this](int number) {
        if (number >= 1 && static_cast<std::size_t>(number) <= m_items.size())
            m_list->setCurrentItem(m_items[static_cast<std::size_t>(number) - 1]);
    });
}

void BatchDialog::lay()
{
    const auto name = [](QPushButton *button, const char *objectName, const QString &tip) {
        button->setObjectName(QString::fromLatin1(objectName));
        button->setToolTip(plainTip(tip));
        button->setAutoDefault(false);
    };
    name(m_begin, "batchBegin", tr("Place the calls"));
    name(m_stop, "batchCancel", tr("Place no more and hang up those under way"));
    name(m_ladder, "batchLadder", tr("The chosen call's messages (Enter)"));
    name(m_csv, "batchCsv", tr("The table as CSV, for a spreadsheet"));
    name(m_json, "batchJson", tr("Table and summary as JSON"));
    name(m_svg, "batchSvg", tr("The plot as an SVG picture"));
    name(m_copy, "batchCopy", tr("The table as text, for a ticket or a mail"));
    name(m_close, "batchClose", tr("Close this; calls under way are hung up"));
    m_close->setDefault(true); // Enter places nothing
    m_begin->setProperty("accent", true);
    auto *fields = new QHBoxLayout;
    const auto add = [&](const QString &text, const char *labelName, QWidget *field) {
        QLabel *label = plainLabel(text, labelName, this);
        label->setBuddy(field);
        fields->addWidget(label);
        fields->addWidget(field);
    };
    add(tr("Ho&w many"), "batchCountLabel", m_count);
    add(tr("&Rate"), "batchRateLabel", m_rate);
    add(tr("&Hang up after"), "batchHangUpLabel", m_hangUp);
    add(tr("Cancel &after"), "batchCancelLabel", m_cancelAfter);
    fields->addStretch(1);
    fields->addWidget(m_begin);
    fields->addWidget(m_stop);
    auto *buttons = new QHBoxLayout;
    buttons->addWidget(m_ladder);
    buttons->addStretch(1);
    for (QPushButton *each : {m_csv, m_json, m_svg, m_copy, m_close})
        buttons->addWidget(each);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->setSpacing(8);
    layout->addWidget(m_text);
    layout->addLayout(fields);
    layout->addWidget(m_progress);
    layout->addWidget(m_list, 3);
    layout->addWidget(m_plot, 2);
    layout->addWidget(m_summary);
    layout->addLayout(buttons);
    orderTabs({m_count, m_rate, m_hangUp, m_cancelAfter, m_begin, m_stop, m_list, m_ladder, m_csv,
               m_json, m_svg, m_copy, m_close});
    resize(940, 620);
}

} // namespace ui
