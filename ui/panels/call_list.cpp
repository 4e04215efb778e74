// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/call_list.h>

#include <QHeaderView>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPushButton>
#include <QTreeView>
#include <QVBoxLayout>
#include <ui/panels/call_card.h>
#include <ui/text.h>

namespace ui {

CallList::CallList(Store &store, Focus &focus, Theme &theme, QWidget *parent)
    : QWidget(parent), m_focus(focus), m_model(new CallsModel(store, this)),
      m_filter(new QLineEdit(this)), m_error(plainLabel({}, "filterError", this)),
      m_counts(plainLabel({}, "callCounts", this)), m_others(new QPushButton(this))
{
    setObjectName(QStringLiteral("callList"));
    m_filter->setObjectName(QStringLiteral("filter"));
    m_filter->setAccessibleName(tr("Filter calls"));
    m_filter->setPlaceholderText(tr("Filter: words, code:430, early:yes"));
    m_filter->setClearButtonEnabled(true);
    m_filter->installEventFilter(this);
    m_error->setWordWrap(true);
    m_error->hide();
    m_counts->setProperty("muted", true);
    m_others->setObjectName(QStringLiteral("showOthers"));
    m_others->setProperty("flat", true);
    m_others->setCheckable(true);
    makeView(theme);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    auto *top = new QVBoxLayout();
    top->setContentsMargins(8, 8, 8, 8);
    top->addWidget(m_filter);
    top->addWidget(m_error);
    layout->addLayout(top);
    layout->addWidget(m_view, 1);
    auto *bottom = new QHBoxLayout();
    bottom->setContentsMargins(10, 4, 4, 4);
    bottom->addWidget(m_counts, 1);
    bottom->addWidget(m_others);
    layout->addLayout(bottom);
    connect(m_filter, &QLineEdit::textChanged, this, &CallList::applyFilter);
    connect(m_others, &QPushButton::toggled, m_model, &CallsModel::setShowOthers);
    connect(m_model, &CallsModel::countsChanged, this, &CallList::applyCounts);
    connect(m_model, &CallsModel::countsChanged, this, &CallList::followFocus);
    connect(&focus, &Focus::callChanged, this, &CallList::followFocus);
    connect(&m_clock, &QTimer::timeout, m_view->viewport(),
            [this] { m_view->viewport()->update(); });
    m_clock.start(1000);
    applyCounts();
}

void CallList::makeView(Theme &theme)
{
    m_view = new QTreeView(this);
    m_view->setObjectName(QStringLiteral("calls"));
    m_view->setAccessibleName(tr("Calls"));
    m_view->setModel(m_model);
    m_view->setUniformRowHeights(true);
    m_view->setRootIsDecorated(false);
    m_view->setItemsExpandable(false);
    m_view->setAllColumnsShowFocus(true);
    m_view->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    m_view->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_view->setSelectionMode(QAbstractItemView::SingleSelection);
    m_view->setItemDelegateForColumn(0, new CallCard(*m_model, theme, m_view));
    m_view->setTabKeyNavigation(false);
    m_view->installEventFilter(this);
    setWide(false);
    connect(m_view->selectionModel(), &QItemSelectionModel::currentChanged, this,
            &CallList::choose);
    connect(m_view, &QTreeView::activated, this, &CallList::opened);
    connect(&theme, &Theme::changed, m_view, [this] {
        m_view->doItemsLayout(); // row heights follow the zoom
        m_view->viewport()->update();
    });
}

void CallList::setWide(bool wide)
{
    m_view->setHeaderHidden(!wide);
    for (int column = 1; column < m_model->columnCount(); ++column)
        m_view->setColumnHidden(column, !wide);
    m_view->setHorizontalScrollBarPolicy(wide ? Qt::ScrollBarAsNeeded : Qt::ScrollBarAlwaysOff);
    // Alone, the cards take the width there is; beside the columns they keep theirs.
    m_view->header()->setStretchLastSection(wide);
    m_view->header()->setSectionResizeMode(0,
                                           wide ? QHeaderView::Interactive : QHeaderView::Stretch);
    if (wide)
        m_view->header()->resizeSection(0, 280);
}

void CallList::focusFilter()
{
    m_filter->setFocus(Qt::ShortcutFocusReason);
    m_filter->selectAll();
}

void CallList::filter(const QString &words)
{
    m_filter->setText(words);
    m_view->setFocus(Qt::ShortcutFocusReason);
}

void CallList::applyFilter()
{
    auto filter = session::Filter::parse(toStd(m_filter->text()));
    m_error->setVisible(!filter.has_value());
    if (!filter) { // the last valid result stays
        m_error->setText(shown(filter.error().sentence));
        return;
    }
    m_model->setFilter(*filter);
    followFocus();
}

QString CallList::countsText() const
{
    if (m_model->busy())
        return tr("Filtering...");
    const int total = m_model->total(), calls = m_model->totalCalls();
    if (m_model->filtered())
        return m_model->rowCount() == 0
                   ? tr("None of %1 matches").arg(quantity(total))
                   : tr("%1 of %2").arg(quantity(m_model->rowCount()), quantity(total));
    if (total == 0)
        return tr("No calls yet");
    QStringList words;
    if (calls > 0)
        words << quantity(calls) + QLatin1Char(' ') + (calls == 1 ? tr("call") : tr("calls"));
    if (total > calls)
        words << quantity(total - calls) + QLatin1Char(' ') +
                     (total - calls == 1 ? tr("other") : tr("others"));
    return words.join(QLatin1String(", "));
}

void CallList::applyCounts()
{
    const int hidden = m_model->hiddenOthers();
    m_counts->setText(countsText());
    m_others->setVisible(hidden > 0 || m_model->showsOthers());
    m_others->setText(m_model->showsOthers() ? tr("Hide other traffic")
                      : hidden == 1          ? tr("+ 1 other")
                                             : tr("+ %1 others").arg(hidden));
    m_others->setAccessibleName(m_model->showsOthers()
                                    ? tr("Hide registrations and other traffic")
                                    : tr("Show %1 registrations and other traffic").arg(hidden));
}

void CallList::followFocus()
{
    const int row = m_focus.call() ? m_model->rowOf(m_focus.call()->call.id()) : -1;
    if (row < 0 || m_view->currentIndex().row() == row)
        return;
    m_following = true;
    m_view->setCurrentIndex(m_model->index(row, 0));
    m_following = false;
}

void CallList::choose(const QModelIndex &index)
{
    const CallPtr view = m_model->callAt(index.row());
    if (view && !m_following && index.isValid())
        m_focus.showCall(view->call.id());
}

bool CallList::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() != QEvent::KeyPress)
        return QWidget::eventFilter(watched, event);
    const auto *key = static_cast<QKeyEvent *>(event);
    if (watched == m_filter && (key->key() == Qt::Key_Escape || key->key() == Qt::Key_Down)) {
        if (key->key() == Qt::Key_Escape)
            m_filter->clear();
        m_view->setFocus(Qt::ShortcutFocusReason);
        return true;
    }
    if (watched == m_view && key->modifiers() == Qt::NoModifier &&
        (key->key() == Qt::Key_J || key->key() == Qt::Key_K)) {
        const int step = key->key() == Qt::Key_J ? 1 : -1;
        const QModelIndex next = m_model->index(m_view->currentIndex().row() + step, 0);
        if (next.isValid())
            m_view->setCurrentIndex(next);
        return true;
    }
    const QString text = key->text();
    if (watched == m_view && !text.isEmpty() && text.at(0).isPrint() &&
        !(key->modifiers() & ~Qt::ShiftModifier)) {
        Q_EMIT keyTyped(text); // commands, not QTreeView's search by typing
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace ui
