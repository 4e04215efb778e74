// SPDX-License-Identifier: Apache-2.0
#include "call_media.h"

#include <algorithm>
#include <base/log.h>
#include <base/text.h>
#include <random>

namespace media {

namespace {

using namespace std::chrono_literals;
constexpr base::Duration kLook = 100ms;
constexpr base::Duration kReopen = 2s; // between two attempts to get a lost audio device back
const std::string kNoAnswer =
    "The audio server does not answer, so nothing is heard until it does; the call is "
    "still measured and recorded. Restart PulseAudio or PipeWire.";

} // namespace

base::Result<std::unique_ptr<CallMedia>> CallMedia::open(MediaHandle handle,
                                                         const PrepareRequest &request,
                                                         const Options &options,
                                                         const Surroundings &around)
{
    auto pair = RtpPair::open(request.local, options.portFirst, options.portLast);
    if (!pair)
        return tl::unexpected(pair.error());
    std::unique_ptr<CallMedia> call(
        new CallMedia(handle, std::move(*pair), request, options, around));
    if (const auto read = call->readFile(); !read)
        return tl::unexpected(read.error());
    auto identity = DtlsIdentity::make();
    if (!identity && request.dtls)
        return tl::unexpected(identity.error());
    if (identity)
        call->m_identity = std::move(*identity); // a later offer may want it
    if (request.dtls)
        call->beginDtls();
    if (around.trouble.empty()) {
        for (const auto &sentence : call->m_incoming.stock())
            call->notice(sentence);
    } else {
        call->notice(around.trouble);
    }
    call->watchSockets();
    return call;
}

CallMedia::CallMedia(MediaHandle handle, RtpPair pair, const PrepareRequest &request,
                     const Options &options, Surroundings around)
    : m_handle(handle), m_pair(std::move(pair)), m_request(request), m_output(options.output),
      m_device(options.device), m_around(std::move(around)),
      m_incoming(request.receive, options.jitterBuffer, decoderBase(handle), m_around.audio),
      m_playout(options.jitterBuffer), m_protection(request.srtp),
      m_control([this](const std::string &toTag) { return controlFacts(toTag); },
                [this](const std::string &toTag, const Control::Line &line,
                       std::string_view bytes) { return sendControl(toTag, line, bytes); },
                std::random_device{}())
{
    for (const UdpSocket *socket : {&m_pair.rtp, &m_pair.rtcp})
        m_around.ends.push_back(socket->local());
    m_status.media = handle;
    m_status.device = "none";
    if (!options.recordFolder.empty())
        record(options.recordFolder, "early-media-" + base::fileNamePart(base::utc(base::now())));
}

CallMedia::~CallMedia()
{
    m_control.closeAll();
    closeDtls(nullptr);
    m_around.shop.retire(std::move(m_speaker));
    m_around.loop.unwatch(m_pair.rtp.descriptor());
    m_around.loop.unwatch(m_pair.rtcp.descriptor());
    auto &ends = m_around.ends;
    for (const UdpSocket *socket : {&m_pair.rtp, &m_pair.rtcp})
        ends.erase(std::remove(ends.begin(), ends.end(), socket->local()), ends.end());
}

Media::Prepared CallMedia::prepared() const
{
    return {m_handle, m_pair.rtp.local(), m_pair.rtcp.local(),
            m_identity ? m_identity->fingerprint() : std::string()};
}

std::optional<std::uint32_t> CallMedia::rendered(base::Instant now)
{
    return m_over ? std::nullopt : m_early.rendered(now);
}

void CallMedia::hear()
{
    const auto heard = rendered(base::now());
    if (heard == m_heard)
        return;
    m_heard = heard;
    m_playout.restart();
    m_changed = true;
    explain();
}

void CallMedia::play(IncomingStream &stream, const DecodedAudio &audio, base::Duration gap)
{
    if (!m_speaker || m_ring) // a stray packet does not sound into our own ringing
        return;
    const auto length = base::Duration(static_cast<std::int64_t>(audio.samples.size()) *
                                       1'000'000'000LL / audio.rate);
    const base::Duration now = monotonic();
    m_playout.holds(now, m_speaker->held());
    const auto decision = m_playout.frame(now, length, gap, stream.jitter);
    if (decision.drop) {
        ++stream.unplayed;
        return;
    }
    if (!m_status.firstSample.known() && !m_speaker->watched().known())
        m_speaker->watchNext();
    m_speaker->play(decision.silence, audio.samples, audio.rate);
}

void CallMedia::choose(const std::string &toTag)
{
    m_early.choose(toTag);
    m_chosen = toTag;
    m_changed = true;
    hear();
}

void CallMedia::ended(const std::string &toTag)
{
    m_early.ended(toTag);
    m_control.close(toTag);
    m_protection.close(toTag); // after its farewell
    m_protectionControl.close(toTag);
    closeDtls(&toTag);
    m_remotes.erase(toTag);
    std::erase(m_alerting, toTag);
    if (const auto it = m_senders.find(toTag); it != m_senders.end()) {
        count(it->second.get());
        m_senders.erase(it);
    }
    m_courses.erase(toTag);
    m_changed = true;
    hear(); // that of another one, or nothing: packets need not come for it
    explain();
}

void CallMedia::quiet()
{
    if (m_over)
        return;
    refreshStatus(); // what was heard, to its end
    m_over = true;
    m_control.closeAll();
    for (const auto &[toTag, sender] : m_senders)
        count(sender.get());
    m_senders.clear();
    stopRinging();
    m_status.ringing = false;
    hear();
    m_changed = true;
}

/// The figures of a sender that goes.
void CallMedia::count(const Sender *gone)
{
    m_sentBefore += gone != nullptr ? gone->sent() : 0;
    m_pressedBefore += gone != nullptr ? gone->pressed() : 0;
}

void CallMedia::mute(bool muted)
{
    m_muted = muted;
    if (m_speaker)
        m_speaker->mute(muted);
}

void CallMedia::notice(const std::string &sentence)
{
    if (sentence.empty() || m_status.notice == sentence)
        return;
    m_status.notice = sentence;
    m_changed = true;
}

base::Duration CallMedia::turn(base::Duration now)
{
    base::Duration next = now + kLook;
    for (auto &[toTag, sender] : m_senders) {
        if (!sender)
            continue;
        if (sender->due() <= now)
            run(toTag, *sender, now);
        next = std::min(next, sender->due());
    }
    next = std::min({next, ring(now), m_control.turn(now)});
    if (m_dtls) {
        next = std::min({next, m_dtls->turn(now), m_dtlsControl->turn(now)});
        followDtls();
    }
    if (m_nextLook <= now) {
        m_nextLook = now + kLook;
        lookAfter(now);
    }
    return std::min(next, m_nextLook);
}

void CallMedia::lookAfter(base::Duration now)
{
    if (const auto sentence = m_incoming.housekeeping())
        notice(*sentence);
    m_incoming.latency(m_playout.target());
    lookAfterSpeaker(now);
    explain();
    const bool wasPlaying = m_status.playing;
    const std::uint64_t sentBefore = m_status.sent;
    refreshStatus();
    m_changed |= wasPlaying != m_status.playing || m_datagrams != m_datagramsTold ||
                 sentBefore != m_status.sent;
}

void CallMedia::lookAfterSpeaker(base::Duration now)
{
    if (!m_speaker)
        return;
    m_playout.outputBehind(now, m_speaker->held());
    if (const auto moved = m_speaker->moved()) {
        m_status.device = m_speaker->device();
        notice(*moved);
    }
    const auto trouble = m_speaker->trouble();
    if (!trouble || now < m_nextReopen)
        return;
    base::log(base::LogLevel::Warning, "media", "audio device {}: {}", m_speaker->device(),
              *trouble);
    m_nextReopen = now + kReopen;
    m_lostDevice = m_speaker->device();
    m_around.shop.retire(std::move(m_speaker));
    m_speaker.reset();
    deviceMissing();
    (void)m_around.shop.open(m_handle.value, m_output, m_device);
}

void CallMedia::playOn(const std::string &device)
{
    if (device == m_device || !m_around.trouble.empty())
        return;
    m_device = device;
    (void)m_around.shop.open(m_handle.value, m_output, m_device); // the other one plays till then
}

void CallMedia::attach(std::shared_ptr<Speaker> speaker)
{
    auto former = std::exchange(m_speaker, std::move(speaker));
    const std::string said = former ? former->notice() : std::string();
    m_around.shop.retire(std::move(former));
    m_speaker->mute(m_muted);
    m_playout.restart(m_speaker->began());
    m_changed = true;
    m_status.device = m_speaker->device();
    if (!m_speaker->notice().empty())
        notice(m_speaker->notice());
    else if (!m_lostDevice.empty())
        notice("The audio device (" + m_lostDevice + ") went away and was opened again.");
    else if (m_status.notice == kNoAnswer || m_status.notice == said)
        m_status.notice.clear();
    m_lostDevice.clear();
}

void CallMedia::deviceMissing()
{
    m_status.device = "none";
    notice(m_lostDevice.empty() ? kNoAnswer
                                : "The audio device (" + m_lostDevice +
                                      ") went away, so nothing is heard until it is back.");
}

void CallMedia::refreshStatus()
{
    const base::Instant now = base::now();
    Status &s = m_status;
    const auto heard = rendered(now);
    IncomingStream *stream = heard ? m_incoming.stream(*heard) : nullptr;
    s.playing = stream != nullptr && m_early.isActive(*heard, now);
    s.toTag = stream != nullptr ? m_early.dialogOf(*heard) : std::string();
    s.level = kFloorLevel;
    s.peak = kFloorLevel;
    if (stream != nullptr) {
        if (s.playing) {
            s.level = stream->meter.level();
            s.peak = stream->meter.peak();
        }
        s.codec = stream->codec;
        s.waveform = stream->meter.waveform();
        s.firstPacket = stream->first;
        s.lastPacket = stream->last;
        s.recording = m_recordings.pathOf(stream->key, s.toTag);
        s.late = stream->late + stream->unplayed;
        if (const auto figures = m_incoming.statistics(*stream)) {
            s.packets = figures->packets;
            s.lost = figures->lost;
            s.duplicates = figures->duplicates;
            s.jitter = figures->jitter;
            s.quality = qualityNow(*stream, *figures);
        }
    }
    s.wrongPayloadType = m_incoming.wrongPayloadType();
    s.gaps = m_playout.underruns();
    s.refused = m_incoming.refused();
    s.overflowed = m_pair.rtp.overflowed() + m_pair.rtcp.overflowed() + m_dropped;
    s.control = m_control.figures();
    s.srtp = m_protection.figures();
    s.srtp.refused += m_protectionControl.figures().refused;
    s.srtp.clear += m_protectionControl.figures().clear;
    s.srtp.dtls = m_dtls != nullptr;
    s.srtp.trouble = m_dtlsTrouble;
    s.srtp.troubled = m_dtlsTroubled;
    s.sent = m_sentBefore;
    s.pressed = m_pressedBefore;
    for (const auto &[toTag, sender] : m_senders) {
        if (sender)
            notice(sender->trouble());
        s.sent += sender ? sender->sent() : 0;
        s.pressed += sender ? sender->pressed() : 0;
    }
    if (!m_answered)
        listen();
    if (m_speaker && !s.firstSample.known())
        s.firstSample = m_speaker->watched();
}

/// As it is heard here: with what came too late for our own jitter buffer, its length, and a hole
/// where a packet is missing, as our player conceals nothing.
rtp::Quality CallMedia::qualityNow(const IncomingStream &stream, const rtp::Stream &figures) const
{
    rtp::QualityInput input;
    input.encoding = stream.codec.substr(0, stream.codec.find('/'));
    const std::uint64_t missing =
        figures.lost + std::min(stream.late + stream.unplayed, figures.packets);
    if (figures.expected > 0)
        input.loss = static_cast<double>(missing) / static_cast<double>(figures.expected);
    input.expected = figures.expected;
    input.concealed = false;
    input.jitterBuffer = m_playout.target();
    input.ptime = figures.ptime;
    input.roundTrip = m_control.figures().roundTrip;
    rtp::Quality out = rtp::qualityOf(input);
    // They came, and were not there when this computer had to play them: no loss of the network's.
    if (const std::uint64_t late = missing - figures.lost; late > 0 && out.mos)
        out.why += " Of " + std::to_string(missing) + " packets that count as lost " +
                   std::to_string(late) + " arrived, but too late to be played here.";
    return out;
}

std::optional<Status> CallMedia::takeStatus()
{
    if (!std::exchange(m_changed, false))
        return std::nullopt;
    m_datagramsTold = m_datagrams;
    refreshStatus();
    return m_status;
}

} // namespace media
