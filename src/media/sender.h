// SPDX-License-Identifier: Apache-2.0
// Paces one RTP stream to one remote: a packet every 20 ms on the monotonic clock, so that NAT and
// media relays see packets from our port and latch to it. Media thread.
#pragma once

#include "encoder.h"
#include "media.h"
#include "tone.h"

#include <base/endpoint.h>
#include <base/time.h>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <rtp/event_sender.h>
#include <span>
#include <string_view>
#include <vector>

namespace media {

class Sender
{
public:
    using Send = std::function<bool(const base::Endpoint &to, std::string_view packet)>;
    /// Told of sound that left, as it was before it was encoded; `due`: monotonic.
    using Said = std::function<void(base::Duration due, std::span<const std::int16_t> samples)>;
    /// SSRC, sequence and time stamp begin at random (RFC 3550 section 5.1), drawn from `seed`.
    Sender(PayloadMap payload, base::Endpoint to, std::unique_ptr<Encoder> encoder,
           std::unique_ptr<Voice> voice, std::uint64_t seed);
    /// What a receiver and its RTCP know a sender by. It goes on when the session does: after a
    /// hold, to another address, in another codec of the same clock (RFC 3550 section 8).
    struct Course {
        std::uint32_t clock = 0;
        base::Duration due{0};
        std::uint32_t ssrc = 0, timestamp = 0;
        std::uint16_t sequence = 0;
        std::uint32_t packets = 0, octets = 0; // of payload; they wrap as a report's do
    };
    Course course() const;
    /// Takes up where that one stopped; of another clock it is another source (section 5.2).
    void resume(const Course &course);

    const base::Endpoint &to() const { return m_to; }
    const PayloadMap &payload() const { return m_payload; }
    /// The monotonic time of the next packet.
    base::Duration due() const { return m_due; }
    /// Sends what is due; after a long stop it goes on from now instead of making up for it.
    void run(base::Duration now, const Send &send, const Said &said = {});
    std::uint64_t sent() const { return m_sent; }
    std::uint32_t rate() const { return m_encoder->rate(); } // of the voice's samples
    /// Something else is said from the next packet on.
    void say(std::unique_ptr<Voice> voice) { m_voice = std::move(voice); }
    std::string trouble() const { return m_voice->trouble(); }

    /// The peer takes telephone events of our clock as this payload type; nullopt: it takes none.
    void events(std::optional<std::uint8_t> payloadType);
    bool takesEvents() const { return m_eventType.has_value(); }
    /// Pressed one after another, from the next packet on. Returns how many.
    std::size_t press(std::string_view keys, const rtp::EventSender::Timing &timing)
    {
        return m_eventType ? m_keys.press(keys, timing) : 0;
    }
    std::uint64_t pressed() const { return m_keys.pressed(); }

    // What a sender report says (RFC 3550 section 6.4.1).
    std::uint32_t ssrc() const { return m_ssrc; }
    std::uint32_t packets() const { return m_packets; }
    std::uint32_t octets() const { return m_octets; }
    std::uint32_t clock() const;
    /// The RTP timestamp of that monotonic moment.
    std::uint32_t timestampAt(base::Duration now) const;

private:
    bool put(std::string_view payload, std::uint8_t type, std::uint32_t timestamp, bool marker,
             const Send &send);
    void turn(const Send &send, const Said &said);

    PayloadMap m_payload;
    std::optional<std::uint8_t> m_eventType;
    rtp::EventSender m_keys;
    base::Endpoint m_to;
    std::unique_ptr<Encoder> m_encoder;
    std::unique_ptr<Voice> m_voice;
    std::vector<std::int16_t> m_frame;
    base::Duration m_due{0};
    std::uint32_t m_ssrc, m_timestamp;
    std::uint16_t m_sequence;
    bool m_marker = true;
    std::uint64_t m_sent = 0;
    std::uint32_t m_packets = 0, m_octets = 0; // as in Course
};

} // namespace media
