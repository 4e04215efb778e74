// SPDX-License-Identifier: Apache-2.0
// What a call sends: sound, key presses, RTCP.
#include "call_media.h"
#include "microphone.h"

#include <algorithm>
#include <base/text.h>
#include <random>
#include <utility>

namespace media {

namespace {
constexpr std::size_t kMostRemotes = 64, kMostSenders = kMostRemotes; // forks of one call

/// RFC 4733 section 2.1: at the clock of the sound.
std::optional<std::uint8_t> eventsOf(const Remote &remote, std::uint32_t clock)
{
    const auto found =
        std::find_if(remote.send.begin(), remote.send.end(), [clock](const PayloadMap &each) {
            return base::equalsNoCase(each.encoding, "telephone-event") && each.clock == clock;
        });
    return found != remote.send.end() ? std::optional(found->payloadType) : std::nullopt;
}
} // namespace

bool CallMedia::send(UdpSocket &socket, const base::Endpoint &to, std::string_view bytes,
                     base::PayloadHint hint)
{
    base::Packet packet;
    packet.time = base::now();
    packet.transport = base::Transport::Udp;
    packet.origin = base::Origin::Media;
    packet.hint = hint;
    packet.outgoing = true;
    packet.source = socket.local();
    packet.destination = to;
    packet.payload = base::Blob::copy(bytes);
    packet.dscp = socket.dscp();
    if (!socket.send(to, bytes))
        return false;
    // Where both ends are ours the packet is told once: as it arrived.
    const auto &ends = m_around.ends;
    if (std::find(ends.begin(), ends.end(), to) != ends.end())
        return true;
    if (!m_around.packets.push(std::move(packet)))
        ++m_dropped;
    return true;
}

base::Result<void> CallMedia::readFile()
{
    if (m_request.sending.kind != SendKind::File)
        return {};
    auto samples = readWav(m_request.sending.file);
    if (!samples)
        return tl::unexpected(samples.error());
    m_file = std::make_shared<const Samples>(std::move(*samples));
    return {};
}

void CallMedia::send(const Sending &sending)
{
    const Sending before = std::exchange(m_request.sending, sending);
    if (const auto read = readFile(); !read) {
        m_request.sending = before;
        return notice(read.error().sentence);
    }
    for (const auto &[toTag, sender] : m_senders)
        if (sender && !isSilent())
            sender->say(makeVoice(sender->rate()));
    if ((before.kind == SendKind::Nothing) == isSilent() || m_over)
        return;
    const auto remotes = m_remotes; // sending begins, or ends
    for (const auto &[toTag, each] : remotes)
        again(toTag);
}

/// Whether anything is sent there has changed, and nothing else.
void CallMedia::again(const std::string &toTag)
{
    if (const auto at = m_remotes.find(toTag); at != m_remotes.end())
        remote(Remote(at->second));
}

void CallMedia::permit(const std::string &toTag, EarlyPermit allowed)
{
    m_early.permit(toTag, allowed.hear);
    const auto erased = std::erase(m_unauthorised, toTag);
    if (!allowed.send && m_unauthorised.size() < kMostRemotes)
        m_unauthorised.push_back(toTag);
    if (erased == (allowed.send ? 0U : 1U))
        return hear(); // sending stays as it was
    again(toTag);
    hear();
}

std::unique_ptr<Voice> CallMedia::makeVoice(std::uint32_t rate) const
{
    switch (m_request.sending.kind) {
    case SendKind::Tone:
        return tone(m_request.sending.toneHertz, rate);
    case SendKind::Microphone:
        return microphone(m_request.sending.device, rate);
    case SendKind::File:
        return recorded(std::make_shared<const std::vector<std::int16_t>>(
            resample(m_file->mono, m_file->rate, rate)));
    default:
        return comfortNoise(m_handle.value + 1);
    }
}

/// RFC 3264 section 5.1: port 0 refuses the stream; RFC 2543's address 0.0.0.0 puts it on hold.
/// RFC 5009 section 8: P-Early-Media may keep us from sending, too.
bool CallMedia::maySend(const Remote &remote) const
{
    const bool reachable =
        remote.rtp.known() && remote.rtp.port != 0 && !remote.rtp.address.isUnspecified();
    const bool authorised = m_answered || std::find(m_unauthorised.begin(), m_unauthorised.end(),
                                                    remote.toTag) == m_unauthorised.end();
    return !isSilent() && remote.weMaySend && !remote.unanswered && reachable && authorised &&
           m_around.trouble.empty();
}

/// Sends what the answer wants first of all that we can; goes on with `before` if that is what it
/// does already. A sender that stopped or changed is taken up where it was.
std::unique_ptr<Sender> CallMedia::senderFor(const Remote &remote, std::unique_ptr<Sender> before)
{
    std::unique_ptr<Sender> sender;
    base::Error why;
    if (before)
        m_courses[remote.toTag] = before->course();
    if (maySend(remote)) {
        for (const auto &payload : remote.send) {
            if (before && before->to() == remote.rtp && before->payload() == payload) {
                sender = std::move(before);
                break;
            }
            auto encoder = makeEncoder(payload);
            if (!encoder) {
                why = encoder.error();
                continue;
            }
            auto voice = makeVoice((*encoder)->rate());
            std::random_device random;
            sender =
                std::make_unique<Sender>(payload, remote.rtp, std::move(*encoder), std::move(voice),
                                         (static_cast<std::uint64_t>(random()) << 32) | random());
            if (const auto course = m_courses.find(remote.toTag); course != m_courses.end())
                sender->resume(course->second);
            break;
        }
    }
    count(before.get());
    if (sender)
        sender->events(eventsOf(remote, sender->payload().clock));
    else
        notice(why.sentence);
    return sender;
}

void CallMedia::remote(Remote remote)
{
    if (m_over)
        return;
    if (m_remotes.size() < kMostRemotes || m_remotes.contains(remote.toTag))
        m_remotes[remote.toTag] = remote;
    m_described = base::now();
    if (remote.dtls)
        withKeys(remote);
    m_protection.agree(remote);
    if (remote.closed)
        remote.weMaySend = false;
    m_early.remote(remote.toTag, remote.rtp);
    m_incoming.expect(remote.rtp);
    m_incoming.accept(remote.receive);
    m_incoming.described(remote.send);
    m_changed = true;
    if (!m_senders.contains(remote.toTag) && m_senders.size() >= kMostSenders)
        return;
    auto &sender = m_senders[remote.toTag];
    sender = senderFor(remote, std::move(sender));
    openControl(remote, sender.get());
    openEarly();
    explain();
}

base::Endpoint CallMedia::controlEnd(const Remote &remote)
{
    base::Endpoint out = remote.rtp;
    if (!remote.mux && remote.rtcp.known()) // RFC 3605
        out = remote.rtcp;
    else if (!remote.mux && out.port != 0 && out.port < 0xFFFF)
        ++out.port;
    return out;
}

void CallMedia::openControl(const Remote &remote, const Sender *sender)
{
    // Nothing at all; or keys of RTCP's own port are not there yet.
    if (isSilent() || (remote.dtls && !remote.mux && !m_dtlsControl->keysOf(remote.toTag)))
        return;
    Control::Line line;
    line.mux = remote.mux;
    line.to = controlEnd(remote);
    // Who reports only keeps the name it has.
    line.ssrc = sender != nullptr ? sender->ssrc()
                                  : m_control.ssrcOf(remote.toTag).value_or(std::random_device{}());
    line.clock = sender != nullptr ? sender->clock() : 8000;
    m_control.open(remote.toTag, line);
}

/// Whose SSRCs are known at that address.
Control::Peers CallMedia::peersAt(const base::Endpoint &source)
{
    Control::Peers out;
    for (const IncomingStream *stream : m_incoming.streams()) {
        if (stream->source.address != source.address)
            continue;
        out.ssrcs.push_back(stream->ssrc);
        out.heard = out.heard || m_heard == stream->key;
    }
    return out;
}

Control::Facts CallMedia::controlFacts(const std::string &toTag)
{
    Control::Facts out;
    if (const auto it = m_senders.find(toTag); it != m_senders.end() && it->second) {
        const Sender &sender = *it->second;
        out.sender.packets = sender.packets();
        out.sender.octets = sender.octets();
        out.sender.timestamp = sender.timestampAt(monotonic());
    }
    for (const IncomingStream *stream : m_incoming.streams()) {
        const auto figures = m_incoming.statistics(*stream);
        if (!figures || m_early.dialogOf(stream->key) != toTag)
            continue;
        Control::Facts::Stream told;
        told.ssrc = stream->ssrc;
        told.highest = stream->sequence.highest();
        told.jitter =
            static_cast<std::uint32_t>(figures->jitter.count() * figures->clock / 1'000'000'000);
        told.expected = figures->expected;
        told.lost = figures->lost;
        out.streams.push_back(told);
    }
    return out;
}

/// Sends what is due, and records what of it left.
void CallMedia::run(const std::string &toTag, Sender &sender, base::Duration now)
{
    const auto said = [&](base::Duration due, std::span<const std::int16_t> samples) {
        if (const auto done = m_recordings.sent(toTag, due, samples, sender.rate()); !done)
            notice(done.error().sentence);
    };
    sender.run(
        now,
        [&](const base::Endpoint &to, std::string_view bytes) {
            return sendSound(toTag, to, bytes);
        },
        said);
}

bool CallMedia::sendSound(const std::string &toTag, const base::Endpoint &to,
                          std::string_view bytes)
{
    const auto sealed = m_protection.sealRtp(toTag, bytes);
    return !sealed.empty() && send(m_pair.rtp, to, sealed, base::PayloadHint::Rtp);
}

bool CallMedia::sendControl(const std::string &toTag, const Control::Line &line,
                            std::string_view bytes)
{
    const auto sealed = controlProtection(line.mux).sealRtcp(toTag, bytes);
    return !sealed.empty() && send(line.mux ? m_pair.rtp : m_pair.rtcp, line.to, sealed,
                                   sealed.data() == bytes.data() ? base::PayloadHint::Rtcp
                                                                 : base::PayloadHint::Unknown);
}

Presses CallMedia::press(const std::string &keys)
{
    // To whom the user listens, or who answered; before either, to the only one there is.
    const std::string tag = m_heard ? m_early.dialogOf(*m_heard) : m_chosen;
    auto it = m_senders.find(m_chosen.empty() ? tag : m_chosen);
    if (it == m_senders.end() && m_senders.size() == 1)
        it = m_senders.begin();
    if (it == m_senders.end() || !it->second)
        return {0, "No keys were sent: nothing is sent to the peer in this call."};
    if (!it->second->takesEvents())
        return {0, "No keys were sent: the peer's description takes no telephone events of the "
                   "codec's clock (RFC 4733). Digits by INFO may do."};
    const std::size_t taken = it->second->press(keys, {});
    return {taken, taken < keys.size() ? "Not all keys were sent: only 0-9, *, #, A-D and ! can "
                                         "be, and 256 may wait."
                                       : ""};
}

} // namespace media
