// SPDX-License-Identifier: Apache-2.0
// Packets that tshark took apart, as JSON: -T json, -T jsonraw, -T ek, with -x or without.
#include <ingest/source.h>

#include <ingest/mapping.h>
#include <ingest/text/dissection.h>

namespace ingest::sources {
namespace {

int recognises(std::string_view firstBytes)
{
    return text::isDissectedJson(firstBytes) ? 97 : 0;
}

base::Result<Outcome> read(std::string_view path, const Sink &sink, const std::atomic<bool> &cancel)
{
    const auto bytes = mapFile(std::string(path));
    if (!bytes)
        return tl::unexpected(bytes.error());
    return text::readDissectedJson(*bytes, sink, cancel);
}

} // namespace

extern const Source tshark_json;
const Source tshark_json{"tshark_json", "tshark JSON", "*.json",
                         recognises,    read,          text::readDissectedJson};

} // namespace ingest::sources
