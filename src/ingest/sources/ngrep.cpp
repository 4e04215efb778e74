// SPDX-License-Identifier: Apache-2.0
// U 2024/01/02 12:34:56.789012 192.0.2.1:5060 -> 198.51.100.1:5060, CRs shown as dots (-W byline).
#include <ingest/source.h>

#include <ingest/text/marker.h>
#include <ingest/text/reader.h>

namespace ingest::sources {
namespace {

bool claims(std::string_view line)
{
    return (line.substr(0, 2) == "U " || line.substr(0, 2) == "T ") &&
           line.find(" -> ") != std::string_view::npos && text::readMarker(line).source.known();
}

int recognises(std::string_view firstBytes)
{
    return text::recognise(firstBytes, claims, 90);
}

} // namespace

extern const Source ngrep;
const Source ngrep{"ngrep",    "ngrep output",  "*.txt *.log", recognises,
                   text::read, text::readBytes, claims};

} // namespace ingest::sources
