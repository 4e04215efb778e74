// SPDX-License-Identifier: Apache-2.0
// Whole SIP messages as values of JSON, with srcIp, timeSeconds and the like beside them: answers
// of Homer's interface, and what collectors write of what they saw.
#include <ingest/source.h>

#include <ingest/mapping.h>
#include <ingest/text/told_messages.h>

namespace ingest::sources {
namespace {

int recognises(std::string_view firstBytes)
{
    return text::isToldMessages(firstBytes) ? 96 : 0;
}

base::Result<Outcome> read(std::string_view path, const Sink &sink, const std::atomic<bool> &cancel)
{
    const auto bytes = mapFile(std::string(path));
    if (!bytes)
        return tl::unexpected(bytes.error());
    return text::readToldMessages(*bytes, sink, cancel);
}

} // namespace

extern const Source told_messages;
const Source told_messages{
    "told_messages",       "SIP messages in JSON", "*.json *.log", recognises, read,
    text::readToldMessages};

} // namespace ingest::sources
