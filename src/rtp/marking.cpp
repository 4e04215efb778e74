// SPDX-License-Identifier: Apache-2.0
#include <rtp/marking.h>

#include <fmt/format.h>

namespace rtp {

std::string dscpName(unsigned dscp)
{
    constexpr unsigned kExpedited = 46, kVoiceAdmit = 44;
    if (dscp == 0)
        return "best effort";
    if (dscp == kExpedited)
        return "EF";
    if (dscp == kVoiceAdmit)
        return "VOICE-ADMIT";
    const unsigned group = dscp >> 3U, drop = (dscp >> 1U) & 3U;
    if (dscp % 8 == 0)
        return fmt::format("CS{}", group);
    if (dscp % 2 == 0 && group >= 1 && group <= 4 && drop != 0)
        return fmt::format("AF{}{}", group, drop);
    return fmt::format("DSCP {}", dscp);
}

std::string markingText(const Marking &marking)
{
    std::string out;
    for (unsigned dscp = 0; dscp < 64; ++dscp)
        if ((marking.dscps >> dscp & 1U) != 0)
            out += (out.empty() ? "DSCP " : ", ") + fmt::format("{} ({})", dscp, dscpName(dscp));
    if (marking.hopsMost == 0)
        return out;
    out += out.empty() ? "TTL " : ", TTL ";
    return out + (marking.hopsLeast == marking.hopsMost
                      ? std::to_string(marking.hopsMost)
                      : fmt::format("{}-{}", marking.hopsLeast, marking.hopsMost));
}

} // namespace rtp
