// SPDX-License-Identifier: Apache-2.0
// Bytes in hex with offsets (tshark -x, tcpdump -X, text2pcap): whole frames, IP packets or SIP.
#include <ingest/source.h>

#include <ingest/text/hexdump.h>
#include <ingest/text/lines.h>
#include <ingest/text/reader.h>

namespace ingest::sources {
namespace {

int recognises(std::string_view firstBytes)
{
    if (!text::looksLikeText(firstBytes))
        return 0;
    for (std::size_t at = 0; at < firstBytes.size();) {
        if (text::readDump(firstBytes, at))
            return 70;
        at = text::lineAt(firstBytes, at).next;
    }
    return 0;
}

} // namespace

extern const Source hexdump;
const Source hexdump{"hexdump",  "hex dump of packets", "*.txt *.hex", recognises,
                     text::read, text::readBytes,       nullptr};

} // namespace ingest::sources
