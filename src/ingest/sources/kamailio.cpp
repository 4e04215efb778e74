// SPDX-License-Identifier: Apache-2.0
// The log of Kamailio: messages written by its script (xlog of $mb) or its tracer, one line of
// syslog with escapes or one for each line. What a script says of addresses is in its own words:
// from and to, src and dst, arrows.
#include <ingest/source.h>

#include <ingest/text/reader.h>

namespace ingest::sources {
namespace {

bool has(std::string_view line, std::string_view what)
{
    return line.find(what) != std::string_view::npos;
}

bool fromIt(std::string_view line)
{
    return has(line, "kamailio[") || has(line, "kamailio:") || has(line, " ser[");
}

bool claims(std::string_view line)
{
    return fromIt(line) &&
           (has(line, " -> ") || has(line, "from") || has(line, "src") || has(line, " to "));
}

int recognises(std::string_view firstBytes)
{
    return text::recognise(firstBytes, fromIt, 88);
}

} // namespace

extern const Source kamailio;
const Source kamailio{"kamailio", "Kamailio log",  "*.log *.txt", recognises,
                      text::read, text::readBytes, claims};

} // namespace ingest::sources
