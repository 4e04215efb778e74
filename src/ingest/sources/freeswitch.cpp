// SPDX-License-Identifier: Apache-2.0
// "sofia global siptrace on", and sofia-sip's TPORT_LOG: recv 823 bytes from
// udp/[192.0.2.1]:5060 at 12:34:56.789012:, the message between borders.
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
    return has(line, "/[") && (has(line, " bytes from ") || has(line, " bytes to ")) &&
           (has(line, "recv ") || has(line, "send ") || has(line, "sent "));
}

int recognises(std::string_view firstBytes)
{
    const int score = text::recognise(firstBytes, claims, 90);
    return score != 0 && has(firstBytes, "----------") ? score + 2 : score;
}

} // namespace

extern const Source freeswitch;
const Source freeswitch{"freeswitch", "FreeSWITCH siptrace", "*.log *.txt", recognises,
                        text::read,   text::readBytes,       claims};

} // namespace ingest::sources
