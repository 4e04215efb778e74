// SPDX-License-Identifier: Apache-2.0
// Private to ingest: packets that a text holds as bytes, or names so that their bytes can be
// written again: through the decoder that captures go through, in the order and with the times that
// the text gives. One importer's thread; owned by the reader.
#pragma once

#include <ingest/decode/decoder.h>
#include <ingest/source.h>
#include <ingest/text/arena.h>
#include <ingest/text/emitter.h>
#include <memory>
#include <string>
#include <string_view>

namespace ingest::text {

/// What is known of a UDP datagram or a TCP segment of which a text keeps the payload.
struct Segment {
    base::Endpoint source, destination;
    bool tcp = false;
    std::uint16_t identification = 0; // of its IP header
    std::uint32_t sequence = 0, acknowledged = 0;
    std::uint8_t flags = 0x18; // TCP's, push and acknowledgement
    std::string_view payload;
};

/// The IP packet (link type 101); empty: its ends are not known or of two families, or it is larger
/// than one can be.
std::string ipPacket(const Segment &segment);

class TextFrames
{
public:
    TextFrames(const Sink &sink, const std::atomic<bool> &cancel, std::uint64_t totalBytes);

    /// Bytes of a frame, kept; `missing` of them at the end were not captured.
    void frame(base::Instant time, std::uint32_t linkType, std::string bytes,
               std::uint32_t missing = 0);
    /// A packet that needs no decoding.
    void packet(base::Packet packet);
    /// Tells the progress now and then; true: nobody wants more.
    bool stop(std::uint64_t bytesRead);
    Outcome &outcome() { return m_outcome; }
    bool hasKeys() const { return !m_sink.keyLog.empty(); } // of TLS, given with the file
    void flaw(std::string sentence) const;
    Outcome finish();

private:
    base::Blob keep(std::string bytes);

    const Sink &m_sink;
    const std::atomic<bool> &m_cancel;
    Outcome m_outcome, m_decoded;
    std::shared_ptr<Arena> m_arena;
    Emitter m_emitter;
    Sink m_inner; // takes what the decoder makes
    decode::Decoder m_decoder;
    std::uint64_t m_told = 0, m_refused = 0;
};

} // namespace ingest::text
