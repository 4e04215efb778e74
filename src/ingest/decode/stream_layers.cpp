// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/stream_layers.h>

#include <algorithm>
#include <utility>

namespace ingest::decode {
namespace {

constexpr std::size_t kMostConnections = 4096;
constexpr std::size_t kMostHeld = 64U << 20U; // bytes of half records and messages in all of them
constexpr std::size_t kMostHead = 16U << 10U; // of an HTTP request or answer
constexpr std::size_t kFirstBytes = 6;        // that tell a TLS handshake
constexpr int kDoubts = 64;                   // packets

using base::PacketKind;

/// The beginning of a TLS connection: a hello, or the alert that answers one.
bool beginsTls(std::string_view bytes)
{
    if (!TlsStream::looksLikeRecord(bytes))
        return false;
    const auto type = static_cast<unsigned char>(bytes[0]);
    const bool hello = type == 22 && (bytes.size() < kFirstBytes || bytes[5] == 1 || bytes[5] == 2);
    const bool alert = type == 21 && (bytes.size() < 5 || (bytes[3] == 0 && bytes[4] == 2));
    return hello || alert;
}

base::Packet withPayload(const base::Packet &like, base::Blob payload)
{
    base::Packet out = like;
    out.kind = PacketKind::StreamData;
    out.payload = std::move(payload);
    return out;
}

base::Packet without(const base::Packet &like, PacketKind kind)
{
    base::Packet out = like;
    out.kind = kind;
    out.payload = {};
    return out;
}

} // namespace

std::size_t StreamLayers::Hash::operator()(const Key &key) const noexcept
{
    const std::hash<base::Endpoint> endpoint;
    return (endpoint(key.low) * 31 + endpoint(key.high)) * 0x9E3779B97F4A7C15ULL;
}

StreamLayers::StreamLayers(Emit emit) : m_emit(std::move(emit)) {}

std::size_t StreamLayers::Connection::held() const
{
    return sides[0].held.size() + sides[1].held.size() + (tls ? tls->held() : 0) +
           (ws ? ws->held() : 0);
}

bool StreamLayers::Connection::idle() const
{
    const auto rests = [](const Side &side) {
        return side.stream == 0 || side.over ||
               (side.content == Content::Plain && side.doubts == 0);
    };
    return !tls && !ws && rests(sides[0]) && rests(sides[1]);
}

void StreamLayers::passed(std::uint32_t stream)
{
    if (stream >= m_passed.size())
        m_passed.resize(std::size_t{stream} + 1024);
    m_passed[stream] = true;
}

StreamLayers::Connections::iterator StreamLayers::find(const base::Packet &packet)
{
    const bool order = packet.source < packet.destination;
    const Key key{order ? packet.source : packet.destination,
                  order ? packet.destination : packet.source};
    if (const auto found = m_byKey.find(key); found != m_byKey.end()) {
        m_order.splice(m_order.end(), m_order, found->second);
        return found->second;
    }
    if (m_order.size() >= kMostConnections) {
        ++m_evicted;
        drop(m_order.begin());
    }
    m_order.emplace_back();
    m_order.back().ends[0] = key.low;
    m_order.back().ends[1] = key.high;
    return m_byKey.emplace(key, std::prev(m_order.end())).first->second;
}

/// The connection is over, or given up.
void StreamLayers::drop(Connections::iterator at)
{
    Connection &connection = *at;
    for (int from : {0, 1})
        flush(connection, from);
    tell(connection);
    m_held -= connection.counted;
    m_byKey.erase({connection.ends[0], connection.ends[1]});
    m_order.erase(at);
}

void StreamLayers::add(base::Packet packet)
{
    if (packet.stream < m_passed.size() && m_passed[packet.stream]) {
        m_emit(std::move(packet));
        return;
    }
    auto at = find(packet);
    const int from = packet.source == at->ends[0] ? 0 : 1;
    const Side &known = at->sides[from];
    if (known.stream != packet.stream && known.stream != 0 &&
        packet.kind != PacketKind::StreamGap) { // the same two ends begin anew
        drop(at);
        at = find(packet);
    }
    Side &side = at->sides[from];
    side.stream = packet.stream;
    side.last = without(packet, packet.kind);
    switch (packet.kind) {
    case PacketKind::StreamData:
        data(*at, from, std::move(packet));
        break;
    case PacketKind::StreamGap:
        if (at->tls)
            at->tls->gap(from);
        else
            gap(*at, from);
        break;
    default:
        end(*at, from, packet);
        break;
    }
    settle(at);
}

/// Lets a connection go that needs nothing more, and the oldest when too much is held.
void StreamLayers::settle(Connections::iterator at)
{
    const std::size_t held = at->held();
    m_held += held - at->counted;
    at->counted = held;
    const bool over = at->sides[0].over && at->sides[1].over;
    if (over || at->idle())
        drop(at);
    while (m_held > kMostHeld && !m_order.empty()) {
        ++m_evicted;
        drop(m_order.begin());
    }
}

bool StreamLayers::isTls(const Connection &connection, const Side &side, std::string_view bytes)
{
    if (connection.ws || side.content != Content::Undecided)
        return false;
    return side.fromStart ? beginsTls(bytes) && bytes.size() >= kFirstBytes
                          : bytes.size() >= 5 && TlsStream::looksLikeRecord(bytes) &&
                                bytes[2] != 0 && bytes[0] != 24;
}

void StreamLayers::data(Connection &connection, int from, base::Packet packet)
{
    Side &side = connection.sides[from];
    if (!connection.tls && side.content == Content::Undecided) {
        const std::string_view bytes = packet.payload.text();
        const std::string all = side.held.empty() ? std::string() : side.held + std::string(bytes);
        const std::string_view whole = side.held.empty() ? bytes : std::string_view(all);
        if (isTls(connection, side, whole)) {
            if (m_tlsBegins)
                m_tlsBegins();
            connection.tls = std::make_unique<TlsStream>(m_keys);
            if (!side.fromStart)
                connection.tls->gap(from);
            side.held.clear();
            tls(connection, from, withPayload(packet, base::Blob::copy(whole)));
            return;
        }
        if (side.fromStart && whole.size() < kFirstBytes && beginsTls(whole)) {
            side.held = whole;
            return;
        }
    }
    if (connection.tls)
        tls(connection, from, packet);
    else
        application(connection, from, std::move(packet));
}

void StreamLayers::tls(Connection &connection, int from, const base::Packet &packet)
{
    Side &side = connection.sides[from];
    for (TlsPiece &piece : connection.tls->add(from, packet.payload.text())) {
        base::Packet out = packet;
        out.transport = base::Transport::Tls;
        switch (piece.kind) {
        case TlsPiece::Kind::Data:
            out.payload = base::Blob::copy(piece.bytes);
            application(connection, from, std::move(out));
            break;
        case TlsPiece::Kind::Gap:
            gap(connection, from);
            break;
        case TlsPiece::Kind::Alert:
            side.last.time = packet.time;
            alert(connection, from, piece);
            break;
        }
    }
}

/// Bytes as the application sent them, out of TLS or of the connection itself.
void StreamLayers::application(Connection &connection, int from, base::Packet packet)
{
    Side &side = connection.sides[from];
    if (side.content == Content::Undecided) {
        const bool first = side.held.empty();
        if (!first)
            packet.payload = base::Blob::copy(side.held + std::string(packet.payload.text()));
        const std::string_view bytes = packet.payload.text();
        side.content = decide(connection, side, bytes);
        side.held.clear();
        if (side.content == Content::Undecided) {
            side.held = bytes;
            return;
        }
        if (side.content == Content::WebSocket && !connection.ws)
            connection.ws = std::make_unique<WsStream>();
        if (side.content == Content::WebSocket && WsStream::looksLikeHead(bytes)) {
            const std::size_t head = WsStream::headEnd(bytes);
            connection.ws->head(bytes.substr(0, head));
            packet.payload = packet.payload.part(head, bytes.size() - head);
        } else if (side.content == Content::WebSocket) {
            connection.ws->gap(from); // from its middle
        } else if (!connection.tls && side.fromStart) {
            passed(side.stream);
        } else if (!connection.tls) {
            side.doubts = kDoubts;
        }
    } else if (side.doubts != 0) {
        doubt(connection, from, packet.payload.text());
    }
    if (side.content == Content::WebSocket)
        webSocket(connection, from, packet);
    else
        m_emit(std::move(packet));
}

/// A connection that is seen from its middle on may begin within a large frame: the next packet
/// that begins with one tells.
void StreamLayers::doubt(Connection &connection, int from, std::string_view bytes)
{
    Side &side = connection.sides[from];
    if (WsStream::looksLikeSipFrame(bytes)) {
        side.doubts = 0;
        side.content = Content::WebSocket;
        if (!connection.ws)
            connection.ws = std::make_unique<WsStream>();
        connection.ws->gap(from);
    } else if (--side.doubts == 0) {
        passed(side.stream);
    }
}

StreamLayers::Content StreamLayers::decide(const Connection &connection, const Side &side,
                                           std::string_view bytes)
{
    if (WsStream::looksLikeHead(bytes)) {
        const std::size_t end = WsStream::headEnd(bytes);
        if (end == std::string_view::npos)
            return bytes.size() > kMostHead ? Content::Plain : Content::Undecided;
        return WsStream::upgrades(bytes.substr(0, end)) ? Content::WebSocket : Content::Plain;
    }
    // Nothing else begins with such a frame, whether or not the upgrade was captured.
    const bool frames = (connection.ws && !side.fromStart) || WsStream::looksLikeSipFrame(bytes);
    return frames ? Content::WebSocket : Content::Plain;
}

base::Transport StreamLayers::transportOf(const Connection &connection, const Side &side)
{
    if (side.content == Content::WebSocket)
        return connection.tls ? base::Transport::Wss : base::Transport::Ws;
    return connection.tls ? base::Transport::Tls : base::Transport::Tcp;
}

/// Each message is one SIP message and one packet (RFC 7118 section 5). What other programs say to
/// each other by WebSocket is left out.
void StreamLayers::webSocket(Connection &connection, int from, const base::Packet &packet)
{
    Side &side = connection.sides[from];
    for (WsPiece &piece : connection.ws->add(from, packet.payload.text())) {
        if (!connection.ws->sip())
            continue;
        base::Packet out = packet;
        out.transport = transportOf(connection, side);
        out.hint = base::PayloadHint::Sip;
        switch (piece.kind) {
        case WsPiece::Kind::Message:
        case WsPiece::Kind::Control:
            out.payload = base::Blob::copy(piece.bytes);
            out.cut = piece.cut;
            m_emit(std::move(out));
            break;
        case WsPiece::Kind::Gap:
            m_emit(without(out, PacketKind::StreamGap));
            break;
        case WsPiece::Kind::Close:
            side.last.time = packet.time;
            closed(connection, from, piece);
            break;
        }
    }
}

/// Bytes of the application are missing here.
void StreamLayers::gap(Connection &connection, int from)
{
    Side &side = connection.sides[from];
    flush(connection, from);
    side.fromStart = false;
    if (side.content == Content::WebSocket)
        connection.ws->gap(from);
    base::Packet out = without(side.last, PacketKind::StreamGap);
    out.transport = transportOf(connection, side);
    m_emit(std::move(out));
}

/// What was held to be looked at goes on as it is: nothing more comes.
void StreamLayers::flush(Connection &connection, int from)
{
    Side &side = connection.sides[from];
    if (side.held.empty())
        return;
    base::Packet out = withPayload(side.last, base::Blob::copy(side.held));
    out.transport = transportOf(connection, side);
    side.held.clear();
    m_emit(std::move(out));
}

void StreamLayers::end(Connection &connection, int from, const base::Packet &packet)
{
    Side &side = connection.sides[from];
    flush(connection, from);
    side.over = true;
    if (packet.kind == PacketKind::StreamReset)
        connection.sides[1 - from].over = true;
    base::Packet out = packet;
    out.transport = transportOf(connection, side);
    m_emit(std::move(out));
}

void StreamLayers::finish()
{
    while (!m_order.empty())
        drop(m_order.begin());
}

} // namespace ingest::decode
