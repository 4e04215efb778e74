// SPDX-License-Identifier: Apache-2.0
// A packet's details or its list as plain text (tshark -V, -O sip): the tree of each packet begins
// with its frame.
#include <ingest/source.h>

#include <ingest/text/reader.h>

namespace ingest::sources {
namespace {

bool claims(std::string_view line)
{
    return (line.substr(0, 6) == "Frame " && line.find(" on wire") != std::string_view::npos) ||
           line.substr(0, 28) == "Session Initiation Protocol (" ||
           (line.substr(0, 3) == "No." && line.find("Destination") != std::string_view::npos);
}

int recognises(std::string_view firstBytes)
{
    return text::recognise(firstBytes, claims, 90);
}

} // namespace

extern const Source wireshark;
const Source wireshark{
    "wireshark", "Wireshark text of packets", "*.txt", recognises, text::read, text::readBytes,
    claims};

} // namespace ingest::sources
