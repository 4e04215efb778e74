// SPDX-License-Identifier: Apache-2.0
#include <session/media_fold.h>

#include <algorithm>
#include <limits>
#include <rtp/another_stream.h>
#include <utility>

namespace session {
namespace {

std::uint8_t byteAt(std::string_view bytes, std::size_t at)
{
    return at < bytes.size() ? static_cast<std::uint8_t>(bytes[at]) : std::uint8_t{0};
}

/// Version 2 of RTP; never the first octet of SIP.
bool isRtpVersion(std::string_view bytes)
{
    return (byteAt(bytes, 0) & 0xC0U) == 0x80;
}

/// RFC 7983 section 7, and the version of DTLS (RFC 6347 section 4.1).
bool isDtls(std::string_view bytes)
{
    return bytes.size() >= 13 && byteAt(bytes, 0) >= 20 && byteAt(bytes, 0) <= 63 &&
           byteAt(bytes, 1) == 0xFE && byteAt(bytes, 2) >= 0xFC;
}

/// RTCP goes to the port above RTP's unless SDP names another (RFC 3605) or it shares RTP's (RFC
/// 3550 section 11, RFC 5761).
base::Endpoint ofRtp(base::Endpoint endpoint)
{
    if (endpoint.port != 0)
        --endpoint.port;
    return endpoint;
}

} // namespace

bool MediaFold::mayBe(std::string_view bytes)
{
    return isRtpVersion(bytes) || isDtls(bytes);
}

bool MediaFold::add(const base::Packet &packet)
{
    const std::string_view bytes = packet.payload.text();
    if (packet.hint == base::PayloadHint::Rtcp ||
        (isRtpVersion(bytes) && rtp::looksLikeRtcp(bytes)))
        return rtcp(packet);
    if (isDtls(bytes))
        return dtls(packet);
    const auto parsed = rtp::parseRtp(bytes);
    RtpGate::Sender *sender = parsed ? m_gate.judge(packet, *parsed, m_index) : nullptr;
    if (sender == nullptr)
        return false;
    if (!sender->waiting.empty()) {
        const std::vector<base::Packet> before = std::exchange(sender->waiting, {});
        for (const base::Packet &first : before) {
            if (const auto waited = rtp::parseRtp(first.payload.text()))
                fileOnce(first, *waited, *sender);
        }
    }
    fileOnce(packet, *parsed, *sender);
    return true;
}

/// What another file brought is counted as a packet only.
void MediaFold::fileOnce(const base::Packet &packet, const rtp::RtpPacket &rtp,
                         RtpGate::Sender &sender)
{
    if (sender.packets.again(m_file, {packet.time, rtp.timestamp, rtp.sequence}, m_words))
        ++m_packets;
    else
        file(packet, rtp, sender);
}

bool MediaFold::dtls(const base::Packet &packet)
{
    if (!m_index.namedInSdp(packet.source) && !m_index.namedInSdp(packet.destination))
        return false;
    m_index.seal(packet.source);
    m_index.seal(packet.destination);
    return true;
}

void MediaFold::touch(const MediaIndex::Place *place, std::vector<calls::CallId> &calls)
{
    if (place == nullptr)
        return;
    for (const calls::CallId call : place->calls) {
        if (calls.empty() || calls.back() != call)
            calls.push_back(call);
    }
}

calls::CallId MediaFold::callAt(const base::Endpoint &endpoint)
{
    for (const base::Endpoint &end :
         {endpoint, m_index.rtpOf(endpoint).value_or(ofRtp(endpoint))}) {
        if (const auto calls = m_index.calls(end); !calls.empty())
            return calls.back();
    }
    return {};
}

/// Always taken: nothing else begins like RTCP.
bool MediaFold::rtcp(const base::Packet &packet)
{
    const std::string_view bytes = packet.payload.text();
    if (m_reports.ensure({packet.source, packet.destination}).again(m_file, packet.time))
        return true;
    const auto end = [this](const base::Endpoint &endpoint) {
        if (const auto told = m_index.rtpOf(endpoint))
            return *told;
        return m_index.namedInSdp(endpoint) ? endpoint : ofRtp(endpoint);
    };
    const base::Endpoint source = end(packet.source), destination = end(packet.destination);
    const auto dtls = [this](const base::Endpoint &endpoint) {
        const MediaIndex::Place *place = m_index.place(endpoint);
        return place != nullptr && place->dtls;
    };
    if (packet.hint == base::PayloadHint::Rtcp || rtp::isRtcp(bytes))
        m_streams.report(packet, bytes);
    else if (!openReport(source, destination, packet) && !dtls(source) && !dtls(destination))
        m_sealed.keepReport({packet, source, destination});
    touch(m_index.place(source), m_touched);
    touch(m_index.place(destination), m_touched);
    return true;
}

bool MediaFold::openReport(const base::Endpoint &source, const base::Endpoint &destination,
                           const base::Packet &packet)
{
    for (const auto &opener : m_index.keys(source, destination)) {
        if (opener->rtcp(packet.payload.text(), m_plain) == rtp::SrtpOpener::Result::Opened) {
            m_streams.report(packet, m_plain);
            return true;
        }
    }
    return false;
}

void MediaFold::learn(calls::CallId call, std::string_view description, base::Instant time)
{
    const std::uint64_t keys = m_index.keysKnown();
    if (!m_index.learn(call, description, time) || m_sealed.empty())
        return;
    for (const rtp::StreamId id :
         m_index.streams(call, base::Instant{std::numeric_limits<std::int64_t>::max()})) {
        if (SealedMedia::Stream *kept = m_sealed.find(id))
            reopen(id, *kept);
    }
    auto &reports = m_sealed.reports();
    if (m_index.keysKnown() != keys)
        reports.erase(std::remove_if(reports.begin(), reports.end(),
                                     [this](const SealedMedia::Report &report) {
                                         return openReport(report.source, report.destination,
                                                           report.packet);
                                     }),
                      reports.end());
}

/// SDP may still tell that it is encrypted, or with what key.
bool MediaFold::mayBeOpenedLater(const RtpGate::Sender &sender, const rtp::PacketFacts &facts) const
{
    const auto is = [](const MediaIndex::Place *place, bool MediaIndex::Place::*what) {
        return place != nullptr && place->*what;
    };
    if (facts.opened || sender.opener || is(sender.from, &MediaIndex::Place::dtls) ||
        is(sender.to, &MediaIndex::Place::dtls))
        return false;
    return facts.closed || !facts.described || is(sender.from, &MediaIndex::Place::keyed) ||
           is(sender.to, &MediaIndex::Place::keyed);
}

void MediaFold::findPlaces(const base::Packet &packet, RtpGate::Sender &sender)
{
    if (sender.from != nullptr && sender.to != nullptr && sender.turns == m_index.turns())
        return;
    sender.from = m_index.place(packet.source);
    sender.to = m_index.place(packet.destination);
    sender.turns = m_index.turns();
}

/// What is known of a packet; `rtp` becomes what is in it, if it is encrypted and can be opened.
rtp::PacketFacts MediaFold::look(const base::Packet &packet, RtpGate::Sender &sender,
                                 rtp::RtpPacket &rtp)
{
    findPlaces(packet, sender);
    const MediaIndex::Place *from = sender.from;
    const MediaIndex::Place *to = sender.to;
    // The receiver's description holds for what is sent to it (RFC 3264 section 5.1).
    const MediaIndex::Place *told = to != nullptr && to->named ? to : from;
    rtp::PacketFacts facts;
    facts.described = told != nullptr && told->named;
    if (const auto *format = facts.described ? told->format(rtp.payloadType) : nullptr) {
        facts.clock = format->rate;
        facts.event = format->event;
        facts.named = true;
        facts.voice = format->voice;
    } else {
        facts.unnamed = facts.described;
    }
    const auto is = [](const MediaIndex::Place *place, bool MediaIndex::Place::*what) {
        return place != nullptr && place->*what;
    };
    const bool keyedHere = is(from, &MediaIndex::Place::keyed),
               keyedThere = is(to, &MediaIndex::Place::keyed);
    if (is(from, &MediaIndex::Place::secure) || is(to, &MediaIndex::Place::secure) ||
        (keyedHere && keyedThere)) {
        open(packet, sender, rtp, facts);
    } else if (keyedHere || keyedThere) {
        // Keys under RTP/AVP are an offer that may have been taken, by somebody behind a NAT, or
        // not: what they open was encrypted, anything else is plain.
        open(packet, sender, rtp, facts);
        facts.closed = facts.opened;
        facts.refused = false;
    }
    return facts;
}

/// A sender that goes on with the SSRC of a call that is over sends another call's stream: media
/// servers, gateways and load tests use the same ports and SSRC for one call after another.
void MediaFold::attribute(const base::Packet &packet, RtpGate::Sender &sender)
{
    constexpr base::Duration kPause = std::chrono::seconds(2);
    findPlaces(packet, sender);
    MediaIndex::Place *from = sender.from, *to = sender.to;
    const std::uint32_t changes =
        (from != nullptr ? from->changes : 0) + (to != nullptr ? to->changes : 0);
    const bool news = sender.changes != changes || !sender.stream.valid() ||
                      std::chrono::abs(packet.time - sender.last) > kPause;
    sender.changes = changes;
    sender.last = packet.time;
    if (from != nullptr)
        from->heard = std::max(from->heard, packet.time);
    if (to != nullptr)
        to->heard = std::max(to->heard, packet.time);
    if (!news)
        return;
    const calls::CallId owner = MediaIndex::owner(from, to, packet.time);
    if (sender.stream.valid() && owner.valid() && owner != sender.owner &&
        MediaIndex::over(sender.owner, from, to, packet.time)) {
        sender.stream = rtp::kAnotherStream;
        sender.owner = owner;
    }
    if (!sender.stream.valid() || !sender.owner.valid())
        sender.owner = owner;
}

void MediaFold::file(const base::Packet &packet, const rtp::RtpPacket &rtp, RtpGate::Sender &sender)
{
    attribute(packet, sender);
    rtp::RtpPacket seen = rtp;
    const rtp::PacketFacts facts = look(packet, sender, seen);
    ++m_packets;
    sender.stream = m_streams.add(packet, seen, facts, sender.stream);
    const bool fresh = sender.stream.value >= m_count;
    if (m_touched.empty())
        ++m_round;
    if (fresh || sender.round != m_round) { // once a round is enough
        auto &calls = fresh ? m_fresh : m_touched;
        touch(sender.from, calls);
        touch(sender.to, calls);
        sender.round = m_round;
    }
    if (fresh) {
        m_count = std::uint64_t{sender.stream.value} + 1;
        m_index.addStream({packet.time, sender.stream, sender.owner}, packet.source,
                          packet.destination);
    }
    // All of a stream from its first packet on, or nothing.
    if (mayBeOpenedLater(sender, facts) && (fresh || m_sealed.find(sender.stream) != nullptr))
        m_sealed.keep(sender.stream, packet, rtp.ssrc, facts);
}

std::vector<std::shared_ptr<const rtp::Stream>> MediaFold::streams(calls::CallId call,
                                                                   base::Instant until)
{
    std::vector<std::shared_ptr<const rtp::Stream>> out;
    for (const rtp::StreamId id : m_index.streams(call, until)) {
        auto stream = m_streams.snapshot(id);
        if (stream && !m_index.ofAnother(call, stream->source, stream->destination))
            out.push_back(std::move(stream));
    }
    return out;
}

std::vector<std::shared_ptr<const rtp::Stream>> MediaFold::allStreams() const
{
    std::vector<std::shared_ptr<const rtp::Stream>> out;
    for (const rtp::StreamId id : m_streams.ids()) {
        if (auto stream = m_streams.snapshot(id))
            out.push_back(std::move(stream));
    }
    return out;
}

} // namespace session
