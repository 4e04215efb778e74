// SPDX-License-Identifier: Apache-2.0
// Encrypted media that none of the keys in the descriptions opens (RFC 3711, RFC 4568). Pure
// functions of the Evidence, any thread.
#pragma once

#include <diagnosis/evidence.h>

namespace diagnosis {

constexpr std::uint64_t kStrayRefusals = 10; // packets that no key fits, of whatever else comes

/// No packet of it could be opened although the descriptions bring keys.
inline bool neverOpened(const rtp::Stream &stream)
{
    return stream.opened == 0 && stream.refused > kStrayRefusals;
}
/// It is no SRTP at all: a codec of 64 kbit/s, and the packets hold what it makes and not a byte
/// more, where SRTP would add its authentication tag (RFC 3711 section 3.1).
inline bool unprotected(const rtp::Stream &stream)
{
    constexpr std::uint64_t kHeader = 12, kBytesPerMs = 8;
    const bool constant =
        stream.payloadType == 0 || stream.payloadType == 8 || stream.payloadType == 9;
    const auto ms = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(stream.ptime).count());
    return constant && ms > 0 && neverOpened(stream) &&
           stream.bytes == stream.packets * (kHeader + ms * kBytesPerMs);
}
/// A part of it could not: more than strays, and more than one of a hundred.
inline bool partlyRefused(const rtp::Stream &stream)
{
    return stream.opened != 0 && stream.refused > kStrayRefusals &&
           stream.refused > stream.opened / 100;
}
/// The newest description with keys of the side that sends the stream; invalid: it gave none.
trace::RowId keyOf(const Evidence &evidence, const BoundStream &bound);

} // namespace diagnosis
