// SPDX-License-Identifier: Apache-2.0
#include <sip/address.h>

#include <algorithm>

namespace sip {
namespace {

constexpr std::size_t kLongestZone = 32;

bool isZone(std::string_view text)
{
    return !text.empty() && text.size() <= kLongestZone &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      std::string_view("-._~").find(c) != std::string_view::npos;
           });
}

} // namespace

std::optional<base::Address> addressOf(std::string_view host)
{
    if (host.size() >= 2 && host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    const std::size_t percent = host.find('%');
    if (percent == std::string_view::npos)
        return base::Address::parse(host);
    const auto address = base::Address::parse(host.substr(0, percent));
    if (!address || address->family != 6 || !isZone(host.substr(percent + 1)))
        return std::nullopt;
    return address;
}

} // namespace sip
