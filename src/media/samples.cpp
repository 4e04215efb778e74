// SPDX-License-Identifier: Apache-2.0
#include "samples.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <optional>

namespace media {

namespace {

constexpr std::uint32_t kLongestSeconds = 600;
constexpr std::size_t kMostBytes = 512UL * 1024 * 1024;

std::uint32_t little(std::string_view bytes, std::size_t at, std::size_t width)
{
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < width; ++i)
        value |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[at + i])) << (8 * i);
    return value;
}

struct Format {
    std::uint32_t kind = 0, channels = 0, rate = 0, bits = 0;
    bool usable() const
    {
        const bool integer = kind == 1 && (bits == 8 || bits == 16 || bits == 24 || bits == 32);
        return (integer || (kind == 3 && bits == 32)) && (channels == 1 || channels == 2) &&
               rate >= 4000 && rate <= 192000;
    }
    std::size_t frame() const { return channels * bits / 8; }
};

Format readFormat(std::string_view chunk)
{
    Format f{little(chunk, 0, 2), little(chunk, 2, 2), little(chunk, 4, 4), little(chunk, 14, 2)};
    if (f.kind == 0xFFFE && chunk.size() >= 26) // "extensible": the real kind opens the sub-format
        f.kind = little(chunk, 24, 2);
    return f;
}

int sampleAt(std::string_view data, std::size_t at, const Format &f)
{
    const std::uint32_t raw = little(data, at, f.bits / 8);
    if (f.kind == 3) {
        const auto value = std::bit_cast<float>(raw);
        return std::isfinite(value) ? static_cast<int>(std::clamp(value, -1.F, 1.F) * 32767) : 0;
    }
    if (f.bits == 8) // 8 bit WAV is unsigned
        return (static_cast<int>(raw) - 128) * 256;
    return static_cast<std::int32_t>(raw << (32 - f.bits)) >> 16;
}

Samples decode(std::string_view data, const Format &f)
{
    Samples out;
    out.rate = f.rate;
    const std::size_t count = std::min<std::size_t>(
        data.size() / f.frame(), static_cast<std::size_t>(f.rate) * kLongestSeconds);
    out.mono.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        int sum = 0;
        for (std::uint32_t c = 0; c < f.channels; ++c)
            sum += sampleAt(data, i * f.frame() + c * (f.bits / 8), f);
        out.mono.push_back(static_cast<std::int16_t>(sum / static_cast<int>(f.channels)));
    }
    return out;
}

} // namespace

base::Result<Samples> parseWav(std::string_view bytes, const std::string &name)
{
    const auto refuse = [&](const std::string &why) {
        return base::fail(base::ErrorCode::BadInput, name + " cannot be sent as audio: " + why +
                                                         " Choose a WAV file with PCM sound.");
    };
    if (bytes.size() < 12 || bytes.substr(0, 4) != "RIFF" || bytes.substr(8, 4) != "WAVE")
        return refuse("it is no WAV file.");
    std::optional<Format> format;
    std::size_t at = 12;
    while (at + 8 <= bytes.size()) {
        const std::string_view id = bytes.substr(at, 4);
        const std::size_t declared = little(bytes, at + 4, 4);
        const std::string_view chunk = bytes.substr(at + 8, declared); // a cut file: what there is
        if (id == "fmt " && chunk.size() >= 16)
            format = readFormat(chunk);
        if (id == "data") {
            if (!format || !format->usable())
                return refuse("its sample format is not supported.");
            Samples samples = decode(chunk, *format);
            if (samples.mono.empty())
                return refuse("it holds no sound.");
            return samples;
        }
        at += 8 + declared + declared % 2;
    }
    return refuse("it holds no sound.");
}

base::Result<Samples> readWav(const std::string &path)
{
    std::ifstream in(path, std::ios::binary | std::ios::ate);
    const auto size = in ? static_cast<std::streamoff>(in.tellg()) : -1;
    if (size < 0)
        return base::fail(base::ErrorCode::NotFound,
                          "The audio file " + path +
                              " cannot be read. Choose another file to send.");
    std::string bytes(std::min<std::size_t>(static_cast<std::size_t>(size), kMostBytes), '\0');
    in.seekg(0);
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, in.gcount())));
    return parseWav(bytes, path);
}

std::vector<std::int16_t> resample(std::span<const std::int16_t> in, std::uint32_t from,
                                   std::uint32_t to)
{
    if (from == to || in.empty() || from == 0 || to == 0)
        return {in.begin(), in.end()};
    const std::size_t count =
        static_cast<std::size_t>(static_cast<std::uint64_t>(in.size()) * to / from);
    const double step = static_cast<double>(from) / to;
    std::vector<std::int16_t> out;
    out.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const double at = static_cast<double>(i) * step;
        const auto first = std::min(static_cast<std::size_t>(at), in.size() - 1);
        double value = 0;
        if (step > 1) {
            const auto last =
                std::min(std::max(first + 1, static_cast<std::size_t>(at + step)), in.size());
            for (std::size_t k = first; k < last; ++k)
                value += in[k];
            value /= static_cast<double>(last - first);
        } else {
            const auto next = std::min(first + 1, in.size() - 1);
            value = in[first] + (in[next] - in[first]) * (at - static_cast<double>(first));
        }
        out.push_back(static_cast<std::int16_t>(std::lround(value)));
    }
    return out;
}

} // namespace media
