// SPDX-License-Identifier: Apache-2.0
// A captured stream as sound. A Spool keeps its payloads, whoever captured them; bytes of a mapped
// file stay there; one thread adds, any thread asks. A Reel is what a Spool held when somebody
// asked, a value. A ReelReader decodes it on its sender's clock, from any moment on, a piece at a
// time; it belongs to one thread and takes memory for some packets only.
#pragma once

#include <atomic>
#include <base/packet.h>
#include <base/time.h>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <rtp/rate_converter.h>
#include <rtp/rtp_packet.h>
#include <rtp/voice.h>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rtp {

struct Reel {
    using Copies = std::deque<std::string>;
    struct Piece { // a packet
        base::Instant at;
        const char *data = nullptr;
        std::uint32_t timestamp = 0;
        std::uint16_t size = 0;
        std::uint8_t format = 0; // index
        std::string_view payload() const { return {data, size}; }
    };
    std::vector<Piece> pieces; // as they arrived
    std::vector<VoiceFormat> formats;
    base::Instant first;
    std::vector<std::shared_ptr<const void>> owners; // of the payloads
};

/// Bytes of all spools of a table.
using SpoolStock = std::shared_ptr<std::atomic<std::size_t>>;

class Spool
{
public:
    explicit Spool(SpoolStock stock);
    ~Spool();
    Spool(const Spool &) = delete;
    Spool &operator=(const Spool &) = delete;

    /// `format`: what the payload is. Ignored once it was given up.
    void add(const base::Packet &packet, const RtpPacket &rtp, const VoiceFormat &format);
    /// Gives its bytes back and keeps none any more. False: that was done before.
    bool giveUp();
    bool givenUp() const;
    /// What is kept; it stays readable, whatever becomes of the spool, while the session lives that
    /// maps the capture.
    Reel reel() const;

private:
    void hold(std::size_t bytes);
    std::string_view keep(const base::Packet &packet, std::string_view payload);

    mutable std::mutex m_mutex;
    SpoolStock m_stock;
    std::size_t m_held = 0;
    std::vector<Reel::Piece> m_pieces;
    std::vector<VoiceFormat> m_formats;
    std::shared_ptr<const void> m_owner; // of a mapped file
    std::shared_ptr<Reel::Copies> m_copies = std::make_shared<Reel::Copies>();
    bool m_givenUp = false;
};

class ReelReader
{
public:
    using Decoders = std::function<std::unique_ptr<VoiceDecoder>(const VoiceFormat &)>;
    /// Samples come at `rate` Hz. `decoders`: for a format that has no decoder here; what it gives
    /// may be null, the format is silence then.
    ReelReader(Reel reel, std::uint32_t rate, Decoders decoders = {});
    ~ReelReader();
    ReelReader(ReelReader &&) noexcept;

    /// When it sounds, by the clock of whoever captured it.
    base::Instant from() const { return m_from; }
    base::Instant to() const { return m_to; }
    /// When the first packet behind `at` begins to sound; nullopt: none does.
    std::optional<base::Instant> soundBehind(base::Instant at) const;
    /// The next read() begins there. Decoders that adapt to what they heard begin a little earlier.
    void seek(base::Instant at);
    /// Adds what sounds next to `out`; silence where nothing came.
    void add(std::span<std::int32_t> out);
    /// Encodings without a decoder that were met.
    const std::vector<std::string_view> &unheard() const { return m_unheard; }

private:
    struct Placed {
        base::Duration at{0}; // on the sender's clock, since the first packet
        std::uint32_t piece = 0;
    };
    void place();
    std::size_t indexBehind(base::Duration when) const; // in m_order
    void produce();
    void sound(const Reel::Piece &piece);
    void quiet(base::Duration length);
    void take(std::uint32_t rate);
    VoiceDecoder *decoderOf(std::uint8_t format);

    Reel m_reel;
    std::uint32_t m_rate;
    Decoders m_make;
    std::vector<Placed> m_order;
    base::Instant m_from, m_to;
    std::size_t m_next = 0;
    base::Duration m_cursor{0}; // of the sound that was produced
    std::map<std::uint8_t, std::unique_ptr<VoiceDecoder>> m_decoders;
    std::vector<std::string_view> m_unheard;
    RateConverter m_converter;
    std::vector<std::int16_t> m_samples; // decoded, at m_native
    std::uint32_t m_native = 8000;       // the codec's own rate
    std::vector<float> m_ready;          // at m_rate
    std::size_t m_drop = 0;              // of what gets ready
    double m_noise = 0;                  // amplitude of the comfort noise that holds; 0: none
    std::uint32_t m_random = 1;
};

} // namespace rtp
