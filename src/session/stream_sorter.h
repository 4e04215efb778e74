// SPDX-License-Identifier: Apache-2.0
// One framer per direction of a connection that carries SIP; connections that carry something else
// are dropped after their first bytes. Bounded in number and in bytes held. Analysis thread, owned
// by Folds.
#pragma once

#include <base/packet.h>
#include <optional>
#include <session/generations.h>
#include <sip/framer.h>
#include <vector>

namespace session {

class StreamSorter
{
public:
    struct Piece {
        sip::Frame frame;
        base::Packet packet;   // whose frame it is: ends, stream, payload
        std::string_view view; // of the packet's payload, if the frame lies there whole
        std::string_view text() const { return view.empty() ? std::string_view(frame.text) : view; }
    };

    /// StreamData, StreamGap, StreamFin, StreamReset. Pieces come in order; `carriesSip` tells
    /// whether the connection's end is of interest.
    std::vector<Piece> add(const base::Packet &packet, bool &carriesSip);
    /// Every connection of that origin has ended (its capture file was read).
    std::vector<Piece> endAll(base::Origin origin);
    std::uint64_t evicted() const { return m_streams.evicted() + m_overfull; }

private:
    enum class Content : std::uint8_t { Undecided, Sip, Foreign };
    struct Stream {
        Content content = Content::Undecided;
        bool fromStart = true;  // false: bytes before were not captured
        std::size_t unread = 0; // bytes while undecided
        std::unique_ptr<sip::Framer> framer;
        base::Packet last;     // without payload
        base::Instant arrived; // of what the framer holds, the last byte
    };

    Content decide(const Stream &stream, const base::Packet &packet) const;
    void data(Stream &stream, const base::Packet &packet, std::vector<Piece> &out);
    void close(Stream &stream, const base::Packet &packet, std::vector<Piece> &out);
    static void whole(Stream &stream, const base::Packet &packet, std::vector<Piece> &out);
    static void collect(Stream &stream, std::vector<sip::Frame> frames, const base::Packet &packet,
                        std::size_t heldBefore, std::vector<Piece> &out);

    Generations<std::uint64_t, Stream> m_streams{16384};
    std::size_t m_held = 0; // bytes in all framers
    std::uint64_t m_overfull = 0;
};

} // namespace session
