// SPDX-License-Identifier: Apache-2.0
#include <flows/stun.h>

#include <algorithm>
#include <cstdint>

namespace flows {
namespace {

constexpr std::size_t kHeader = 20, kCookieAt = 4;
constexpr std::string_view kCookie = "\x21\x12\xA4\x42";

std::uint8_t octet(std::string_view bytes, std::size_t at)
{
    return at < bytes.size() ? static_cast<std::uint8_t>(bytes[at]) : std::uint8_t{0};
}

std::uint16_t word(std::string_view bytes, std::size_t at)
{
    return static_cast<std::uint16_t>(octet(bytes, at) << 8U | octet(bytes, at + 1));
}

/// `mask`: cookie and transaction, which an XOR address is hidden under; empty: it is not.
std::optional<base::Endpoint> addressIn(std::string_view value, std::string_view mask)
{
    constexpr std::uint8_t kFour = 1, kSix = 2;
    const std::uint8_t family = octet(value, 1);
    const std::size_t size = family == kFour ? 4 : family == kSix ? 16 : 0;
    if (size == 0 || value.size() < 4 + size)
        return std::nullopt;
    base::Endpoint out;
    out.address.family = family == kFour ? 4 : 6;
    out.port = static_cast<std::uint16_t>(word(value, 2) ^ word(mask, 0));
    for (std::size_t i = 0; i < size; ++i)
        out.address.bytes[i] = static_cast<std::uint8_t>(octet(value, 4 + i) ^ octet(mask, i));
    return out;
}

} // namespace

std::optional<base::Endpoint> mappedAddress(std::string_view stun)
{
    constexpr std::uint16_t kBindingResponse = 0x0101, kMapped = 0x0001, kXorMapped = 0x0020,
                            kOldXorMapped = 0x8020; // of drafts, still sent
    if (stun.size() < kHeader || word(stun, 0) != kBindingResponse ||
        stun.substr(kCookieAt, kCookie.size()) != kCookie)
        return std::nullopt;
    std::string_view rest = stun.substr(kHeader, word(stun, 2));
    std::optional<base::Endpoint> plain;
    while (rest.size() >= 4) {
        const std::uint16_t type = word(rest, 0);
        const std::size_t length = word(rest, 2);
        const std::string_view value = rest.substr(4, length);
        if (value.size() < length)
            break;
        if (type == kXorMapped || type == kOldXorMapped) {
            if (const auto found = addressIn(value, stun.substr(kCookieAt, 16)))
                return found;
        } else if (type == kMapped && !plain) {
            plain = addressIn(value, {});
        }
        rest.remove_prefix(std::min(rest.size(), 4 + (length + 3) / 4 * 4));
    }
    return plain;
}

} // namespace flows
