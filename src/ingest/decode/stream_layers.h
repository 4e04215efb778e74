// SPDX-License-Identifier: Apache-2.0
// Between the TCP table and the sink: takes TLS and WebSocket off the connections that carry them.
// What comes out is stream packets of transport Tls, Ws or Wss; other connections pass untouched.
// Bounded. One importer's thread; owned by the Decoder.
#pragma once

#include <base/packet.h>
#include <cstdint>
#include <functional>
#include <ingest/decode/tls_keylog.h>
#include <ingest/decode/tls_stream.h>
#include <ingest/decode/websocket.h>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace ingest::decode {

class StreamLayers
{
public:
    using Emit = std::function<void(base::Packet)>;
    explicit StreamLayers(Emit emit);

    TlsKeyLog &keys() { return m_keys; }
    /// Called before each TLS connection that is met.
    void onTls(std::function<void()> begins) { m_tlsBegins = std::move(begins); }
    /// StreamData, StreamGap, StreamFin, StreamReset as the TcpTable tells them.
    void add(base::Packet packet);
    /// The input ended: what could not be read is told.
    void finish();
    /// TLS connections that stayed closed, or parts of them; after finish().
    std::uint64_t closedCount() const { return m_closed; }
    /// Sentences about what stayed closed, for the user.
    /// `given`: the user gave a key log, and wants to know what became of it.
    std::vector<std::string> losses(bool given) const;

private:
    enum class Content : std::uint8_t { Undecided, Plain, WebSocket };
    struct Side {
        std::uint32_t stream = 0;
        Content content = Content::Undecided; // of what TLS held, or of the connection itself
        bool fromStart = true;
        bool over = false;
        int doubts = 0;    // plain as far as is known: so many packets more may show frames
        std::string held;  // while undecided
        base::Packet last; // without payload
    };
    struct Connection {
        std::size_t held() const;
        bool idle() const;      // nothing to take off it
        base::Endpoint ends[2]; // in order
        Side sides[2];          // [i]: sent by ends[i]
        std::unique_ptr<TlsStream> tls;
        std::unique_ptr<WsStream> ws;
        std::size_t counted = 0; // of what is held, in m_held
    };
    struct Key {
        base::Endpoint low, high;
        friend bool operator==(const Key &, const Key &) = default;
    };
    struct Hash {
        std::size_t operator()(const Key &key) const noexcept;
    };
    using Connections = std::list<Connection>; // the longest unseen first

    Connections::iterator find(const base::Packet &packet);
    void drop(Connections::iterator at);
    void settle(Connections::iterator at);
    void passed(std::uint32_t stream);
    void data(Connection &connection, int from, base::Packet packet);
    void tls(Connection &connection, int from, const base::Packet &packet);
    void application(Connection &connection, int from, base::Packet packet);
    void doubt(Connection &connection, int from, std::string_view bytes);
    void webSocket(Connection &connection, int from, const base::Packet &packet);
    void gap(Connection &connection, int from);
    void flush(Connection &connection, int from);
    void end(Connection &connection, int from, const base::Packet &packet);
    static bool isTls(const Connection &connection, const Side &side, std::string_view bytes);
    static Content decide(const Connection &connection, const Side &side, std::string_view bytes);
    static base::Transport transportOf(const Connection &connection, const Side &side);
    static bool maySip(const Connection &connection);
    void note(const Connection &connection, int from, std::string sentence);
    static std::string failure(const Connection &connection, int from, const TlsPiece &piece);
    void alert(const Connection &connection, int from, const TlsPiece &piece);
    void closed(const Connection &connection, int from, const WsPiece &piece);
    void tell(const Connection &connection);
    std::string keyLogText() const;

    Emit m_emit;
    std::function<void()> m_tlsBegins;
    TlsKeyLog m_keys;
    Connections m_order;
    std::unordered_map<Key, Connections::iterator, Hash> m_byKey;
    std::vector<bool> m_passed; // by stream: it carries neither TLS nor WebSocket
    std::map<std::string, std::uint64_t> m_failures; // handshakes that an alert ended: sentence
    std::size_t m_notes = 0, m_held = 0;
    std::uint64_t m_evicted = 0, m_tls = 0, m_keyed = 0, m_closed = 0, m_foreign = 0,
                  m_closedBytes = 0, m_unreadable = 0;
};

} // namespace ingest::decode
