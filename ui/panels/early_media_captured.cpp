// SPDX-License-Identifier: Apache-2.0
// The player of what was captured: figures, waveform, playing it.
#include <ui/panels/early_media_panel.h>

#include <algorithm>
#include <ladder/media_map.h>
#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <rtp/reel.h>
#include <ui/models/call_facts.h>
#include <ui/replay.h>
#include <ui/text.h>
#include <ui/views/waveform.h>

namespace ui {
namespace {

/// What the waveform shows of a captured stream: its loudness, at most as many bars as it has.
std::vector<float> levelsOf(const rtp::Stream &stream)
{
    constexpr std::size_t kMostBars = 512;
    constexpr base::Duration kPacket = std::chrono::milliseconds(60);
    const rtp::Loudness &loudness = stream.loudness;
    const std::size_t cells = loudness.cells(), bars = std::min(cells, kMostBars);
    std::vector<float> out;
    for (std::size_t i = 0; i < bars; ++i) {
        const auto at = [&](std::size_t bar) {
            return loudness.start() +
                   static_cast<std::int64_t>(bar * cells / bars) * loudness.step();
        };
        auto cell = loudness.loudest(at(i), at(i + 1));
        if (cell.known == rtp::Loudness::Known::Nothing) // a packet sounds until the next
            cell = loudness.loudest(at(i) - kPacket, at(i + 1));
        out.push_back(static_cast<float>(cell.level));
    }
    return out;
}

} // namespace

QString EarlyMediaPanel::figures(const QString &codec, std::uint64_t packets, std::uint64_t lost,
                                 base::Duration jitter, double level, bool levelKnown)
{
    const double all = static_cast<double>(packets + lost);
    QStringList words;
    if (!codec.isEmpty())
        words << codec;
    words << QObject::tr("%1 packets").arg(packets);
    words << QObject::tr("loss %1 (%2 %)")
                 .arg(lost)
                 .arg(all > 0 ? 100.0 * static_cast<double>(lost) / all : 0.0, 0, 'f', 1);
    words << QObject::tr("jitter %1 ms").arg(base::toMilliseconds(jitter), 0, 'f', 1);
    words << (levelKnown ? QObject::tr("level %1 dB").arg(level, 0, 'f', 0)
                         : QObject::tr("level unknown"));
    return words.join(QStringLiteral("  ·  "));
}

/// What its button does, and the buttons on the lanes: hear what comes, or play what came.
void EarlyMediaPanel::refreshPlay(const CallPtr &view, bool goesOn)
{
    const auto *const bound = view && !goesOn ? captured(*view) : nullptr;
    const bool playable = bound != nullptr && bound->stream->spool;
    const bool playing = playable && plays(*view);
    m_play->setVisible(goesOn || bound != nullptr);
    m_play->setEnabled(goesOn || playable);
    if (goesOn) {
        m_play->setText(m_muted ? tr("Play") : tr("Mute"));
        m_play->setAccessibleName(m_muted ? tr("Play early media") : tr("Mute early media"));
    } else {
        m_play->setText(playing ? tr("Stop") : tr("Play"));
        m_play->setAccessibleName(playing ? tr("Stop playing") : tr("Play what was captured"));
        m_play->setToolTip(playable || bound == nullptr
                               ? QString()
                               : plainTip(tr("It is encrypted, or of a codec that cannot be "
                                             "decoded here.")));
    }
    if (view)
        Q_EMIT listens(dialogIndex(), goesOn            ? LaneButtons::Listen
                                      : playing         ? LaneButtons::Stop
                                      : hasSound(*view) ? LaneButtons::Play
                                                        : LaneButtons::Show);
}

const diagnosis::BoundStream *EarlyMediaPanel::captured(const session::CallView &view) const
{
    const diagnosis::BoundStream *best = nullptr;
    for (const auto &bound : view.streams) {
        const bool chosen = m_dialogs->count() < 2 || bound.earlyDialog == dialogIndex();
        const bool wanted = bound.stream && bound.towardsCaller && bound.early && chosen;
        if (wanted && (best == nullptr || bound.stream->packets > best->stream->packets))
            best = &bound;
    }
    return best;
}

bool EarlyMediaPanel::plays(const session::CallView &view) const
{
    const auto *const bound = captured(view);
    return bound != nullptr && Replay::of(m_store).plays({view.call.id(), {bound->stream->id}, {}});
}

void EarlyMediaPanel::togglePlay()
{
    const CallPtr view = m_focus.call();
    if (const auto *const bound = view ? captured(*view) : nullptr)
        Replay::of(m_store).toggle({view->call.id(), {bound->stream->id}, {}},
                                   bound->stream->first);
}

void EarlyMediaPanel::refreshCaptured(const session::CallView &view)
{
    const auto *const best = captured(view);
    m_wave->setLevels(best != nullptr ? levelsOf(*best->stream) : std::vector<float>());
    if (best == nullptr) {
        m_level->setLevel(-96, -96, false);
        m_state->setText(tr("no RTP before the answer"));
        m_figures->clear();
        return;
    }
    const rtp::Stream &stream = *best->stream;
    // While it sounded: how loud its last second was says nothing of a ringback.
    const auto heard = stream.tape ? stream.tape->told() : std::nullopt;
    const bool known = heard || stream.levelKnown;
    const double level = heard ? heard->level : stream.level;
    m_level->setLevel(level, level, known);
    m_state->setText(plays(view)
                         ? tr("playing what was captured")
                         : tr("captured, %1").arg(durationText(stream.last - stream.first)));
    std::string codec = ladder::MediaMap::of(m_store.evidence(view)).codec(stream);
    const QString words =
        figures(codec.empty() ? tr("payload type %1").arg(stream.payloadType) : shown(codec),
                stream.packets, stream.lost, stream.jitter, level, known);
    const std::string marked = rtp::markingText(stream.marking);
    m_figures->setText(marked.empty() ? words : words + QStringLiteral("  ·  ") + shown(marked));
}

} // namespace ui
