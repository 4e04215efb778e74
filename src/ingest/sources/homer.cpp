// SPDX-License-Identifier: Apache-2.0
// proto:UDP 2024-01-02T12:34:56.789Z 192.0.2.1:5060 ---> 198.51.100.1:5060
#include <ingest/source.h>

#include <ingest/text/reader.h>

namespace ingest::sources {
namespace {

bool claims(std::string_view line)
{
    return line.substr(0, 6) == "proto:" && line.find("> ") != std::string_view::npos;
}

int recognises(std::string_view firstBytes)
{
    return text::recognise(firstBytes, claims, 90);
}

} // namespace

extern const Source homer;
const Source homer{"homer",    "Homer text export", "*.txt", recognises,
                   text::read, text::readBytes,     claims};

} // namespace ingest::sources
