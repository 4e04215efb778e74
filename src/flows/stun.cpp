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

/// Tells each attribute, its type and its value, to `take`, which says whether to go on.
template <class Take> void attributes(std::string_view stun, Take take)
{
    std::string_view rest = stun.substr(kHeader, word(stun, 2));
    while (rest.size() >= 4) {
        const std::size_t length = word(rest, 2);
        const std::string_view value = rest.substr(4, length);
        if (value.size() < length || !take(word(rest, 0), value))
            return;
        rest.remove_prefix(std::min(rest.size(), 4 + (length + 3) / 4 * 4));
    }
}

bool is(std::string_view stun, std::uint16_t type)
{
    return stun.size() >= kHeader && word(stun, 0) == type &&
           stun.substr(kCookieAt, kCookie.size()) == kCookie;
}

} // namespace

std::optional<base::Endpoint> mappedAddress(std::string_view stun)
{
    constexpr std::uint16_t kBindingResponse = 0x0101, kMapped = 0x0001, kXorMapped = 0x0020,
                            kOldXorMapped = 0x8020; // of drafts, still sent
    if (!is(stun, kBindingResponse))
        return std::nullopt;
    std::optional<base::Endpoint> masked, plain;
    attributes(stun, [&](std::uint16_t type, std::string_view value) {
        if (type == kXorMapped || type == kOldXorMapped)
            masked = addressIn(value, stun.substr(kCookieAt, 16));
        else if (type == kMapped && !plain)
            plain = addressIn(value, {});
        return !masked;
    });
    return masked ? masked : plain;
}

std::optional<int> stunError(std::string_view stun)
{
    constexpr std::uint16_t kBindingError = 0x0111, kErrorCode = 0x0009;
    if (!is(stun, kBindingError))
        return std::nullopt;
    int code = 0;
    attributes(stun, [&](std::uint16_t type, std::string_view value) {
        if (type == kErrorCode && value.size() >= 4)
            code = (octet(value, 2) & 7) * 100 + octet(value, 3);
        return code == 0;
    });
    return code;
}

} // namespace flows
