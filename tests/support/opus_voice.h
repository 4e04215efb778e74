// SPDX-License-Identifier: Apache-2.0
// Opus payloads for tests; the product itself only reads them outside of GStreamer.
#pragma once

#include <cstdint>
#include <memory>
#include <opus.h>
#include <span>
#include <string>

namespace support {

class OpusVoice
{
public:
    static constexpr std::uint32_t kRate = 48000;
    /// The payload of 20 ms: 960 mono samples, carried as stereo (RFC 7587 section 7).
    std::string encode(std::span<const std::int16_t> samples)
    {
        std::string out(1275, '\0');
        const int size = opus_encode(
            m_state.get(), samples.data(), static_cast<int>(samples.size()),
            reinterpret_cast<unsigned char *>(out.data()), static_cast<opus_int32>(out.size()));
        out.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
        return out;
    }

private:
    struct Destroy {
        void operator()(OpusEncoder *state) const { opus_encoder_destroy(state); }
    };
    std::unique_ptr<OpusEncoder, Destroy> m_state{
        opus_encoder_create(kRate, 1, OPUS_APPLICATION_AUDIO, nullptr)};
};

} // namespace support
