// SPDX-License-Identifier: Apache-2.0
// Spools of captured tones, as a stream table makes them.
#pragma once

#include <memory>
#include <rtp/g711.h>
#include <rtp/reel.h>
#include <support/sounds.h>

namespace support {

constexpr base::Instant kTaped{1'700'000'000LL * 1'000'000'000LL};

/// PCMU, a tone of -20 dBFS from `from` seconds on for `seconds`.
inline std::shared_ptr<rtp::Spool> tapedTone(double hertz, double from, double seconds)
{
    auto tape = std::make_shared<rtp::Spool>(std::make_shared<std::atomic<std::size_t>>(0));
    const auto samples = pcm(atLevel(tones({hertz}, {}, seconds), -20));
    for (std::size_t at = 0; at + 160 <= samples.size(); at += 160) {
        std::string payload;
        for (std::size_t i = 0; i < 160; ++i)
            payload += static_cast<char>(rtp::muLawCode(samples[at + i]));
        base::Packet packet;
        packet.time = kTaped + base::Duration{static_cast<std::int64_t>(from * 1e9)} +
                      base::Duration{static_cast<std::int64_t>(at) * 125'000};
        packet.payload = base::Blob::copy(payload);
        rtp::RtpPacket rtp;
        rtp.timestamp = static_cast<std::uint32_t>(at);
        rtp.payload = packet.payload.text();
        tape->add(packet, rtp, *rtp::staticVoice(0));
    }
    return tape;
}

} // namespace support
