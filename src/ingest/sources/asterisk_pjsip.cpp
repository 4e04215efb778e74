// SPDX-License-Identifier: Apache-2.0
// "pjsip set logger on": <--- Received SIP request (823 bytes) from UDP:192.0.2.1:5060 --->
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
    const std::size_t at = line.find("<--- ");
    if (at == std::string_view::npos)
        return false;
    line = line.substr(at);
    return (has(line, " SIP request (") || has(line, " SIP response (")) &&
           (has(line, "Received ") || has(line, "Transmitting "));
}

int recognises(std::string_view firstBytes)
{
    return text::recognise(firstBytes, claims, 90);
}

} // namespace

extern const Source asterisk_pjsip;
const Source asterisk_pjsip{"asterisk_pjsip", "Asterisk pjsip logger", "*.log *.txt", recognises,
                            text::read,       text::readBytes,         claims};

} // namespace ingest::sources
