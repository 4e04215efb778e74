// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/wireless.h>

#include <ingest/decode/bytes.h>
#include <ingest/decode/ether.h>

namespace ingest::decode {
namespace {

constexpr Order kLittle{false};

/// `aligned`: the driver fills the header up to a multiple of four.
std::optional<std::string_view> dataFrame(std::string_view frame, bool aligned)
{
    const unsigned type = u8(frame, 0), flags = u8(frame, 1);
    const bool data = (type & 0x0CU) == 0x08U, quality = (type & 0x80U) != 0;
    const bool empty = (type & 0x40U) != 0, hidden = (flags & 0x40U) != 0;
    if (!data || empty || hidden)
        return std::nullopt;
    std::size_t header = 24;
    if ((flags & 0x03U) == 0x03U) // between two access points: a fourth address
        header += 6;
    bool several = false; // frames in one (A-MSDU); the first is read
    if (quality) {
        several = (u8(frame, header) & 0x80U) != 0;
        header += (flags & 0x80U) != 0 ? 6 : 2; // with the high-throughput field
    }
    if (aligned)
        header = (header + 3) / 4 * 4;
    if (several)
        header += 14;
    if (frame.size() <= header)
        return std::nullopt;
    return behindLlc(frame.substr(header));
}

} // namespace

std::optional<std::string_view> behindWireless(std::string_view frame)
{
    return dataFrame(frame, false);
}

std::optional<std::string_view> behindRadiotap(std::string_view frame)
{
    const std::size_t length = kLittle.u16(frame, 2);
    if (u8(frame, 0) != 0 || length < 8 || frame.size() <= length)
        return std::nullopt;
    // Only one field matters: flags, behind a time stamp of eight bytes if that is there.
    const std::uint32_t present = kLittle.u32(frame, 4);
    std::size_t at = 8;
    for (std::uint32_t word = present; (word >> 31U) != 0 && at < length; at += 4)
        word = kLittle.u32(frame, at);
    if ((present & 1U) != 0)
        at = (at + 7) / 8 * 8 + 8;
    const unsigned flags = (present & 2U) != 0 && at < length ? u8(frame, at) : 0U;
    return dataFrame(frame.substr(length), (flags & 0x20U) != 0);
}

std::optional<std::string_view> behindPrism(std::string_view frame)
{
    // AVS begins with a big-endian magic number, Prism with a message code in the machine's order.
    std::size_t length = be32(frame, 4);
    if (be32(frame, 0) >> 12U != 0x80211U && be32(frame, 0) > 0xFFFF)
        length = kLittle.u32(frame, 4);
    if (length < 8 || frame.size() <= length)
        return std::nullopt;
    return dataFrame(frame.substr(length), false);
}

} // namespace ingest::decode
