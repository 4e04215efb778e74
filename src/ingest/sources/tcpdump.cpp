// SPDX-License-Identifier: Apache-2.0
// tcpdump -A, -v and -X: 12:34:56.789012 IP 192.0.2.1.5060 > 198.51.100.1.5060: SIP, length: 500,
// with -v the addresses in a line of their own.
#include <ingest/source.h>

#include <ingest/text/marker.h>
#include <ingest/text/reader.h>

namespace ingest::sources {
namespace {

bool claims(std::string_view line)
{
    const std::size_t arrow = line.find(" > ");
    if (arrow == std::string_view::npos)
        return false;
    const bool indented = line[0] == ' ' || line[0] == '\t';
    return (indented || line.substr(0, arrow).find(" IP") != std::string_view::npos ||
            line.substr(0, 2) == "IP") &&
           text::readMarker(line).source.known();
}

int recognises(std::string_view firstBytes)
{
    return text::recognise(firstBytes, claims, 90);
}

} // namespace

extern const Source tcpdump;
const Source tcpdump{"tcpdump",  "tcpdump output", "*.txt *.log", recognises,
                     text::read, text::readBytes,  claims};

} // namespace ingest::sources
