// SPDX-License-Identifier: Apache-2.0
#include <rtp/voice.h>

#include <algorithm>
#include <array>
#include <base/text.h>
#include <gsm.h>
#include <opus.h>
#include <rtp/g711.h>
#include <rtp/g722.h>
#include <rtp/g729.h>

namespace rtp {
namespace {

constexpr std::uint32_t kSlowest = 8000, kFastest = 192000; // L16 may have any clock
constexpr int kMostChannels = 8;
constexpr std::size_t kGsmFrame = 33, kGsmSamples = 160;
constexpr int kOpusRate = 48000, kMostOpusSamples = kOpusRate * 120 / 1000; // RFC 6716 section 3.2
constexpr std::size_t kMostOpusBytes = 65536;

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

/// RFC 7587: 48000 in RTP whatever is inside; the library mixes stereo to one.
class Opus final : public VoiceDecoder
{
public:
    std::uint32_t rate() const override { return kOpusRate; }
    void decode(std::string_view payload, std::vector<std::int16_t> &out) override
    {
        if (payload.empty() || payload.size() > kMostOpusBytes || !m_state)
            return;
        std::array<opus_int16, kMostOpusSamples> samples{};
        const int count = opus_decode(
            m_state.get(), reinterpret_cast<const unsigned char *>(payload.data()),
            static_cast<opus_int32>(payload.size()), samples.data(), kMostOpusSamples, 0);
        if (count > 0)
            out.insert(out.end(), samples.begin(), samples.begin() + count);
    }

private:
    struct Destroy {
        void operator()(OpusDecoder *state) const { opus_decoder_destroy(state); }
    };
    std::unique_ptr<OpusDecoder, Destroy> m_state{opus_decoder_create(kOpusRate, 1, nullptr)};
};

constexpr std::array<std::string_view, 8> kNames{
    "PCMU", "PCMA", "G722", "GSM", "L16", "opus", kComfortNoise.encoding, kG729.encoding};

bool canBe(const VoiceFormat &format)
{
    if (base::equalsNoCase(format.encoding, "L16"))
        return format.clock >= kSlowest && format.clock <= kFastest && format.channels >= 1 &&
               format.channels <= kMostChannels;
    if (base::equalsNoCase(format.encoding, "opus")) // RFC 7587 section 7: always that
        return format.clock == kOpusRate && format.channels == 2;
    if (base::equalsNoCase(format.encoding,
                           kComfortNoise.encoding)) // of the clock that the voice beside it has
        return format.clock >= kSlowest && format.clock <= kFastest && format.channels == 1;
    return format.clock == 8000 && format.channels == 1;
}

template <class Base> std::unique_ptr<Base> made(const VoiceFormat &format)
{
    const auto is = [&format](std::string_view name) {
        return base::equalsNoCase(format.encoding, name);
    };
    if (!canBe(format))
        return nullptr;
    if (is("L16"))
        return std::make_unique<Linear>(format.clock, format.channels);
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
    case 13:
        return kComfortNoise;
    case 18:
        return kG729;
    default:
        return std::nullopt;
    }
}

std::optional<VoiceFormat> namedVoice(std::string_view encoding, std::uint32_t clock, int channels)
{
    for (const std::string_view name : kNames)
        if (base::equalsNoCase(name, encoding) && canBe({name, clock, channels}))
            return VoiceFormat{name, clock, channels};
    return std::nullopt;
}

std::unique_ptr<VoiceDecoder> voiceDecoder(const VoiceFormat &format)
{
    if (base::equalsNoCase(format.encoding, "opus"))
        return canBe(format) ? std::make_unique<Opus>() : nullptr;
    return made<VoiceDecoder>(format);
}

std::unique_ptr<VoiceEncoder> voiceEncoder(const VoiceFormat &format)
{
    return made<VoiceEncoder>(format);
}

} // namespace rtp
