// SPDX-License-Identifier: Apache-2.0
// Messages on connections of a capture of which only the beginning came: a sentence for each of the
// first ones. What bytes the capture lost is told elsewhere. Analysis thread, owned by Folds.
#pragma once

#include <base/packet.h>
#include <cstdint>
#include <string>
#include <vector>

namespace session {

class Unfinished
{
public:
    enum class Why : std::uint8_t { CaptureEnds, ConnectionEnds, TooLarge };

    /// `bytes` are there of a message on `packet`'s connection; `filed`: a call shows them.
    void add(const base::Packet &packet, std::size_t bytes, Why why, bool filed);
    /// The sentences since the last time.
    std::vector<std::string> take();

private:
    static constexpr std::size_t kMostTold = 5;
    std::vector<std::string> m_told;
    std::uint64_t m_further = 0;
};

} // namespace session
