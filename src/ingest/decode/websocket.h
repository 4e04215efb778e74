// SPDX-License-Identifier: Apache-2.0
// One WebSocket connection (RFC 6455) from its HTTP upgrade on: whole messages, as RFC 7118 puts
// SIP into them. Masking, fragments, control frames between them, permessage-deflate (RFC 7692);
// bounded. Importer's thread, owned by the StreamLayers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ingest::decode {

struct WsPiece {
    enum class Kind : std::uint8_t {
        Message, // `bytes`, whole or `cut`
        Control, // a ping or pong: the frame, unmasked
        Close,   // `bytes` is the reason, `code` 0: none given
        Gap,     // a message or more could not be read
    };
    Kind kind = Kind::Message;
    std::string bytes;
    bool cut = false;
    std::uint16_t code = 0;
};

class WsStream
{
public:
    WsStream();
    ~WsStream();
    WsStream(const WsStream &) = delete;
    WsStream &operator=(const WsStream &) = delete;

    /// The bytes begin an HTTP head; they may be short.
    static bool looksLikeHead(std::string_view bytes);
    /// Where the head ends, npos: it is not complete.
    static std::size_t headEnd(std::string_view bytes);
    /// A request for an upgrade to WebSocket, or the answer that grants it.
    static bool upgrades(std::string_view head);
    /// A frame that begins a SIP message: how a connection is known whose upgrade was not captured.
    static bool looksLikeSipFrame(std::string_view bytes);

    /// A head that upgrades: which subprotocol and extension were agreed on.
    void head(std::string_view text);
    std::vector<WsPiece> add(int from, std::string_view bytes);
    /// Bytes of that direction are missing here.
    void gap(int from);
    /// The subprotocol is SIP, or a message was.
    bool sip() const { return m_sip; }
    /// Compressed messages that could not be read, and frames that are none.
    std::uint64_t unreadable() const { return m_unreadable; }
    std::size_t held() const;

private:
    struct Inflater;
    struct Frame;
    struct Side {
        std::string held;       // begins with the frame under way
        std::size_t begin = 0;  // of it in `held`
        std::uint64_t skip = 0; // bytes of a frame that is not kept
        std::string message;    // of the fragments that came
        bool open = false;      // more fragments follow
        bool cut = false;       // the message is longer than what is kept
        bool packed = false;    // the message is compressed
        bool lost = false;      // the next frame's beginning is not known
        std::unique_ptr<Inflater> inflater;
    };
    using Out = std::vector<WsPiece>;

    static bool readFrame(std::string_view bytes, Frame &frame);
    bool next(Side &side, Out &out);
    void frame(Side &side, const Frame &frame, const std::string &payload, Out &out);
    void finish(Side &side, Out &out);
    bool inflate(Side &side);
    void lose(Side &side, Out &out);

    Side m_sides[2];
    bool m_sip = false, m_answered = false;
    bool m_packs = true; // compression was agreed on, as far as is known
    std::uint64_t m_unreadable = 0;
};

} // namespace ingest::decode
