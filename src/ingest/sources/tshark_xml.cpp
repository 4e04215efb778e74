// SPDX-License-Identifier: Apache-2.0
// Packets that tshark took apart, as XML: -T pdml.
#include <ingest/source.h>

#include <ingest/mapping.h>
#include <ingest/text/dissection.h>

namespace ingest::sources {
namespace {

int recognises(std::string_view firstBytes)
{
    return text::isDissectedXml(firstBytes) ? 97 : 0;
}

base::Result<Outcome> read(std::string_view path, const Sink &sink, const std::atomic<bool> &cancel)
{
    const auto bytes = mapFile(std::string(path));
    if (!bytes)
        return tl::unexpected(bytes.error());
    return text::readDissectedXml(*bytes, sink, cancel);
}

} // namespace

extern const Source tshark_xml;
const Source tshark_xml{"tshark_xml", "tshark PDML", "*.xml *.pdml",
                        recognises,   read,          text::readDissectedXml};

} // namespace ingest::sources
