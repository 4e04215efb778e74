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
/// A part of it could not: more than strays, and more than one of a hundred.
inline bool partlyRefused(const rtp::Stream &stream)
{
    return stream.opened != 0 && stream.refused > kStrayRefusals &&
           stream.refused > stream.opened / 100;
}
/// The newest description with keys of the side that sends the stream; invalid: it gave none.
trace::RowId keyOf(const Evidence &evidence, const BoundStream &bound);

} // namespace diagnosis
