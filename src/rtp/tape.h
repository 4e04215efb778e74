// SPDX-License-Identifier: Apache-2.0
// The first half minute of a stream of rtp/voice.h, kept so that whoever asks is told what is heard
// in it: nobody asks of most streams of a capture, and listening costs far more than counting.
// Bytes of a mapped file stay there. One thread adds, any thread asks. Bounded, all tapes together
// too.
#pragma once

#include <atomic>
#include <base/packet.h>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <rtp/ear.h>
#include <rtp/heard.h>
#include <rtp/loudness.h>
#include <rtp/rtp_packet.h>
#include <rtp/voice.h>
#include <vector>

namespace rtp {

/// What all tapes of a table hold, in bytes.
using TapeStock = std::shared_ptr<std::atomic<std::size_t>>;

class Tape
{
public:
    explicit Tape(TapeStock stock);
    ~Tape();
    Tape(const Tape &) = delete;
    Tape &operator=(const Tape &) = delete;

    /// `format`: what the payload is. Ignored once it is full.
    void add(const base::Packet &packet, const RtpPacket &rtp, const VoiceFormat &format);
    /// What was heard of what arrived before `until`; nullopt: nothing did.
    std::optional<Heard> heard(base::Instant until) const;
    /// What the last heard() said; it waits for nothing. nullopt: nobody asked yet.
    std::optional<Heard> told() const;
    /// Up to when; unknown: nobody asked yet.
    base::Instant toldUntil() const;
    /// How loud it was by arrival, where a stream's own figures do not know (they are of G.711 and
    /// L16). Each call measures a few hundred packets more and returns soon, at once while another
    /// thread listens; `more`: some are left to be measured.
    Loudness loudness(bool &more) const;
    /// The same, one part after another.
    std::vector<Heard> parts(base::Instant until) const;
    /// Listens to all of it now and gives the bytes back. False: that was done before.
    bool digest();

private:
    struct Piece {
        base::Instant at;
        std::string_view payload;
        std::uint32_t timestamp = 0;
        std::uint8_t format = 0; // index
    };
    std::string_view keep(const base::Packet &packet, std::string_view payload);
    std::optional<std::uint8_t> indexOf(const VoiceFormat &format);
    Ear earAt(base::Instant until) const;
    struct Listener;
    const Listener &listen(base::Instant until) const;

    mutable std::mutex m_mutex;
    TapeStock m_stock;
    std::size_t m_held = 0;
    std::vector<Piece> m_pieces;
    std::vector<VoiceFormat> m_formats;
    std::shared_ptr<const void> m_owner; // of a mapped file
    std::deque<std::string> m_copies;
    base::Instant m_first;
    bool m_digested = false;
    mutable std::unique_ptr<Listener> m_listener; // how far somebody has listened
    struct Measure;
    void measure(std::size_t most) const;
    mutable std::unique_ptr<Measure> m_measure;
    mutable std::mutex m_toldMutex; // never held for long
    mutable std::optional<Heard> m_told;
    mutable base::Instant m_toldUntil;
    mutable Loudness m_levels; // as far as measured when last asked
};

} // namespace rtp
