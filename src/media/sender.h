// SPDX-License-Identifier: Apache-2.0
// Paces one RTP stream to one remote: a packet every 20 ms on the monotonic clock, so that NAT and
// media relays see packets from our port and latch to it. Media thread.
#pragma once

#include "encoder.h"
#include "tone.h"

#include <base/endpoint.h>
#include <base/time.h>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace media {

class Sender
{
public:
    using Send = std::function<bool(const base::Endpoint &to, std::string_view packet)>;
    /// SSRC, sequence and time stamp begin at random (RFC 3550 section 5.1), drawn from `seed`.
    Sender(std::uint8_t payloadType, base::Endpoint to, std::unique_ptr<Encoder> encoder,
           std::unique_ptr<Voice> voice, std::uint64_t seed);

    const base::Endpoint &to() const { return m_to; }
    std::uint8_t payloadType() const { return m_payloadType; }
    /// The monotonic time of the next packet.
    base::Duration due() const { return m_due; }
    /// Sends what is due; after a long stop it goes on from now instead of making up for it.
    void run(base::Duration now, const Send &send);
    std::uint64_t sent() const { return m_sent; }

private:
    std::uint8_t m_payloadType;
    base::Endpoint m_to;
    std::unique_ptr<Encoder> m_encoder;
    std::unique_ptr<Voice> m_voice;
    std::vector<std::int16_t> m_frame;
    base::Duration m_due{0};
    std::uint32_t m_ssrc, m_timestamp;
    std::uint16_t m_sequence;
    bool m_marker = true;
    std::uint64_t m_sent = 0;
};

} // namespace media
