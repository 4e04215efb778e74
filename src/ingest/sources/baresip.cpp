// SPDX-License-Identifier: Apache-2.0
// The trace of baresip (/siptrace): UDP 192.0.2.1:5060 -> 198.51.100.1:5060, a line with # above.
#include <ingest/source.h>

#include <ingest/text/marker.h>
#include <ingest/text/reader.h>

namespace ingest::sources {
namespace {

bool claims(std::string_view line)
{
    if (line.find(" -> ") == std::string_view::npos)
        return false;
    for (const std::string_view way : {"TX ", "RX "})
        if (line.substr(0, way.size()) == way)
            line.remove_prefix(way.size());
    for (const std::string_view transport : {"UDP ", "TCP ", "TLS ", "WS ", "WSS "})
        if (line.substr(0, transport.size()) == transport)
            return text::readMarker(line).source.known();
    return false;
}

int recognises(std::string_view firstBytes)
{
    return text::recognise(firstBytes, claims, 90);
}

} // namespace

extern const Source baresip;
const Source baresip{"baresip",  "baresip SIP trace", "*.log *.txt", recognises,
                     text::read, text::readBytes,     claims};

} // namespace ingest::sources
