// SPDX-License-Identifier: Apache-2.0
#include <ui/replay.h>

#include <algorithm>
#include <desk/replay.h>
#include <rtp/reel.h>
#include <ui/text.h>

namespace ui {
namespace {

constexpr auto kFrame = std::chrono::milliseconds(40);

} // namespace

Replay &Replay::of(Store &store)
{
    if (auto *known = store.findChild<Replay *>(QString(), Qt::FindDirectChildrenOnly))
        return *known;
    return *new Replay(store);
}

Replay::Replay(Store &store) : QObject(&store), m_store(store)
{
    m_clock.setInterval(kFrame);
    connect(&m_clock, &QTimer::timeout, this, &Replay::look);
    connect(&store, &Store::callsReplaced, this, &Replay::stop);
}

Replay::~Replay() = default;

void Replay::setDevice(const std::string &device, media::Output output)
{
    m_device = device;
    m_output = output;
}

void Replay::play(const What &what, base::Instant from)
{
    const CallPtr view = m_store.call(what.call);
    if (!view)
        return;
    const auto evidence = m_store.evidence(*view);
    const desk::CallInfo *own = m_store.ownCall(evidence.call.callId);
    const std::string country =
        own != nullptr ? own->options.ringback : desk::CallOptions{}.ringback;
    const auto program = what.ear ? desk::earProgram(evidence, *what.ear, country)
                                  : desk::streamProgram(evidence, what.streams);
    if (!program) {
        stop();
        Q_EMIT notice(shown(program.error().sentence), true);
        return;
    }
    if (!m_player)
        m_player = std::make_unique<media::Player>();
    m_at = std::clamp(from.known() ? from : program->from, program->from, program->to);
    if (m_at >= program->to) // nothing is left of it there
        m_at = program->from;
    m_player->play(*program, m_at, m_output, m_device);
    m_what = what;
    m_told.clear();
    m_clock.start();
    Q_EMIT changed();
    Q_EMIT moved(m_at);
}

void Replay::toggle(const What &what, base::Instant from)
{
    if (plays(what))
        stop();
    else
        play(what, from);
}

void Replay::stop()
{
    if (!m_what)
        return;
    m_player->stop();
    m_clock.stop();
    m_what.reset();
    Q_EMIT changed();
}

void Replay::end()
{
    stop();
    m_player.reset();
}

void Replay::seek(base::Instant at)
{
    if (m_what)
        m_player->seek(at);
}

void Replay::look()
{
    const media::Player::State state = m_player->state();
    if (!state.notice.empty() && state.notice != m_told)
        Q_EMIT notice(shown(state.notice), state.stage == media::Player::Stage::Idle);
    m_told = state.notice;
    if (state.stage == media::Player::Stage::Idle) {
        m_clock.stop();
        m_what.reset();
        Q_EMIT changed();
        return;
    }
    if (state.at != m_at) {
        m_at = state.at;
        Q_EMIT moved(m_at);
    }
}

bool hasSound(const session::CallView &view)
{
    return std::any_of(view.streams.begin(), view.streams.end(),
                       [](const auto &bound) { return bound.stream && bound.stream->tape; });
}

} // namespace ui
