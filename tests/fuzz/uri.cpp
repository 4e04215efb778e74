// SPDX-License-Identifier: Apache-2.0
// Fuzz target: URIs, addresses, Via values and parameters. Views lie inside the text.
#include <cstdint>
#include <cstdlib>
#include <sip/message.h>
#include <sip/uri.h>

namespace {

void require(bool holds)
{
    if (!holds)
        std::abort();
}

void inside(std::string_view piece, std::string_view whole)
{
    require(piece.empty() || (piece.data() >= whole.data() &&
                              piece.data() + piece.size() <= whole.data() + whole.size()));
}

void checkUri(std::string_view text)
{
    const auto uri = sip::parseUri(text);
    for (const auto piece :
         {uri.text, uri.scheme, uri.user, uri.password, uri.host, uri.parameters, uri.headers})
        inside(piece, text);
    require(!uri.ok || !uri.scheme.empty());
    uri.address();
    if (const auto value = uri.parameter("transport"))
        inside(*value, text);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::string_view text(reinterpret_cast<const char *>(data), size);
    checkUri(text);
    const auto address = sip::parseNameAddress(text);
    inside(address.display, text);
    inside(address.uriText, text);
    inside(address.parameters, text);
    checkUri(address.uriText);
    const auto via = sip::parseVia(text);
    inside(via.transport, text);
    inside(via.host, text);
    inside(via.parameters, text);
    require(!via.ok || !via.host.empty());
    for (const auto name : {"tag", "branch", "lr", ""})
        if (const auto value = sip::parameter(text, name)) {
            inside(*value, text);
            inside(sip::unquoted(*value), text);
        }
    return 0;
}
