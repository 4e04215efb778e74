// SPDX-License-Identifier: Apache-2.0
#include <engine/stun.h>

#include <array>
#include <random>

namespace engine {

namespace {

constexpr std::size_t kHeader = 20, kTransaction = 12;
constexpr std::uint32_t kCookie = 0x2112A442;
constexpr unsigned kRequest = 0x0001, kSuccess = 0x0101, kFailure = 0x0111;
constexpr unsigned kMapped = 0x0001, kErrorCode = 0x0009, kXorMapped = 0x0020;

std::uint8_t octet(std::string_view bytes, std::size_t at)
{
    return static_cast<std::uint8_t>(bytes[at]);
}

unsigned word(std::string_view bytes, std::size_t at)
{
    return octet(bytes, at) * 256U + octet(bytes, at + 1);
}

/// `mask`: cookie and transaction, or zeros. RFC 5389 section 15.1 and 15.2.
base::Endpoint addressOf(std::string_view value, std::string_view mask)
{
    if (value.size() < 8)
        return {};
    const std::size_t length = octet(value, 1) == 1 ? 4 : octet(value, 1) == 2 ? 16 : 0;
    if (length == 0 || value.size() < 4 + length)
        return {};
    std::array<std::uint8_t, 16> bytes{};
    for (std::size_t i = 0; i < length; ++i)
        bytes[i] = static_cast<std::uint8_t>(octet(value, 4 + i) ^ octet(mask, i));
    base::Endpoint out;
    out.port = static_cast<std::uint16_t>(word(value, 2) ^ word(mask, 0));
    out.address = length == 4 ? base::Address::v4((std::uint32_t{bytes[0]} << 24U) |
                                                  (std::uint32_t{bytes[1]} << 16U) |
                                                  (std::uint32_t{bytes[2]} << 8U) | bytes[3])
                              : base::Address::v6(bytes.data());
    return out;
}

void readAttribute(unsigned type, std::string_view value, std::string_view mask, StunAnswer &out)
{
    static constexpr std::string_view kZeros("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
    if (type == kXorMapped) {
        if (const auto address = addressOf(value, mask); address.known())
            out.mapped = address;
    } else if (type == kMapped && !out.mapped.known()) { // RFC 3489 servers know no other
        out.mapped = addressOf(value, kZeros);
    } else if (type == kErrorCode && value.size() >= 4) {
        out.error = (octet(value, 2) & 7U) * 100 + octet(value, 3);
        out.reason = value.substr(4, 128);
    }
}

} // namespace

bool isStun(std::string_view datagram)
{
    return datagram.size() >= kHeader && (octet(datagram, 0) & 0xC0U) == 0 &&
           (word(datagram, 4) << 16U | word(datagram, 6)) == kCookie;
}

std::string stunRequest(std::string &transaction)
{
    std::random_device random;
    transaction.clear();
    while (transaction.size() < kTransaction)
        transaction += static_cast<char>(random() & 0xFFU);
    const std::string head{0, kRequest, 0, 0, 0x21, 0x12, static_cast<char>(0xA4), 0x42};
    return head + transaction;
}

std::optional<StunAnswer> readStun(std::string_view datagram)
{
    if (!isStun(datagram))
        return std::nullopt;
    const unsigned type = word(datagram, 0);
    const std::size_t length = word(datagram, 2);
    if ((type != kSuccess && type != kFailure) || datagram.size() < kHeader + length)
        return std::nullopt;
    StunAnswer out;
    out.success = type == kSuccess;
    out.transaction = datagram.substr(8, kTransaction);
    const auto mask = datagram.substr(4, 16);
    auto rest = datagram.substr(kHeader, length);
    while (rest.size() >= 4) {
        const std::size_t size = word(rest, 2);
        if (rest.size() < 4 + size)
            return std::nullopt;
        readAttribute(word(rest, 0), rest.substr(4, size), mask, out);
        rest.remove_prefix(std::min(rest.size(), 4 + (size + 3) / 4 * 4));
    }
    return out;
}

} // namespace engine
