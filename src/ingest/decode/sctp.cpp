// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/sctp.h>

#include <algorithm>
#include <ingest/decode/bytes.h>

namespace ingest::decode {

std::vector<SctpMessage> sctpMessages(std::string_view packet)
{
    constexpr std::size_t kHeader = 12, kDataHeader = 16;
    std::vector<SctpMessage> out;
    std::string_view rest = packet.substr(std::min(packet.size(), kHeader));
    while (rest.size() >= 4) {
        const std::size_t length = be16(rest, 2);
        const unsigned flags = u8(rest, 1);
        if (length < 4)
            break;
        const bool data = u8(rest, 0) == 0, begins = (flags & 2U) != 0, ends = (flags & 1U) != 0;
        if (data && begins && length > kDataHeader && rest.size() > kDataHeader) {
            const std::size_t there = std::min(length, rest.size()) - kDataHeader;
            out.push_back({rest.substr(kDataHeader, there), ends && length <= rest.size()});
        }
        rest.remove_prefix(std::min(rest.size(), (length + 3) / 4 * 4));
    }
    return out;
}

} // namespace ingest::decode
