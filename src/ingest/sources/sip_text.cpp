// SPDX-License-Identifier: Apache-2.0
// SIP as it is, or somewhere in a log of a kind that has no name here: the lowest score of all
// texts. Of a long text only the reading can tell whether there is SIP further on.
#include <ingest/source.h>

#include <ingest/text/lines.h>
#include <ingest/text/reader.h>
#include <sip/message.h>

namespace ingest::sources {
namespace {

constexpr int kStartLine = 60, kWord = 20, kText = 2;
constexpr std::size_t kLong = 4096; // as much as is ever shown to recognises()

int recognises(std::string_view firstBytes)
{
    if (sip::looksLikeSip(text::lineAt(firstBytes, 0).in(firstBytes)))
        return kStartLine; // bodies and quoted pairs may hold any byte
    if (!text::looksLikeText(firstBytes))
        return 0;
    for (std::size_t at = 0; at < firstBytes.size();) {
        const text::Line line = text::lineAt(firstBytes, at);
        if (sip::looksLikeSip(line.in(firstBytes)))
            return kStartLine;
        at = line.next;
    }
    if (firstBytes.find("SIP/2.0") != std::string_view::npos)
        return kWord;
    return firstBytes.size() >= kLong ? kText : 0;
}

} // namespace

extern const Source sip_text;
const Source sip_text{"sip_text",
                      "SIP messages one after another",
                      "*.txt *.sip *.log",
                      recognises,
                      text::read,
                      text::readBytes,
                      nullptr};

} // namespace ingest::sources
