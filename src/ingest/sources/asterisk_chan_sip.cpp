// SPDX-License-Identifier: Apache-2.0
// "sip set debug on" of the older driver: <--- SIP read from UDP:192.0.2.1:5060 --->, and
// "Reliably Transmitting (NAT) to 192.0.2.1:5060:".
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
    return has(line, "<--- SIP read from ") ||
           (has(line, "ransmitting ") && (has(line, "NAT) to ")));
}

int recognises(std::string_view firstBytes)
{
    return text::recognise(firstBytes, claims, 90);
}

} // namespace

extern const Source asterisk_chan_sip;
const Source asterisk_chan_sip{"asterisk_chan_sip", "Asterisk sip debug", "*.log *.txt", recognises,
                               text::read,          text::readBytes,      claims};

} // namespace ingest::sources
