// SPDX-License-Identifier: Apache-2.0
// Saved as text: 2024/01/02 12:34:56.789012 192.0.2.1:5060 -> 198.51.100.1:5060
#include <ingest/source.h>

#include <ingest/text/marker.h>
#include <ingest/text/reader.h>

namespace ingest::sources {
namespace {

bool claims(std::string_view line)
{
    if (line.size() < 30 || line[4] != '/' || line.find(" -> ") == std::string_view::npos)
        return false;
    const text::Marker marker = text::readMarker(line);
    return marker.source.known() && marker.moment.known();
}

int recognises(std::string_view firstBytes)
{
    return text::recognise(firstBytes, claims, 90);
}

} // namespace

extern const Source sngrep;
const Source sngrep{"sngrep",   "sngrep text export", "*.txt", recognises,
                    text::read, text::readBytes,      claims};

} // namespace ingest::sources
