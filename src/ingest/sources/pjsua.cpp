// SPDX-License-Identifier: Apache-2.0
// pjproject's own log: 12:34:56.789 pjsua_core.c .TX 823 bytes Request msg INVITE/cseq=1 (tdta0x1)
// to UDP 192.0.2.1:5060:, the message, --end msg--.
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
    return (has(line, "TX ") || has(line, "RX ")) &&
           (has(line, " bytes Request msg ") || has(line, " bytes Response msg "));
}

int recognises(std::string_view firstBytes)
{
    return text::recognise(firstBytes, claims, 90);
}

} // namespace

extern const Source pjsua;
const Source pjsua{"pjsua",    "PJSUA log",     "*.log *.txt", recognises,
                   text::read, text::readBytes, claims};

} // namespace ingest::sources
