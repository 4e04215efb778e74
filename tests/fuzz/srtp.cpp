// SPDX-License-Identifier: Apache-2.0
// SRTP under hostile keys and bytes: the value of an a=crypto line, a line end, then packets with a
// length octet before each; those that begin like RTCP are opened as such.
#include <cstdint>
#include <cstdlib>
#include <rtp/rtp_packet.h>
#include <rtp/srtp.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    std::string_view rest(reinterpret_cast<const char *>(data), size);
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const auto keys = rtp::sdesKeys(rest.substr(0, end));
    rest.remove_prefix(std::min(rest.size(), end + 1));
    std::string plain;
    for (const rtp::SdesKey &key : keys) {
        const auto opener = rtp::SrtpOpener::open(key);
        std::string_view packets = rest;
        while (opener && !packets.empty()) {
            const std::string_view packet =
                packets.substr(1, static_cast<unsigned char>(packets.front()));
            packets.remove_prefix(1 + packet.size());
            const auto result = rtp::looksLikeRtcp(packet) ? opener->rtcp(packet, plain)
                                                           : opener->rtp(packet, plain);
            if (result == rtp::SrtpOpener::Result::Opened && plain.size() > packet.size())
                std::abort();
        }
    }
    return 0;
}
