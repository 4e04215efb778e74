// SPDX-License-Identifier: Apache-2.0
#include <ui/panels/ladder_pane.h>

#include <QVBoxLayout>
#include <ui/later.h>
#include <ui/panels/call_header.h>
#include <ui/text.h>
#include <ui/views/ladder_view.h>

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
    connect(&store, &Store::flowsChanged, this, &LadderPane::relayout);
    connect(&store, &Store::namesChanged, this, &LadderPane::relayout);
    connect(m_view, &LadderView::widthChanged, this, &LadderPane::relayout);
    connect(m_view, &LadderView::keyTyped, this, &LadderPane::keyTyped);
    connect(m_view, &LadderView::activated, this, &LadderPane::opened);
    connect(m_view, &LadderView::hovered, this, &LadderPane::fillTip);
    connectFocus();
}

void LadderPane::connectFocus()
{
    connect(&m_focus, &Focus::callChanged, this, &LadderPane::take);
    connect(&m_focus, &Focus::targetChanged, m_view, &LadderView::mark);
    connect(&m_focus, &Focus::jumped, m_view, &LadderView::flash);
    connect(m_view, &LadderView::selectionChanged, &m_focus, &Focus::showTarget);
}

void LadderPane::take(const CallPtr &call, bool)
{
    m_call = call;
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
    m_maker.request(m_call, m_store.flows(), m_options);
}

void LadderPane::display(const CallPtr &view, const ScenePtr &scene)
{
    const bool fresh = view->call.id() != m_shown;
    m_shown = view->call.id();
    m_scene = scene;
    m_view->setScene(scene, fresh, view->live);
    if (fresh)
        m_view->mark({ladder::TargetKind::Row, m_focus.row().value});
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

void LadderPane::fillTip(ladder::Target target, QString *tip) const
{
    using ladder::TargetKind;
    if (target.kind == TargetKind::Lane && m_scene && target.id < m_scene->lanes.size()) {
        const auto &lane = m_scene->lanes[target.id];
        *tip = shown(lane.name) + QLatin1Char('\n') + shown(lane.address);
    }
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
