// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/findings_panel.h>

#include <algorithm>
#include <QHeaderView>
#include <QStyledItemDelegate>
#include <QTreeView>
#include <QVBoxLayout>
#include <ui/text.h>

namespace ui {
namespace {

constexpr int kNarrow = 400; // pixels
constexpr int kSentence = 1; // the column that takes the width there is

/// A finding is a sentence: it takes the lines it needs in the width there is.
class WholeSentence : public QStyledItemDelegate
{
public:
    explicit WholeSentence(QTreeView *view) : QStyledItemDelegate(view), m_view(view) {}
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        const QSize one = QStyledItemDelegate::sizeHint(option, index);
        const int room = m_view->columnWidth(index.column()) - kPadding;
        const QRect whole =
            QFontMetrics(option.font)
                .boundingRect(QRect(0, 0, std::max(room, kLeast), kHighest), Qt::TextWordWrap,
                              index.data(Qt::DisplayRole).toString());
        return {one.width(), std::max(one.height(), whole.height() + kPadding)};
    }

private:
    static constexpr int kPadding = 12, kLeast = 60, kHighest = 2000;
    QTreeView *m_view;
};

/// The sentence comes first: what stands in it as well makes room, and its lines follow its width.
void giveTheSentenceRoom(QTreeView &view)
{
    QObject::connect(view.header(), &QHeaderView::geometriesChanged, &view, [&view] {
        const bool narrow = view.width() < kNarrow;
        for (int column = kSentence + 1; column < view.model()->columnCount(); ++column)
            view.setColumnHidden(column, narrow);
    });
    QObject::connect(
        view.header(), &QHeaderView::sectionResized, &view,
        [&view](int column) {
            if (column == kSentence)
                view.doItemsLayout();
        },
        Qt::QueuedConnection);
}

} // namespace

FindingsPanel::FindingsPanel(Focus &focus, QWidget *parent)
    : QWidget(parent), m_focus(focus), m_model(new FindingsModel(this)),
      m_view(new QTreeView(this)),
      m_empty(plainLabel(tr("Nothing found so far. Rules are run again as messages and RTP come."),
                         "noFindings", this))
{
    setObjectName(QStringLiteral("findings"));
    setProperty("page", true);
    setAttribute(Qt::WA_StyledBackground);
    m_view->setObjectName(QStringLiteral("findingsList"));
    m_view->setAccessibleName(tr("Findings"));
    m_view->setModel(m_model);
    m_view->setRootIsDecorated(false);
    m_view->setWordWrap(true);
    m_view->setItemDelegateForColumn(kSentence, new WholeSentence(m_view));
    m_view->setAllColumnsShowFocus(true);
    m_view->setTabKeyNavigation(false);
    m_view->header()->setStretchLastSection(false);
    m_view->header()->setSectionResizeMode(QHeaderView::ResizeToContents);
    m_view->header()->setSectionResizeMode(kSentence, QHeaderView::Stretch);
    giveTheSentenceRoom(*m_view);
    m_empty->setWordWrap(true);
    m_empty->setMargin(16);
    m_empty->setProperty("muted", true);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_empty);
    layout->addWidget(m_view, 1);
    connect(m_view, &QTreeView::clicked, this, &FindingsPanel::choose);
    connect(m_view, &QTreeView::activated, this, &FindingsPanel::choose);
    connect(&focus, &Focus::callChanged, this, [this](const CallPtr &call) {
        m_model->setCall(call);
        m_empty->setText(call && call->live && goesOn(*call)
                             ? tr("Nothing found so far. The rules are run again as messages and "
                                  "RTP come.")
                             : tr("Nothing was found about this call."));
        m_empty->setVisible(m_model->rowCount() == 0);
        m_view->setVisible(m_model->rowCount() > 0);
    });
    m_view->hide();
}

void FindingsPanel::choose(const QModelIndex &index)
{
    const auto *finding = m_model->findingAt(index.row());
    if (finding == nullptr || finding->evidence.empty())
        return;
    m_focus.jump(finding->evidence.front());
}

} // namespace ui
