// SPDX-License-Identifier: Apache-2.0
// TPORT_DUMP of sofia-sip: the stamp of its log, then the bytes as they were, then a vertical tab.
#include <ingest/source.h>

#include <ingest/text/reader.h>

namespace ingest::sources {
namespace {

bool has(std::string_view line, std::string_view what)
{
    return line.find(what) != std::string_view::npos;
}

bool claims(std::string_view line)
{
    return line.substr(0, 16) == "dump started at ";
}

bool stamps(std::string_view line)
{
    return has(line, "/[") && (has(line, " bytes from ") || has(line, " bytes to "));
}

int recognises(std::string_view firstBytes)
{
    if (text::recognise(firstBytes, claims, 1) != 0)
        return 95;
    return has(firstBytes, "\v\n") ? text::recognise(firstBytes, stamps, 93) : 0;
}

} // namespace

extern const Source sofia_dump;
const Source sofia_dump{"sofia_dump", "sofia-sip dump", "*.log *.txt", recognises,
                        text::read,   text::readBytes,  claims};

} // namespace ingest::sources
