// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/ng_blocks.h>

#include <ingest/decode/decoder.h>

namespace ingest::decode {
namespace {

/// if_tsresol: a power of ten, or of two when the highest bit is set. 0: beyond what 64 bits hold.
std::uint64_t unitsPerSecond(std::uint8_t resolution)
{
    const unsigned exponent = resolution & 0x7FU;
    if ((resolution & 0x80U) != 0)
        return exponent < 64 ? 1ULL << exponent : 0;
    if (exponent > 19)
        return 0;
    std::uint64_t units = 1;
    for (unsigned i = 0; i < exponent; ++i)
        units *= 10;
    return units;
}

/// `part` of `units` as a part of 10^9, without leaving 64 bits.
std::uint64_t nanoseconds(std::uint64_t part, std::uint64_t units)
{
    constexpr std::uint64_t kNanoseconds = 1'000'000'000;
    return units <= 16 * kNanoseconds ? part * kNanoseconds / units : part / (units / kNanoseconds);
}

} // namespace

base::Instant NgInterface::time(std::uint64_t stamp) const
{
    constexpr std::uint64_t kFar = 1ULL << 62U;
    constexpr std::int64_t kFarOffset = 1LL << 61;
    const std::uint64_t whole = std::min(stamp / unitsPerSecond, kFar);
    return clampedTime(static_cast<std::int64_t>(whole) +
                           std::clamp(offset, -kFarOffset, kFarOffset),
                       nanoseconds(stamp % unitsPerSecond, unitsPerSecond));
}

NgInterface ngInterface(std::string_view body, Order order)
{
    constexpr std::uint16_t kResolution = 9, kOffset = 14;
    NgInterface out;
    out.linkType = order.u16(body, 0);
    out.snapLength = order.u32(body, 4);
    if (body.size() < 8)
        return out;
    ngOptions(body.substr(8), order, [&](std::uint16_t code, std::string_view value) {
        if (code == kResolution && value.size() == 1) {
            const std::uint64_t units = unitsPerSecond(u8(value, 0));
            out.badClock = units == 0;
            if (units != 0)
                out.unitsPerSecond = units;
        } else if (code == kOffset && value.size() == 8) {
            out.offset = static_cast<std::int64_t>(ngNumber(value, order));
        }
    });
    return out;
}

std::uint64_t ngNumber(std::string_view bytes, Order order)
{
    const std::uint64_t first = order.u32(bytes, 0), second = order.u32(bytes, 4);
    return order.big ? first << 32U | second : second << 32U | first;
}

std::string ngComments(std::string_view options, Order order)
{
    std::string out;
    ngOptions(options, order, [&](std::uint16_t code, std::string_view value) {
        if (code != kNgComment || value.empty())
            return;
        out += out.empty() ? "" : "\n";
        out += value.substr(0, value.find('\0'));
    });
    return out;
}

} // namespace ingest::decode
