// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/ears_panel.h>

#include <QHeaderView>
#include <QKeyEvent>
#include <QLabel>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <ui/replay.h>
#include <ui/text.h>

namespace ui {
namespace {

enum Column { kWho, kHears, kWhy, kEarColumns };
constexpr int kPlace = Qt::UserRole, kAt = Qt::UserRole + 1;

QString hears(const diagnosis::EarSwitch &change, const calls::Call &call)
{
    QString text = shown(std::string(diagnosis::hearsText(change.what)));
    if (change.trap)
        text = EarsPanel::tr("dead air");
    const bool several = call.earlyDialogs.size() > 1;
    if (several && change.dialog < call.earlyDialogs.size())
        text += EarsPanel::tr(" (early dialog %1)").arg(change.dialog + 1);
    return text;
}

/// "+1.234 s" since the INVITE.
QString since(base::Duration elapsed)
{
    return QStringLiteral("+%1 s").arg(base::toSeconds(elapsed), 0, 'f', 3);
}

QString keyOf(const std::vector<diagnosis::EarSwitch> &changes)
{
    QString key;
    for (const auto &change : changes)
        key += QStringLiteral("%1/%2/%3/%4;")
                   .arg(change.at.ns)
                   .arg(static_cast<int>(change.what))
                   .arg(change.dialog)
                   .arg(change.trap ? 1 : 0);
    return key;
}

} // namespace

EarsPanel::EarsPanel(Store &store, Focus &focus, QWidget *parent)
    : QWidget(parent), m_store(store), m_focus(focus), m_empty(plainLabel({}, "noEars", this)),
      m_tree(new QTreeWidget(this))
{
    setObjectName(QStringLiteral("ears"));
    setAccessibleName(tr("Who hears what"));
    setProperty("page", true);
    setAttribute(Qt::WA_StyledBackground);
    m_empty->setWordWrap(true);
    m_empty->setMargin(16);
    m_empty->setProperty("muted", true);
    m_empty->setText(
        tr("What different phones play before the answer shows here, once a call has a "
           "provisional response."));
    m_tree->setObjectName(QStringLiteral("earsTree"));
    m_tree->setAccessibleName(tr("What each phone plays before the answer"));
    m_tree->setColumnCount(kEarColumns);
    m_tree->setHeaderLabels({tr("Phone"), tr("Hears"), tr("Why")});
    m_tree->setAllColumnsShowFocus(true);
    m_tree->setTabKeyNavigation(false);
    m_tree->setUniformRowHeights(true);
    m_tree->header()->setStretchLastSection(true);
    m_tree->header()->setSectionResizeMode(kWho, QHeaderView::ResizeToContents);
    m_tree->header()->setSectionResizeMode(kHears, QHeaderView::ResizeToContents);
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_empty);
    layout->addWidget(m_tree, 1);
    layout->addLayout(makeControls()); // beside it: the panel is low
    setFocusProxy(m_tree);
    m_tree->hide();
    connect(m_tree, &QTreeWidget::itemClicked, this,
            [this](QTreeWidgetItem *item) { choose(item); });
    connect(m_tree, &QTreeWidget::itemActivated, this,
            [this](QTreeWidgetItem *item) { choose(item); });
    connect(m_tree, &QTreeWidget::currentItemChanged, this, &EarsPanel::played);
    connect(&focus, &Focus::callChanged, this, &EarsPanel::refresh);
    connect(&Replay::of(store), &Replay::changed, this, &EarsPanel::played);
    connect(&Replay::of(store), &Replay::moved, this, &EarsPanel::moved);
    played();
}

QLayout *EarsPanel::makeControls()
{
    m_play = new QPushButton(tr("Play"), this);
    m_play->setObjectName(QStringLiteral("earsPlay"));
    connect(m_play, &QPushButton::clicked, this, &EarsPanel::togglePlay);
    m_told = plainLabel({}, "earsTold", this);
    m_told->setProperty("muted", true);
    m_tree->installEventFilter(this);
    constexpr int kControls = 150; // pixels
    m_told->setWordWrap(true);
    m_told->setFixedWidth(kControls);
    auto *controls = new QVBoxLayout();
    controls->setContentsMargins(0, 6, 8, 6);
    controls->setSpacing(4);
    controls->addWidget(m_play);
    controls->addWidget(m_told);
    controls->addStretch(1);
    return controls;
}

/// Space in the tree, which takes it for a choice else.
bool EarsPanel::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::KeyPress &&
        static_cast<QKeyEvent *>(event)->key() == Qt::Key_Space) {
        togglePlay();
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

int EarsPanel::phoneOf(const QTreeWidgetItem *item) const
{
    while (item != nullptr && item->parent() != nullptr)
        item = item->parent();
    return item == nullptr ? -1 : m_tree->indexOfTopLevelItem(const_cast<QTreeWidgetItem *>(item));
}

/// The chosen phone; from the chosen change on, or the whole call.
void EarsPanel::togglePlay()
{
    const CallPtr view = m_focus.call();
    const int phone = std::max(0, phoneOf(m_tree->currentItem()));
    const auto policies = diagnosis::earPolicies();
    if (!view || static_cast<std::size_t>(phone) >= policies.size())
        return;
    const Replay::What what{view->call.id(), {}, policies[static_cast<std::size_t>(phone)]};
    const auto *item = m_tree->currentItem();
    base::Instant from;
    if (item != nullptr && item->parent() != nullptr)
        from.ns = item->data(kWho, kAt).toLongLong();
    Replay::of(m_store).toggle(what, from);
}

void EarsPanel::played()
{
    const Replay::What *what = Replay::of(m_store).playing();
    const CallPtr view = m_focus.call();
    const bool ours = what != nullptr && what->ear && view && what->call == view->call.id();
    const auto policies = diagnosis::earPolicies();
    const int phone = std::max(0, phoneOf(m_tree->currentItem()));
    const auto chosen = policies[static_cast<std::size_t>(phone) % policies.size()];
    const QString name = shown(std::string(diagnosis::policyText(chosen)));
    const bool playing = ours && *what->ear == chosen;
    m_play->setText(playing ? tr("Stop") : tr("Play"));
    m_play->setAccessibleName(playing ? tr("Stop playing")
                                      : tr("Play what the caller hears with %1").arg(name));
    m_told->setText(
        ours ? tr("Playing what the caller hears with %1.")
                   .arg(shown(std::string(diagnosis::policyText(*what->ear))))
             : tr("Space plays what the caller hears with %1, its own ringback too.").arg(name));
    if (!ours)
        moved({});
}

/// Marks what is heard now.
void EarsPanel::moved(base::Instant at)
{
    const Replay::What *what = Replay::of(m_store).playing();
    const CallPtr view = m_focus.call();
    QTreeWidgetItem *now = nullptr;
    if (at.known() && what != nullptr && what->ear && view && what->call == view->call.id()) {
        const auto *phone = m_tree->topLevelItem(static_cast<int>(*what->ear));
        for (int i = 0; phone != nullptr && i < phone->childCount(); ++i)
            if (phone->child(i)->data(kWho, kAt).toLongLong() <= at.ns)
                now = phone->child(i);
    }
    if (now == m_sounding)
        return;
    for (QTreeWidgetItem *item : {m_sounding, now}) {
        if (item == nullptr)
            continue;
        QFont font = m_tree->font();
        font.setBold(item == now);
        for (int column = 0; column < kEarColumns; ++column)
            item->setFont(column, font);
    }
    m_sounding = now;
}

void EarsPanel::showEvent(QShowEvent *event)
{
    refresh();
    QWidget::showEvent(event);
}

void EarsPanel::refresh()
{
    if (!isVisible())
        return; // worked out when somebody looks
    const CallPtr view = m_focus.call();
    std::vector<diagnosis::EarEvent> events;
    if (view && view->call->kind == calls::Kind::Call)
        events = diagnosis::earEvents(m_store.evidence(*view));
    m_empty->setVisible(events.empty());
    m_tree->setVisible(!events.empty());
    m_play->setVisible(!events.empty());
    m_told->setVisible(!events.empty());
    played();
    if (!events.empty())
        fill(m_store.evidence(*view), events);
}

void EarsPanel::fill(const diagnosis::Evidence &evidence,
                     const std::vector<diagnosis::EarEvent> &events)
{
    QString key = QString::number(evidence.call.id.value);
    std::vector<std::vector<diagnosis::EarSwitch>> all;
    for (const auto policy : diagnosis::earPolicies()) {
        all.push_back(diagnosis::hearBy(policy, events, evidence.now));
        key += keyOf(all.back()) + QLatin1Char('|');
    }
    if (key == m_shown)
        return;
    m_shown = key;
    m_sounding = nullptr;
    m_tree->clear();
    m_places.clear();
    const base::Instant start =
        evidence.call.invite.valid() ? evidence.time(evidence.call.invite) : evidence.call.first;
    std::size_t number = 0;
    for (const auto policy : diagnosis::earPolicies()) {
        const auto &changes = all[number++];
        QStringList course;
        auto *phone = new QTreeWidgetItem(m_tree);
        for (const auto &change : changes) {
            const QString what = hears(change, evidence.call);
            course << what;
            auto *item = new QTreeWidgetItem(phone);
            item->setText(kWho, since(change.at - start));
            item->setText(kHears, what);
            item->setText(kWhy, shown(change.why));
            item->setData(kWho, kAt, QVariant::fromValue<qlonglong>(change.at.ns));
            item->setData(kWho, kPlace, static_cast<int>(m_places.size()));
            diagnosis::EvidenceRef place;
            place.row = change.row;
            if (!place.row.valid())
                place.stream = change.stream;
            m_places.push_back(place);
        }
        phone->setText(kWho, shown(std::string(diagnosis::policyText(policy))));
        phone->setText(kHears,
                       course.isEmpty() ? tr("nothing") : course.join(QStringLiteral(" → ")));
        const double silent = base::toSeconds(diagnosis::silentFor(changes, evidence.now));
        phone->setText(kWhy, silent < 0.05 ? tr("never silent while it waits")
                             : evidence.call.answered.known()
                                 ? tr("%1 s of silence before the answer").arg(silent, 0, 'f', 1)
                                 : tr("%1 s of silence, no answer").arg(silent, 0, 'f', 1));
    }
    if (auto *first = m_tree->topLevelItem(0))
        first->setExpanded(true);
}

void EarsPanel::choose(QTreeWidgetItem *item)
{
    const QVariant place = item->data(kWho, kPlace);
    if (!place.isValid())
        return;
    const auto index = static_cast<std::size_t>(place.toInt());
    if (index < m_places.size() && (m_places[index].row.valid() || m_places[index].stream.valid()))
        m_focus.jump(m_places[index]);
}

} // namespace ui
