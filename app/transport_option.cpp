// SPDX-License-Identifier: Apache-2.0
#include <app/transport_option.h>

#include <algorithm>
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

/// A hop with a transport that nothing here speaks; nullptr: none.
const std::string *foreign(const std::vector<std::string> &hops)
{
    const auto at = std::find_if(hops.begin(), hops.end(), [](const std::string &hop) {
        const auto named = transportOf(hop);
        return !named.empty() && named != "udp" && named != "tcp" && named != "tls";
    });
    return at == hops.end() ? nullptr : &*at;
}

} // namespace

base::Result<void> checkTransport(const Arguments &arguments, const std::vector<std::string> &hops)
{
    if (const auto *const hop = foreign(hops))
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("{} names the transport {}; Earshot speaks udp, tcp and tls. "
                                      "Name one of these, or leave the parameter out.",
                                      base::printable(*hop, false, 200),
                                      base::printable(transportOf(*hop), false, 40)));
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
