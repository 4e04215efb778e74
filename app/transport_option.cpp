// SPDX-License-Identifier: Apache-2.0
#include <app/transport_option.h>

#include <base/text.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace app {
namespace {

/// Lower case; empty: it names none.
std::string transportOf(const std::string &text)
{
    const auto address = sip::parseNameAddress(text).uri;
    const auto plain = sip::parseUri(text);
    const auto &uri = plain.ok ? plain : address;
    return base::equalsNoCase(uri.scheme, "sips")
               ? "tls"
               : base::lower(uri.parameter("transport").value_or(""));
}

} // namespace

base::Result<void> checkTransport(const Arguments &arguments, const std::vector<std::string> &hops)
{
    const auto wish = base::lower(arguments.value("--transport"));
    const std::string *other = nullptr;
    for (const auto &hop : hops) {
        const auto named = transportOf(hop);
        if (named.empty())
            return {}; // there it is used
        if (named != wish)
            other = &hop;
    }
    if (wish.empty() || other == nullptr)
        return {};
    return base::fail(base::ErrorCode::BadInput,
                      fmt::format("--transport {} contradicts {}, which names {} itself. Leave one "
                                  "of the two out.",
                                  wish, base::printable(*other, false, 200), transportOf(*other)));
}

} // namespace app
