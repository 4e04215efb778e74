// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/ladder_pane.h>

#include <algorithm>
#include <QPushButton>
#include <QVBoxLayout>
#include <ui/later.h>
#include <ui/panels/call_header.h>
#include <ui/text.h>
#include <ui/views/ladder_view.h>
#include <unordered_set>

namespace ui {
namespace {

constexpr double kLane = 116;  // least room of a lane; wide windows spread them
constexpr double kNotes = 168; // badges beside the lanes
constexpr int kTipLines = 24;

} // namespace

LadderPane::LadderPane(Store &store, Focus &focus, Theme &theme, QWidget *parent)
    : QWidget(parent), m_store(store), m_focus(focus), m_maker(store.trace()),
      m_header(new CallHeader(store, theme, this)), m_view(new LadderView(theme, this))
{
    setObjectName(QStringLiteral("ladderPane"));
    m_options.laneWidth = kLane;
    m_options.noteWidth = kNotes;
    m_view->setEmptyText(
        tr("No call chosen. Place a test call, play a lab story or open a capture."));
    m_header->hide();
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_header);
    layout->addWidget(m_view, 1);
    setFocusProxy(m_view);
    connect(&m_maker, &SceneMaker::made, this, &LadderPane::display);
    connect(&store, &Store::callsTouched, this, &LadderPane::touch);
    connect(&store, &Store::flowsChanged, this, &LadderPane::relayout);
    connect(&store, &Store::namesChanged, this, &LadderPane::relayout);
    connect(m_view, &LadderView::widthChanged, this, &LadderPane::relayout);
    connect(m_view, &LadderView::keyTyped, this, &LadderPane::keyTyped);
    connect(m_view, &LadderView::activated, this, &LadderPane::opened);
    connect(m_view, &LadderView::dialogChosen, this, &LadderPane::listenWanted);
    connect(m_view, &LadderView::hovered, this, &LadderPane::fillTip);
    connect(m_header->certificate(), &QPushButton::clicked, this, &LadderPane::certificateWanted);
    connect(&store, &Store::tlsSeen, this, [this] {
        if (m_call)
            m_header->setCall(m_call);
    });
    connectFocus();
}

void LadderPane::connectFocus()
{
    connect(&m_focus, &Focus::callChanged, this, &LadderPane::take);
    connect(&m_focus, &Focus::passed, this, [this] {
        if (m_call)
            m_header->setCall(m_call);
    });
    connect(&m_focus, &Focus::targetChanged, this, [this](ladder::Target target) {
        m_view->mark(target, !m_taking || !m_call || m_call->live);
    });
    connect(&m_focus, &Focus::jumped, m_view, &LadderView::flash);
    connect(&m_focus, &Focus::jumped, this,
            [this] { m_jumped = m_call && m_shown != m_call->call.id(); });
    connect(m_view, &LadderView::selectionChanged, &m_focus, &Focus::showTarget);
}

void LadderPane::take(const CallPtr &call, bool)
{
    m_call = call;
    m_taking = true; // which row tells of it is not the user's choice
    later(this, {}, [this] { m_taking = false; });
    m_header->setVisible(call != nullptr);
    if (call)
        m_header->setCall(call);
    relayout();
}

void LadderPane::relayout()
{
    if (!m_call)
        return;
    m_options.viewWidth = m_view->layoutWidth();
    m_options.names = m_store.names();
    findLegs();
    ladder::Options options = m_options;
    if (!m_legs.empty())
        options.listen = false; // lanes of other calls are no forks of this one
    m_maker.request(m_call, m_store.flows(), options, m_legs);
}

ScenePtr LadderPane::wholeScene() const
{
    if (!m_call)
        return nullptr;
    ladder::Options options = m_options;
    options.viewWidth = 0;
    options.listen = false;
    return SceneMaker::layout(m_store.trace(), {m_call, m_store.flows(), options, m_legs});
}

/// What is joined to the call, and to those, each once.
void LadderPane::findLegs()
{
    constexpr std::size_t kMost = 32;
    m_legs.clear();
    if (!m_together)
        return;
    std::unordered_set<std::uint32_t> met{m_call->call.id().value};
    for (std::size_t next = 0; next <= m_legs.size(); ++next) {
        const CallPtr from = next == 0 ? m_call : m_legs[next - 1];
        for (const legs::Join &join : from->legs) {
            if (m_legs.size() >= kMost || !met.insert(join.call.value).second)
                continue;
            if (const CallPtr leg = m_store.call(join.call))
                m_legs.push_back(leg);
        }
    }
}

void LadderPane::touch(const std::vector<CallPtr> &touched)
{
    const auto shown = [&](const CallPtr &view) {
        return std::any_of(m_legs.begin(), m_legs.end(),
                           [&](const CallPtr &leg) { return leg->call.id() == view->call.id(); });
    };
    if (std::any_of(touched.begin(), touched.end(), shown))
        relayout();
}

void LadderPane::display(const CallPtr &view, const ScenePtr &scene)
{
    const bool fresh = view->call.id() != m_shown;
    m_shown = view->call.id();
    m_scene = scene;
    m_view->setScene(scene, fresh, view->live);
    if (fresh) {
        // A call that is over is read from its first request on.
        m_view->mark({ladder::TargetKind::Row, m_focus.row().value}, view->live || m_jumped);
        m_jumped = false;
    }
    revealWhenOver(view, fresh);
}

/// A live ladder stays at its end while the call lives; once it is over, the row that is explained
/// beside it comes into sight, unless the user went elsewhere.
void LadderPane::revealWhenOver(const CallPtr &view, bool fresh)
{
    using calls::State;
    const State state = view->call->state;
    const bool over = state == State::Ended || state == State::Failed || state == State::Cancelled;
    const bool justEnded = over && !(m_over && !fresh);
    m_over = over;
    if (!justEnded)
        return;
    // The answer to the BYE and the last media figures come a moment later.
    later(this, std::chrono::milliseconds(800), [this, id = view->call.id()] {
        if (m_shown == id && m_over && m_view->isFollowing())
            m_view->reveal({ladder::TargetKind::Row, m_focus.row().value});
    });
}

void LadderPane::nextTimeMode()
{
    using ladder::TimeMode;
    m_options.time = m_options.time == TimeMode::Delta        ? TimeMode::SinceStart
                     : m_options.time == TimeMode::SinceStart ? TimeMode::Absolute
                                                              : TimeMode::Delta;
    relayout();
}

void LadderPane::toggleRepeats()
{
    m_options.foldRepeats = !m_options.foldRepeats;
    relayout();
}

void LadderPane::toggleKeepAlives()
{
    m_options.foldKeepAlives = !m_options.foldKeepAlives;
    relayout();
}

void LadderPane::showLegs(bool together)
{
    m_together = together;
    relayout();
}

void LadderPane::setListening(std::uint32_t dialog, LaneButtons buttons)
{
    const bool played = buttons == LaneButtons::Play || buttons == LaneButtons::Stop;
    const std::string listen = toStd(buttons == LaneButtons::Listen ? tr("Listen")
                                     : played                       ? tr("Play")
                                                                    : tr("Show media"));
    const std::string heard = toStd(buttons == LaneButtons::Listen ? tr("Listening")
                                    : buttons == LaneButtons::Play ? tr("Play")
                                    : buttons == LaneButtons::Stop ? tr("Stop")
                                                                   : tr("Media shown"));
    if (m_options.listen && m_options.heard == dialog && m_options.listenText == listen &&
        m_options.heardText == heard)
        return;
    m_options.listen = true;
    m_options.heard = dialog;
    m_options.listenText = listen;
    m_options.heardText = heard;
    if (m_call && m_call->call->earlyDialogs.size() > 1)
        relayout();
}

QString LadderPane::laneTip(const ladder::Lane &lane) const
{
    QString tip = shown(titleOf(lane)) + QLatin1Char('\n') + shown(lane.address);
    if (m_call && m_legs.empty() && lane.dialog < m_call->call->earlyDialogs.size()) {
        tip += tr("\nTo-tag %1").arg(shown(m_call->call->earlyDialogs[lane.dialog].toTag));
        if (lane.winner)
            tip += tr("\nIts 2xx answered the call.");
    }
    return tip;
}

void LadderPane::fillTip(ladder::Target target, QString *tip) const
{
    using ladder::TargetKind;
    if (target.kind == TargetKind::Lane && m_scene && target.id < m_scene->lanes.size())
        *tip = laneTip(m_scene->lanes[target.id]);
    if (target.kind == TargetKind::Dialog)
        *tip = tr("The early media of this To-tag; Ctrl+Shift+L takes the next one");
    if (target.kind != TargetKind::Row || target.id >= m_store.trace().size())
        return;
    const trace::RowId row{target.id};
    if (const auto *local = m_store.trace().local(row)) {
        *tip = shownLines(local->sentence);
        return;
    }
    QStringList lines =
        shownLines(m_store.trace().text(row).substr(0, 4096)).split(QLatin1Char('\n'));
    if (lines.size() > kTipLines)
        lines = lines.mid(0, kTipLines) << QStringLiteral("...");
    *tip = lines.join(QLatin1Char('\n'));
}

} // namespace ui
