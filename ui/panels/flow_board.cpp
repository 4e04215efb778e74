// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/flow_board.h>

#include <algorithm>
#include <QHeaderView>
#include <QLineEdit>
#include <QPainter>
#include <QPushButton>
#include <QSplitter>
#include <QStyledItemDelegate>
#include <QTreeView>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <ui/panels/elided_label.h>
#include <ui/text.h>

namespace ui {
namespace {

constexpr int kSparkWidth = 56;
constexpr int kScrollBar = 16;
constexpr int kLeastEvents = 30; // of a hundred of the width
constexpr int kLeastLines = 4;   // with the heads and a scroll bar
constexpr int kMostLines = 8;
constexpr std::size_t kFilterFrom = 9; // flows; fewer are seen at once

/// The round trips of the last pongs as a line beside the newest figure.
class SparkDelegate : public QStyledItemDelegate
{
public:
    SparkDelegate(FlowsModel &model, Theme &theme, QObject *parent)
        : QStyledItemDelegate(parent), m_model(model), m_theme(theme)
    {
    }
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        return QStyledItemDelegate::sizeHint(option, index) + QSize(kSparkWidth + 8, 0);
    }
    void paint(QPainter *painter, const QStyleOptionViewItem &option,
               const QModelIndex &index) const override
    {
        QStyledItemDelegate::paint(painter, option, index);
        const FlowRow *row = m_model.flowAt(index.row());
        if (row == nullptr || row->report.roundTrips.size() < 2)
            return;
        const auto &trips = row->report.roundTrips;
        const double most = std::max(
            1.0, static_cast<double>(std::max_element(trips.begin(), trips.end())->count()));
        const QRectF area(option.rect.right() - kSparkWidth - 4, option.rect.top() + 5, kSparkWidth,
                          option.rect.height() - 10);
        QPolygonF line;
        for (std::size_t i = 0; i < trips.size(); ++i)
            line << QPointF(area.left() + area.width() * static_cast<double>(i) /
                                              static_cast<double>(trips.size() - 1),
                            area.bottom() -
                                area.height() * static_cast<double>(trips[i].count()) / most);
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setPen(QPen(m_theme.tokens().colour(ladder::Role::Success), 1.5));
        painter->drawPolyline(line);
        painter->restore();
    }

private:
    FlowsModel &m_model;
    Theme &m_theme;
};

/// A state keeps its colour in the chosen line too.
class StateDelegate : public QStyledItemDelegate
{
public:
    using QStyledItemDelegate::QStyledItemDelegate;

protected:
    void initStyleOption(QStyleOptionViewItem *option, const QModelIndex &index) const override
    {
        QStyledItemDelegate::initStyleOption(option, index);
        const auto colour = index.data(Qt::ForegroundRole).value<QColor>();
        if (colour.isValid())
            option->palette.setColor(QPalette::HighlightedText, colour);
    }
};

void prepare(QTreeView &view)
{
    view.setRootIsDecorated(false);
    view.setAllColumnsShowFocus(true);
    view.setUniformRowHeights(true);
    view.setTabKeyNavigation(false);
}

QString reachOf(const desk::AccountInfo &info)
{
    const QString who = shown(info.account.aor);
    const auto clock = [](base::Instant time) {
        return shown(base::utc(time)).section(QLatin1Char(' '), 1, 1).left(8);
    };
    if (info.reachableSince.known())
        return FlowBoard::tr("Calls reach %1 since %2.").arg(who, clock(info.reachableSince));
    if (info.reachableUntil.known())
        return FlowBoard::tr("Since %2 no call reaches %1.").arg(who, clock(info.reachableUntil));
    return FlowBoard::tr("No flow of %1 is registered yet, so no call reaches it.").arg(who);
}

} // namespace

FlowBoard::FlowBoard(Store &store, Focus &focus, Theme &theme, QWidget *parent)
    : QWidget(parent), m_store(store), m_focus(focus), m_theme(theme),
      m_model(new FlowsModel(store, theme, this)), m_reach(new ElidedLabel("reach", this)),
      m_filter(new QLineEdit(this)), m_view(new QTreeView(this)), m_events(new QTreeWidget(this)),
      m_split(new QSplitter(Qt::Horizontal, this))
{
    setObjectName(QStringLiteral("flowBoard"));
    setAccessibleName(tr("Flow board"));
    setProperty("page", true);
    setAttribute(Qt::WA_StyledBackground);
    makeLists();
    makeButtons();
    lay();
    connect(&store, &Store::accountsChanged, this, &FlowBoard::refresh);
    connect(&store, &Store::flowsChanged, this, &FlowBoard::refresh);
    connect(&store, &Store::tlsSeen, this, &FlowBoard::refresh);
    connect(&theme, &Theme::changed, this, &FlowBoard::refresh);
    connect(&m_clock, &QTimer::timeout, this, &FlowBoard::refresh);
    m_clock.setInterval(1000); // ages and countdowns show whole seconds
    refresh();
}

void FlowBoard::makeLists()
{
    m_reach->setContentsMargins(8, 0, 8, 2);
    m_view->setObjectName(QStringLiteral("flowList"));
    m_view->setAccessibleName(tr("Flows"));
    m_view->setModel(m_model);
    prepare(*m_view);
    m_view->setContextMenuPolicy(Qt::CustomContextMenu);
    QHeaderView &head = *m_view->header();
    head.setSectionResizeMode(QHeaderView::ResizeToContents);
    head.setSortIndicator(-1, Qt::AscendingOrder); // as they appeared, until a title is pressed
    head.setSortIndicatorClearable(true);
    head.setToolTip(plainTip(tr("Press a title to sort by it; the third time as they appeared")));
    m_view->setSortingEnabled(true);
    m_view->setItemDelegateForColumn(kFlowStateColumn, new StateDelegate(this));
    m_view->setItemDelegateForColumn(kFlowPongColumn, new SparkDelegate(*m_model, m_theme, this));
    m_view->installEventFilter(this);
    m_events->setObjectName(QStringLiteral("flowEvents"));
    m_events->setAccessibleName(tr("What happened to the flow"));
    m_events->setHeaderLabels({tr("Time"), tr("What happened to it")});
    prepare(*m_events);
    m_events->header()->setSectionResizeMode(0, QHeaderView::ResizeToContents);
    m_filter->setObjectName(QStringLiteral("flowFilter"));
    m_filter->setAccessibleName(tr("Filter flows"));
    m_filter->setPlaceholderText(tr("Filter: failed, 10.9.1.2, bob"));
    m_filter->setToolTip(plainTip(tr("Flows that have all these words in some column")));
    m_filter->setClearButtonEnabled(true);
    m_filter->setMinimumWidth(90);
    m_filter->setMaximumWidth(260);
    m_filter->installEventFilter(this);
    connect(m_filter, &QLineEdit::textChanged, m_model, &FlowsModel::setFilter);
    connect(m_model, &QAbstractItemModel::modelReset, this, [this] {
        restoreChosen();
        describe();
    });
    connect(m_view, &QTreeView::activated, this, &FlowBoard::explain);
    connect(m_view, &QWidget::customContextMenuRequested, this, &FlowBoard::openMenu);
    connect(m_view->selectionModel(), &QItemSelectionModel::currentChanged, this,
            &FlowBoard::choose);
    connect(m_events, &QTreeWidget::itemActivated, this, [this](const QTreeWidgetItem *item) {
        diagnosis::EvidenceRef evidence;
        evidence.row = trace::RowId{item->data(0, Qt::UserRole).toUInt()};
        if (evidence.row.valid())
            m_focus.jump(evidence);
    });
}

QPushButton *FlowBoard::button(const QString &text, const char *name, void (FlowBoard::*pressed)())
{
    auto *out = new QPushButton(text, this);
    out->setObjectName(QString::fromLatin1(name));
    connect(out, &QPushButton::clicked, this, pressed);
    return out;
}

void FlowBoard::makeButtons()
{
    m_ping = button(tr("&Ping"), "flowPing", &FlowBoard::ping);
    m_ping->setToolTip(plainTip(tr("A keep-alive now; its answer shows that the flow lives (P)")));
    m_register = button(tr("Re-&register"), "flowRegister", &FlowBoard::registerAgain);
    m_register->setToolTip(plainTip(tr("A REGISTER now: over the same flow while it is up, else "
                                       "over a new one with the same reg-id (R)")));
    m_drop = button(tr("&Drop…"), "flowDrop", &FlowBoard::drop);
    m_drop->setToolTip(plainTip(tr("Closes the flow's connection and times how it recovers (D)")));
    m_explain = button(tr("E&xplain"), "flowExplain", &FlowBoard::explain);
    m_explain->setToolTip(plainTip(tr("What the last answer on this flow means (Enter)")));
    m_more = button(tr("&Tests…"), "flowTests", &FlowBoard::openTests);
    m_more->setToolTip(
        plainTip(tr("Drills, the silence that it survives, a call to our own address "
                    "(T)")));
    m_certificate = button(tr("&Certificate…"), "flowCertificate", &FlowBoard::showCertificate);
    m_certificate->setToolTip(plainTip(tr("What the edge's certificate says (C)")));
    m_off = button(tr("&Un-register"), "flowOff", &FlowBoard::unregister);
    m_off->setToolTip(plainTip(tr("Switches the whole account off: each of its flows takes its "
                                  "binding away and closes (U)")));
}

void FlowBoard::lay()
{
    auto *bar = new QHBoxLayout;
    bar->setContentsMargins(8, 4, 8, 4);
    bar->setSpacing(8);
    for (QPushButton *each :
         {m_ping, m_register, m_drop, m_explain, m_certificate, m_more, m_off}) {
        each->setMinimumWidth(40); // the smallest screen is narrower than their row
        bar->addWidget(each);
    }
    bar->addStretch(1);
    bar->addWidget(m_filter, 2);
    m_split->setObjectName(QStringLiteral("flowSplit"));
    m_split->addWidget(m_view);
    m_split->addWidget(m_events);
    m_split->setStretchFactor(0, 3);
    m_split->setStretchFactor(1, 2);
    m_split->setMinimumHeight((kLeastLines + 3) * fontMetrics().height());
    connect(m_split, &QSplitter::splitterMoved, this, [this] { m_shared = false; });
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(bar);
    layout->addWidget(m_reach);
    layout->addWidget(m_split, 1);
    setFocusProxy(m_view);
    orderTabs({m_view, m_ping, m_register, m_drop, m_explain, m_certificate, m_more, m_off,
               m_filter, m_events});
}

/// The list gets what its columns need, as long as the time line can be read beside it.
void FlowBoard::share()
{
    const int whole = m_split->width() - m_split->handleWidth();
    if (!m_shared || whole <= 0)
        return;
    const int needed = m_view->header()->length() + 2 * m_view->frameWidth() + kScrollBar;
    const int list = std::max(whole / 2, std::min(needed, whole - kLeastEvents * whole / 100));
    if (m_split->sizes().value(0) != list)
        m_split->setSizes({list, whole - list});
}

void FlowBoard::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    share();
}

/// Of a dock that is opened: eight flows are seen at once, more are scrolled to.
QSize FlowBoard::sizeHint() const
{
    const int lines = std::clamp(m_model->rowCount(), kLeastLines, kMostLines) - kLeastLines;
    return QWidget::minimumSizeHint() + QSize(0, lines * std::max(m_view->sizeHintForRow(0), 1));
}

void FlowBoard::refresh()
{
    m_model->refresh();
    if (m_model->rowCount() > 0 && !m_view->currentIndex().isValid())
        restoreChosen();
    describe();
    if (m_store.accounts().empty())
        m_clock.stop();
    else
        m_clock.start();
    choose();
    share();
}

/// What stands above the list, and which of its columns have something to tell.
void FlowBoard::describe()
{
    QStringList reach;
    for (const auto &[handle, info] : m_store.accounts())
        reach << reachOf(info);
    if (m_model->total() == 0 && m_store.accounts().empty())
        reach << tr("No flow is known: register an account, or open a capture with REGISTERs.");
    if (const QString tally = m_model->tally(); !tally.isEmpty())
        reach << tally;
    if (m_model->leftOut() > 0)
        reach
            << tr("%1 more are not listed.").arg(quantity(static_cast<double>(m_model->leftOut())));
    m_reach->setText(reach.join(QLatin1Char(' ')));
    m_reach->setVisible(!reach.isEmpty());
    m_filter->setVisible(m_model->total() >= kFilterFrom || !m_filter->text().isEmpty());
    const int count = m_model->columnCount();
    for (int column = kFlowStateColumn + 1; column < count; ++column)
        m_view->setColumnHidden(column, !m_model->tells(column));
}

/// The flow that was chosen stays chosen wherever it stands now.
void FlowBoard::restoreChosen()
{
    const int row = m_last ? m_model->rowOf(*m_last) : -1;
    if (m_model->rowCount() > 0)
        m_view->setCurrentIndex(m_model->index(std::max(row, 0), 0));
    m_view->scrollTo(m_view->currentIndex());
}

const FlowRow *FlowBoard::chosen() const
{
    return m_model->flowAt(m_view->currentIndex().row());
}

void FlowBoard::choose()
{
    const FlowRow *row = chosen();
    if (row != nullptr)
        m_last = *row;
    const bool ours = row != nullptr && row->ours();
    for (QPushButton *each : {m_register, m_drop, m_more, m_off})
        each->setEnabled(ours);
    m_ping->setEnabled(ours && base::isRegistered(row->report.state));
    m_drop->setEnabled(m_ping->isEnabled());
    m_explain->setEnabled(row != nullptr);
    m_certificate->setEnabled(ours && m_store.tlsOf(row->report.remote) != nullptr);
    m_certificate->setVisible(m_certificate->isEnabled()); // room for the others
    m_register->setText(registerText());
    showEvents();
}

/// While the flow is up, its REGISTER goes over it and replaces nothing.
QString FlowBoard::registerText() const
{
    const FlowRow *row = chosen();
    const bool up = row != nullptr && row->ours() && base::isRegistered(row->report.state);
    return up ? tr("&Refresh") : tr("Re-&register");
}

template <class Signal> void FlowBoard::ask(Signal signal)
{
    if (const FlowRow *row = chosen(); row != nullptr && row->ours())
        Q_EMIT(this->*signal)(row->account, row->report.regId);
}

/// A key cannot be greyed: what it cannot do is said.
bool FlowBoard::canAsk()
{
    const FlowRow *row = chosen();
    if (row == nullptr || !row->ours() || base::isRegistered(row->report.state))
        return true;
    Q_EMIT told(tr("Flow %1 is %2: it has no connection to ask anything of. R registers it again.")
                    .arg(row->report.regId)
                    .arg(row->word()));
    return false;
}

void FlowBoard::ping()
{
    if (canAsk())
        ask(&FlowBoard::pingWanted);
}

void FlowBoard::unregister()
{
    if (const FlowRow *row = chosen(); row != nullptr && row->ours())
        Q_EMIT unregisterWanted(row->account);
}

void FlowBoard::registerAgain()
{
    ask(&FlowBoard::reRegisterWanted);
}

void FlowBoard::drop()
{
    if (const FlowRow *row = chosen(); row != nullptr && row->ours() && canAsk())
        Q_EMIT drillWanted(row->account, row->report.regId, engine::Drill::Cut);
}

void FlowBoard::explain()
{
    const FlowRow *row = chosen();
    if (row == nullptr)
        return;
    if (row->ours()) {
        Q_EMIT explainWanted(row->report);
        return;
    }
    diagnosis::EvidenceRef evidence;
    evidence.row =
        row->seen->lastResponse.valid() ? row->seen->lastResponse : row->seen->lastRegister;
    if (evidence.row.valid())
        m_focus.jump(evidence);
}

} // namespace ui
