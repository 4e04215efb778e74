// SPDX-License-Identifier: Apache-2.0
#include <session/stream_sorter.h>

#include <algorithm>
#include <sip/message.h>

namespace session {
namespace {

constexpr std::size_t kMostHeld = 64U << 20U; // bytes of half messages in all connections
constexpr std::size_t kMostUnread =
    64U << 10U; // bytes without a start line before a connection is given up
constexpr std::size_t kLongestFirstLine = 16U << 10U;

std::uint64_t keyOf(const base::Packet &packet)
{
    return static_cast<std::uint64_t>(packet.origin) << 32U | packet.stream;
}

bool isSipPort(std::uint16_t port)
{
    return port >= 5060 && port <= 5090;
}

/// Text as SIP begins with: the first bytes hold no control character but tabs and line ends.
bool looksLikeText(std::string_view bytes)
{
    bytes = bytes.substr(0, 64);
    return std::none_of(bytes.begin(), bytes.end(), [](char c) {
        const auto u = static_cast<unsigned char>(c);
        return (u < 0x20 && u != '\r' && u != '\n' && u != '\t') || u == 0x7F;
    });
}

} // namespace

/// Decides by the first bytes: a start line that is whole tells, and so does what cannot be text.
StreamSorter::Content StreamSorter::decide(const Stream &stream, const base::Packet &packet) const
{
    // Our own sockets and the lab's carry SIP only, and garbage on the port of SIP is worth a row.
    if (packet.origin != base::Origin::Capture || packet.hint == base::PayloadHint::Sip)
        return Content::Sip;
    std::string_view bytes = packet.payload.text();
    const bool sipPort = isSipPort(packet.source.port) || isSipPort(packet.destination.port);
    if (!looksLikeText(bytes)) { // on the port of SIP it may be the rest of a message's binary body
        const bool foreign = stream.fromStart || (stream.unread == 0 && !sipPort);
        return foreign ? Content::Foreign : Content::Undecided;
    }
    if (sipPort)
        return Content::Sip;
    bytes.remove_prefix(std::min(bytes.size(), bytes.find_first_not_of("\r\n")));
    if (bytes.empty() || stream.unread != 0 || !stream.fromStart)
        return Content::Undecided;
    const bool whole =
        bytes.find_first_of("\r\n") != std::string_view::npos || bytes.size() > kLongestFirstLine;
    if (!whole)
        return Content::Undecided;
    return sip::looksLikeSip(bytes) ? Content::Sip : Content::Foreign;
}

/// A frame that lies whole in the packet's payload is told as a view of it, so that the trace need
/// not copy it.
void StreamSorter::collect(Stream &stream, std::vector<sip::Frame> frames,
                           const base::Packet &packet, std::size_t heldBefore,
                           std::vector<Piece> &out)
{
    std::size_t consumed = 0;
    const std::string_view payload = packet.payload.text();
    for (sip::Frame &frame : frames) {
        const std::size_t begin = consumed;
        consumed += frame.text.size();
        if (frame.kind == sip::FrameKind::Message)
            stream.content = Content::Sip;
        if (stream.content != Content::Sip)
            continue; // of a connection that may carry anything, only messages count
        Piece piece;
        piece.packet = packet;
        piece.packet.time = frame.time;
        if (begin >= heldBefore && begin - heldBefore <= payload.size() &&
            payload.substr(begin - heldBefore, frame.text.size()) == frame.text)
            piece.view = payload.substr(begin - heldBefore, frame.text.size());
        piece.frame = std::move(frame);
        out.push_back(std::move(piece));
    }
}

/// A WebSocket message is one SIP message, whatever its Content-Length says (RFC 7118 section 5);
/// a control frame (RFC 6455 section 5.5) begins with an octet that no text begins with.
void StreamSorter::whole(Stream &stream, const base::Packet &packet, std::vector<Piece> &out)
{
    stream.content = Content::Sip;
    Piece piece;
    piece.packet = packet;
    piece.view = packet.payload.text();
    piece.frame.time = packet.time;
    piece.frame.kind = sip::FrameKind::Garbage;
    const std::string_view text =
        piece.view.substr(std::min(piece.view.size(), piece.view.find_first_not_of("\r\n")));
    if (text.empty() || piece.view.front() == '\x89')
        piece.frame.kind =
            piece.view.size() == 2 && text.empty() ? sip::FrameKind::Pong : sip::FrameKind::Ping;
    else if (piece.view.front() == '\x8A')
        piece.frame.kind = sip::FrameKind::Pong;
    else if (sip::looksLikeSip(text))
        piece.frame.kind = packet.cut ? sip::FrameKind::Cut : sip::FrameKind::Message;
    out.push_back(std::move(piece));
}

void StreamSorter::data(Stream &stream, const base::Packet &packet, std::vector<Piece> &out)
{
    if (packet.transport == base::Transport::Ws || packet.transport == base::Transport::Wss) {
        if (!packet.payload.empty())
            whole(stream, packet, out);
        return;
    }
    if (stream.content == Content::Undecided)
        stream.content = decide(stream, packet);
    if (stream.content == Content::Foreign) {
        if (stream.framer)
            m_held -= stream.framer->held();
        stream.framer.reset();
        return;
    }
    if (!stream.framer) {
        stream.framer = std::make_unique<sip::Framer>();
        if (!stream.fromStart)
            stream.framer->gap(packet.time);
    }
    stream.arrived = packet.time;
    const std::size_t before = stream.framer->held();
    collect(stream, stream.framer->add(packet.payload.text(), packet.time), packet, before, out);
    m_held += stream.framer->held() - before;
    if (stream.content == Content::Undecided) {
        stream.unread += packet.payload.size();
        if (stream.unread > kMostUnread)
            stream.content = Content::Foreign;
    }
    if (m_held > kMostHeld) {
        ++m_overfull;
        close(stream, packet, out);
    }
}

/// Nothing more of these messages comes. What is left of one came when its last byte did, however
/// much later that is known.
void StreamSorter::close(Stream &stream, const base::Packet &packet, std::vector<Piece> &out)
{
    if (!stream.framer)
        return;
    base::Packet end = packet;
    end.payload = {};
    const std::size_t before = stream.framer->held();
    collect(stream, stream.framer->gap(stream.arrived), end, before, out);
    m_held -= before;
}

std::vector<StreamSorter::Piece> StreamSorter::add(const base::Packet &packet, bool &carriesSip)
{
    std::vector<Piece> out;
    const std::uint64_t key = keyOf(packet);
    const auto giveUp = [this](Stream &stream) {
        if (stream.framer)
            m_held -= stream.framer->held();
    };
    Stream &stream = m_streams.ensure(key, giveUp);
    switch (packet.kind) {
    case base::PacketKind::StreamData:
        data(stream, packet, out);
        break;
    case base::PacketKind::StreamGap:
        if (!stream.framer)
            stream.fromStart = false;
        close(stream, packet, out);
        break;
    default:
        close(stream, packet, out);
        break;
    }
    carriesSip = stream.content == Content::Sip || isSipPort(packet.source.port) ||
                 isSipPort(packet.destination.port);
    const bool ended =
        packet.kind == base::PacketKind::StreamFin || packet.kind == base::PacketKind::StreamReset;
    if (ended) {
        m_streams.erase(key);
        return out;
    }
    stream.last = packet;
    stream.last.payload = {};
    return out;
}

std::vector<StreamSorter::Piece> StreamSorter::endAll(base::Origin origin)
{
    std::vector<Piece> out;
    std::vector<std::uint64_t> keys;
    m_streams.each([&](Stream &stream) {
        if (stream.last.origin != origin)
            return;
        close(stream, stream.last, out);
        keys.push_back(keyOf(stream.last));
    });
    for (const std::uint64_t key : keys)
        m_streams.erase(key);
    return out;
}

} // namespace session
