// SPDX-License-Identifier: Apache-2.0
// belle-sip's channels: channel [0x1]: received [823] new bytes from [UDP://192.0.2.1:5060]:, and
// channel [0x1]: message sent to [UDP://192.0.2.1:5060], size: [823] bytes.
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
    return has(line, "hannel [") && (has(line, "bytes from [") || has(line, " sent to ["));
}

int recognises(std::string_view firstBytes)
{
    return text::recognise(firstBytes, claims, 90);
}

} // namespace

extern const Source linphone;
const Source linphone{"linphone", "Linphone log",  "*.log *.txt", recognises,
                      text::read, text::readBytes, claims};

} // namespace ingest::sources
