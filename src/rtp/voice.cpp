// SPDX-License-Identifier: Apache-2.0
#include <rtp/voice.h>

#include <algorithm>
#include <array>
#include <base/text.h>
#include <gsm.h>
#include <rtp/g711.h>
#include <rtp/g722.h>

namespace rtp {
namespace {

constexpr std::uint32_t kSlowest = 8000, kFastest = 192000; // L16 may have any clock
constexpr int kMostChannels = 8;
constexpr std::size_t kGsmFrame = 33, kGsmSamples = 160;

class G711 final : public VoiceDecoder, public VoiceEncoder
{
public:
    explicit G711(bool muLaw) : m_muLaw(muLaw) {}
    std::uint32_t rate() const override { return 8000; }
    void decode(std::string_view payload, std::vector<std::int16_t> &out) override
    {
        decodeG711(m_muLaw ? 0 : 8, payload, out);
    }
    std::string encode(std::span<const std::int16_t> samples) override
    {
        std::string out(samples.size(), '\0');
        std::transform(samples.begin(), samples.end(), out.begin(), [this](std::int16_t sample) {
            return static_cast<char>(m_muLaw ? muLawCode(sample) : aLawCode(sample));
        });
        return out;
    }

private:
    bool m_muLaw;
};

class G722 final : public VoiceDecoder, public VoiceEncoder
{
public:
    std::uint32_t rate() const override { return 16000; }
    void decode(std::string_view payload, std::vector<std::int16_t> &out) override
    {
        m_decoder.decode(payload, out);
    }
    std::string encode(std::span<const std::int16_t> samples) override
    {
        return m_encoder.encode(samples);
    }

private:
    G722Decoder m_decoder;
    G722Encoder m_encoder;
};

class Gsm final : public VoiceDecoder, public VoiceEncoder
{
public:
    std::uint32_t rate() const override { return 8000; }
    void decode(std::string_view payload, std::vector<std::int16_t> &out) override
    {
        std::array<gsm_signal, kGsmSamples> samples{};
        std::array<gsm_byte, kGsmFrame> frame{};
        for (; payload.size() >= kGsmFrame && m_state; payload.remove_prefix(kGsmFrame)) {
            std::copy_n(payload.begin(), kGsmFrame, frame.begin());
            if (gsm_decode(m_state.get(), frame.data(), samples.data()) != 0)
                return; // RFC 3551 section 4.5.8.1: every frame begins with the signature 0xD
            out.insert(out.end(), samples.begin(), samples.end());
        }
    }
    std::string encode(std::span<const std::int16_t> samples) override
    {
        std::string out;
        std::array<gsm_signal, kGsmSamples> part{};
        std::array<gsm_byte, kGsmFrame> frame{};
        for (; samples.size() >= kGsmSamples && m_state; samples = samples.subspan(kGsmSamples)) {
            std::copy_n(samples.begin(), kGsmSamples, part.begin());
            gsm_encode(m_state.get(), part.data(), frame.data());
            out.append(frame.begin(), frame.end());
        }
        return out;
    }

private:
    struct Destroy {
        void operator()(gsm state) const { gsm_destroy(state); }
    };
    std::unique_ptr<gsm_state, Destroy> m_state{gsm_create()};
};

class Linear final : public VoiceDecoder, public VoiceEncoder
{
public:
    Linear(std::uint32_t rate, int channels)
        : m_rate(rate), m_channels(static_cast<std::size_t>(channels))
    {
    }
    std::uint32_t rate() const override { return m_rate; }
    void decode(std::string_view payload, std::vector<std::int16_t> &out) override
    {
        const std::size_t frame = 2 * m_channels;
        for (; payload.size() >= frame; payload.remove_prefix(frame)) {
            int sum = 0;
            for (std::size_t i = 0; i < frame; i += 2)
                sum += static_cast<std::int16_t>(static_cast<unsigned char>(payload[i]) << 8U |
                                                 static_cast<unsigned char>(payload[i + 1]));
            out.push_back(static_cast<std::int16_t>(sum / static_cast<int>(m_channels)));
        }
    }
    std::string encode(std::span<const std::int16_t> samples) override
    {
        std::string out;
        out.reserve(samples.size() * 2 * m_channels);
        for (const std::int16_t sample : samples) {
            const auto bits = static_cast<std::uint16_t>(sample);
            for (std::size_t i = 0; i < m_channels; ++i) {
                out += static_cast<char>(bits >> 8U);
                out += static_cast<char>(bits & 0xFFU);
            }
        }
        return out;
    }

private:
    std::uint32_t m_rate;
    std::size_t m_channels;
};

template <class Base> std::unique_ptr<Base> made(const VoiceFormat &format)
{
    const auto is = [&format](std::string_view name) {
        return base::equalsNoCase(format.encoding, name);
    };
    if (is("L16")) {
        const bool fits = format.clock >= kSlowest && format.clock <= kFastest &&
                          format.channels >= 1 && format.channels <= kMostChannels;
        return fits ? std::make_unique<Linear>(format.clock, format.channels) : nullptr;
    }
    if (format.clock != 8000 || format.channels != 1)
        return nullptr;
    if (is("PCMU") || is("PCMA"))
        return std::make_unique<G711>(is("PCMU"));
    if (is("G722"))
        return std::make_unique<G722>();
    if (is("GSM"))
        return std::make_unique<Gsm>();
    return nullptr;
}

} // namespace

std::optional<VoiceFormat> staticVoice(std::uint8_t payloadType)
{
    switch (payloadType) {
    case 0:
        return VoiceFormat{"PCMU", 8000, 1};
    case 3:
        return VoiceFormat{"GSM", 8000, 1};
    case 8:
        return VoiceFormat{"PCMA", 8000, 1};
    case 9:
        return VoiceFormat{"G722", 8000, 1};
    case 10:
        return VoiceFormat{"L16", 44100, 2};
    case 11:
        return VoiceFormat{"L16", 44100, 1};
    default:
        return std::nullopt;
    }
}

std::unique_ptr<VoiceDecoder> voiceDecoder(const VoiceFormat &format)
{
    return made<VoiceDecoder>(format);
}

std::unique_ptr<VoiceEncoder> voiceEncoder(const VoiceFormat &format)
{
    return made<VoiceEncoder>(format);
}

} // namespace rtp
