// SPDX-License-Identifier: Apache-2.0
// Turns 20 ms of sound into RTP payloads: by rtp/voice.h, Opus by GStreamer. Owned by a sender,
// media thread.
#pragma once

#include <base/result.h>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

namespace media {

struct PayloadMap;

class Encoder
{
public:
    /// `units` of the RTP clock are in the payload.
    using Take = std::function<void(std::string_view payload, std::uint32_t units)>;
    virtual ~Encoder() = default;
    virtual std::uint32_t rate() const = 0;      // of the samples it takes
    virtual std::uint32_t clockStep() const = 0; // RTP timestamp units in 20 ms
    /// Exactly 20 ms. `take` may get the payload of an earlier frame, or none yet.
    virtual void encode(std::span<const std::int16_t> frame, const Take &take) = 0;
};

/// Error: not a codec that we can send.
base::Result<std::unique_ptr<Encoder>> makeEncoder(const PayloadMap &payload);

} // namespace media
