// SPDX-License-Identifier: Apache-2.0
#include <report/call_packets.h>

#include <algorithm>
#include <base/text.h>
#include <rtp/rtp_packet.h>
#include <sip/digest.h>
#include <sip/message.h>
#include <sip/sdp.h>

namespace report {
namespace {

constexpr auto kAfterwards = std::chrono::seconds(10); // media runs on behind a BYE for a while
constexpr std::size_t kMostSpans = 64;                 // of one end: calls that took turns there

/// RFC 7983 section 7.
bool isRtp(std::string_view bytes)
{
    return bytes.size() >= 12 && (static_cast<unsigned char>(bytes[0]) & 0xC0U) == 0x80;
}

bool isText(std::string_view bytes)
{
    const auto at = bytes.find_first_not_of("\r\n");
    return at == std::string_view::npos || sip::looksLikeSip(bytes.substr(at));
}

} // namespace

std::size_t CallPackets::HashEnds::operator()(const Ends &ends) const
{
    const std::hash<base::Endpoint> hash;
    return (hash(ends.source) * 31 + hash(ends.destination)) * 31 + ends.ssrc;
}

CallPackets::CallPackets(const ReportInput &input) : m_redact(input.redact)
{
    for (const ReportCall &call : input.calls)
        add(input, call);
}

void CallPackets::add(const ReportInput &input, const ReportCall &call)
{
    const calls::Call &facts = *call.call;
    Span span{facts.first, facts.last};
    for (const auto &bound : call.streams) {
        if (!bound.stream)
            continue;
        const rtp::Stream &stream = *bound.stream;
        m_streams[{stream.source, stream.destination, stream.ssrc}].push_back(
            {stream.first, stream.last, stream.closed != 0 || stream.opened != 0});
        span.from = std::min(span.from, stream.first);
        span.to = std::max(span.to, stream.last);
    }
    if (facts.ended.known())
        span.to = std::max(span.to, facts.ended);
    span.to = span.to + kAfterwards;
    for (const auto &bound : call.streams) {
        if (bound.stream) {
            addEnd(bound.stream->source, span);
            addEnd(bound.stream->destination, span);
        }
    }
    for (const calls::CallRow &place : facts.rows) {
        if (input.trace.row(place.row).hasSdp && !place.original.valid())
            describe(sip::sdpOf(input.trace.text(place.row)), span);
    }
}

void CallPackets::describe(std::string_view description, const Span &span)
{
    const sip::Sdp sdp = sip::parseSdp(description);
    for (const sip::SdpMedia &media : sdp.media) {
        if (const auto end = media.endpoint())
            addEnd(*end, span);
        if (const auto control = media.attribute("rtcp")) { // RFC 3605
            auto end = media.endpoint();
            const auto port = base::toInteger(control->substr(0, control->find(' ')));
            if (end && port && *port > 0 && *port <= 0xFFFF) {
                end->port = static_cast<std::uint16_t>(*port);
                addEnd(*end, span);
            }
        }
        for (const std::string_view attribute : media.attributes) {
            if (const auto end = sip::candidateEndpoint(attribute))
                addEnd(*end, span);
        }
        for (const sip::SdpFormat &format : media.formats) {
            if (format.payloadType >= 0 && format.payloadType < 128 &&
                base::equalsNoCase(format.map.encoding, "telephone-event"))
                m_digits.set(static_cast<std::size_t>(format.payloadType));
        }
    }
}

/// And the one above it: that of its reports (RFC 3550 section 11).
void CallPackets::addEnd(const base::Endpoint &end, const Span &span)
{
    base::Endpoint above = end;
    ++above.port;
    for (const base::Endpoint &each : {end, above}) {
        auto &spans = m_ends[each];
        const auto same = std::find_if(spans.begin(), spans.end(), [&](const Span &known) {
            return known.from == span.from && known.to == span.to;
        });
        if (each.port != 0 && same == spans.end() && spans.size() < kMostSpans)
            spans.push_back(span);
    }
}

bool CallPackets::atAnEnd(const base::Packet &packet) const
{
    for (const base::Endpoint &end : {packet.source, packet.destination}) {
        const auto found = m_ends.find(end);
        if (found != m_ends.end() &&
            std::any_of(found->second.begin(), found->second.end(),
                        [&](const Span &span) { return span.holds(packet.time); }))
            return true;
    }
    return false;
}

/// Two captures of one way hold each packet twice; files of a ring hold one part each.
bool CallPackets::heardElsewhere(std::uint32_t file, const base::Packet &packet)
{
    Heard &heard = m_heard[{packet.source, packet.destination}];
    if (heard.file != 0 && heard.file != file && packet.time <= heard.last)
        return true;
    heard.file = file;
    heard.last = std::max(heard.last, packet.time);
    return false;
}

/// Digits may be a PIN: that somebody pressed a key stays to be seen, which one does not.
void CallPackets::mask(base::Packet &packet) const
{
    const auto rtp = rtp::parseRtp(packet.payload.text());
    if (!m_redact || !rtp || !m_digits.test(rtp->payloadType) || rtp->payload.empty())
        return;
    std::string bytes(packet.payload.text());
    bytes[static_cast<std::size_t>(rtp->payload.data() - packet.payload.text().data())] = '\0';
    packet.payload = base::Blob::copy(bytes);
}

std::optional<base::Packet> CallPackets::take(std::uint32_t file, const base::Packet &packet)
{
    const std::string_view bytes = packet.payload.text();
    if (packet.kind != base::PacketKind::Datagram || packet.cut ||
        packet.hint == base::PayloadHint::Sip || isText(bytes))
        return std::nullopt;
    base::Packet out = packet;
    const bool reports = rtp::looksLikeRtcp(bytes);
    if (isRtp(bytes) && !reports) {
        const auto rtp = rtp::parseRtp(bytes);
        const auto stream =
            rtp ? m_streams.find({packet.source, packet.destination, rtp->ssrc}) : m_streams.end();
        if (stream == m_streams.end())
            return std::nullopt;
        const auto span = std::find_if(stream->second.begin(), stream->second.end(),
                                       [&](const Span &each) { return each.holds(packet.time); });
        if (span == stream->second.end())
            return std::nullopt;
        out.hint = base::PayloadHint::Rtp;
        if (!span->sealed)
            mask(out);
    } else if (!atAnEnd(packet)) {
        return std::nullopt;
    } else if (reports) {
        out.hint = base::PayloadHint::Rtcp;
    }
    if (heardElsewhere(file, packet))
        return std::nullopt;
    return out;
}

} // namespace report
