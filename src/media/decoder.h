// SPDX-License-Identifier: Apache-2.0
// One stream's way from RTP to samples: appsrc ! rtpjitterbuffer ! depayloader ! decoder ! convert
// ! appsink. Built and playing before its first packet. Samples arrive in an Inbox; everything else
// is the media thread's.
#pragma once

#include "codecs.h"

#include <base/inbox.h>
#include <base/time.h>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace media {

struct PayloadMap;

struct DecodedAudio {
    std::uint64_t decoder = 0;  // whose
    base::Duration position{0}; // in the stream's own time
    std::uint32_t rate = 8000;
    std::vector<std::int16_t> samples;
};

class Decoder
{
public:
    /// `sink` outlives the decoder.
    static base::Result<std::unique_ptr<Decoder>> make(const Codec &codec,
                                                       const PayloadMap &payload, std::uint64_t id,
                                                       base::Inbox<DecodedAudio> &sink);
    ~Decoder();

    std::uint64_t id() const { return m_id; }
    const Codec &codec() const { return m_codec; }
    /// A whole RTP packet and when the kernel saw it. False: the chain is broken.
    bool push(std::string_view rtp, base::Instant arrived);
    /// How long a missing packet is waited for; none until told, so that the first one is not held
    /// back.
    void latency(base::Duration latency);
    /// Packets that came after their turn, from the jitter buffer.
    std::uint64_t late() const;
    /// Why the chain broke, nullopt: it did not.
    std::optional<std::string> trouble();

private:
    struct Chain;
    Decoder(const Codec &codec, std::uint64_t id, std::unique_ptr<Chain> chain);

    const Codec &m_codec;
    std::uint64_t m_id;
    std::unique_ptr<Chain> m_chain;
};

} // namespace media
