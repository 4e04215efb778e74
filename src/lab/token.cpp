// SPDX-License-Identifier: Apache-2.0
#include <lab/token.h>

#include <array>
#include <base/text.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace lab {
namespace {

constexpr std::size_t kMac = 10;
constexpr std::size_t kSize = kMac + 1 + 6 + 6; // transport, edge, user agent
constexpr char kTcp = 2;

void append(std::string &out, const base::Endpoint &endpoint)
{
    out.append(reinterpret_cast<const char *>(endpoint.address.bytes.data()), 4);
    out += static_cast<char>(endpoint.port >> 8U);
    out += static_cast<char>(endpoint.port & 0xFFU);
}

std::string flowBytes(const base::Endpoint &edge, const base::Endpoint &userAgent)
{
    std::string out(1, kTcp);
    append(out, edge);
    append(out, userAgent);
    return out;
}

} // namespace

std::string keyedHash(std::string_view key, std::string_view text, std::size_t bytes)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()),
         reinterpret_cast<const unsigned char *>(text.data()), text.size(), digest.data(), &length);
    return {reinterpret_cast<const char *>(digest.data()), std::min<std::size_t>(bytes, length)};
}

TokenMaker::TokenMaker() : m_key(base::randomToken(20)) {}

std::string TokenMaker::token(const base::Endpoint &edge, const base::Endpoint &userAgent) const
{
    const auto flow = flowBytes(edge, userAgent);
    return base::base64(keyedHash(m_key, flow, kMac) + flow);
}

std::optional<base::Endpoint> TokenMaker::userAgent(const base::Endpoint &edge,
                                                    std::string_view token) const
{
    const auto bytes = base::fromBase64(token);
    if (!bytes || bytes->size() != kSize)
        return std::nullopt;
    const auto octet = [&](std::size_t i) {
        return static_cast<unsigned>(static_cast<unsigned char>((*bytes)[i]));
    };
    constexpr std::size_t kAt = kMac + 7;
    const base::Endpoint userAgent{
        base::Address::v4(octet(kAt) << 24U | octet(kAt + 1) << 16U | octet(kAt + 2) << 8U |
                          octet(kAt + 3)),
        static_cast<std::uint16_t>(octet(kAt + 4) << 8U | octet(kAt + 5))};
    const auto flow = flowBytes(edge, userAgent);
    const auto expected = keyedHash(m_key, flow, kMac) + flow;
    if (CRYPTO_memcmp(expected.data(), bytes->data(), kSize) != 0)
        return std::nullopt;
    return userAgent;
}

} // namespace lab
