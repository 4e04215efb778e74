// SPDX-License-Identifier: Apache-2.0
#include <rtp/sdes.h>

#include <algorithm>
#include <array>
#include <base/random.h>
#include <base/text.h>
#include <charconv>
#include <fmt/format.h>
#include <optional>

namespace rtp {

namespace {

constexpr std::size_t kMostKeys = 8; // of one line

struct Suite {
    std::string_view name;
    SrtpSuite suite;
    std::size_t material; // bytes of key and salt
};
constexpr std::array<Suite, 12> kSuites{{
    {"AES_CM_128_HMAC_SHA1_80", SrtpSuite::AesCm128Sha80, 30},
    {"AES_CM_128_HMAC_SHA1_32", SrtpSuite::AesCm128Sha32, 30},
    {"AES_192_CM_HMAC_SHA1_80", SrtpSuite::AesCm192Sha80, 38},
    {"AES_192_CM_HMAC_SHA1_32", SrtpSuite::AesCm192Sha32, 38},
    {"AES_256_CM_HMAC_SHA1_80", SrtpSuite::AesCm256Sha80, 46},
    {"AES_256_CM_HMAC_SHA1_32", SrtpSuite::AesCm256Sha32, 46},
    {"AES_CM_256_HMAC_SHA1_80", SrtpSuite::AesCm256Sha80, 46}, // so named by many
    {"AES_CM_256_HMAC_SHA1_32", SrtpSuite::AesCm256Sha32, 46},
    {"AES_CM_192_HMAC_SHA1_80", SrtpSuite::AesCm192Sha80, 38},
    {"AES_CM_192_HMAC_SHA1_32", SrtpSuite::AesCm192Sha32, 38},
    {"AEAD_AES_128_GCM", SrtpSuite::AesGcm128, 28},
    {"AEAD_AES_256_GCM", SrtpSuite::AesGcm256, 44},
}};

int sixBits(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/// Padding may be left out. Empty: not base64.
std::string octets(std::string_view text)
{
    std::string out;
    std::uint32_t bits = 0;
    unsigned held = 0;
    text = text.substr(0, text.find('='));
    for (const char c : text) {
        const int six = sixBits(c);
        if (six < 0)
            return {};
        bits = bits << 6U | static_cast<unsigned>(six);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out.push_back(static_cast<char>(bits >> held & 0xFFU));
        }
    }
    return out;
}

template <class Number> bool number(std::string_view text, Number &out)
{
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size();
}

std::string_view word(std::string_view &rest)
{
    rest = base::trim(rest);
    const std::string_view out = rest.substr(0, rest.find_first_of(" \t"));
    rest.remove_prefix(out.size());
    return out;
}

/// "2^20" or a plain number; 0: neither.
std::uint64_t lifetime(std::string_view text)
{
    std::uint64_t value = 0;
    if (text.substr(0, 2) != "2^")
        return number(text, value) ? value : 0;
    return number(text.substr(2), value) && value < 64 ? std::uint64_t{1} << value : 0;
}

/// "1:4": the value 1 in four octets. Empty: not that.
std::string mki(std::string_view text)
{
    const std::size_t colon = text.find(':');
    std::uint64_t value = 0;
    std::size_t length = 0;
    if (colon == std::string_view::npos || !number(text.substr(0, colon), value) ||
        !number(text.substr(colon + 1), length) || length == 0 || length > 128)
        return {};
    std::string out(length, '\0');
    for (std::size_t i = 0; i < std::min<std::size_t>(length, 8); ++i)
        out[length - 1 - i] = static_cast<char>(value >> 8U * i & 0xFFU);
    return out;
}

/// One "inline:" of a line: key|lifetime|MKI:length, the last two as they please.
std::optional<SdesKey> key(std::string_view text, const Suite &suite)
{
    constexpr std::string_view kInline = "inline:";
    text = base::trim(text);
    if (!base::equalsNoCase(text.substr(0, kInline.size()), kInline))
        return std::nullopt;
    const auto fields = base::split(text.substr(kInline.size()), '|');
    SdesKey out;
    out.suite = suite.suite;
    out.material = octets(fields[0]);
    if (out.material.size() != suite.material)
        return std::nullopt;
    for (std::size_t i = 1; i < fields.size(); ++i) {
        if (fields[i].find(':') != std::string_view::npos)
            out.mki = mki(fields[i]);
        else
            out.lifetime = lifetime(fields[i]);
    }
    return out;
}

const Suite &suiteOf(SrtpSuite suite)
{
    return *std::find_if(kSuites.begin(), kSuites.end(),
                         [suite](const Suite &each) { return each.suite == suite; });
}

const Suite *suiteNamed(std::string_view name)
{
    return std::find_if(kSuites.begin(), kSuites.end(),
                        [&](const Suite &s) { return base::equalsNoCase(s.name, name); });
}

} // namespace

std::string_view suiteName(SrtpSuite suite)
{
    return suiteOf(suite).name;
}

SdesKey freshKey(SrtpSuite suite, int tag)
{
    SdesKey out;
    out.tag = tag;
    out.suite = suite;
    out.material = base::randomBytes(suiteOf(suite).material);
    return out;
}

std::string sdesValue(const SdesKey &key)
{
    return fmt::format("{} {} inline:{}", key.tag, suiteName(key.suite),
                       base::base64(key.material));
}

bool knowsSuite(std::string_view name)
{
    return suiteNamed(name) != kSuites.end();
}

std::vector<SdesKey> sdesKeys(std::string_view value)
{
    std::vector<SdesKey> out;
    int tag = 0;
    if (!number(word(value), tag))
        return out;
    const auto *const suite = suiteNamed(word(value));
    if (suite == kSuites.end())
        return out;
    for (const std::string_view one : base::split(word(value), ';')) {
        auto found = key(one, *suite);
        if (!found || out.size() == kMostKeys)
            continue;
        found->tag = tag;
        out.push_back(std::move(*found));
    }
    for (auto parameter = word(value); !parameter.empty(); parameter = word(value)) {
        for (SdesKey &one : out) { // RFC 4568 section 6.3
            one.encrypted = one.encrypted && parameter != "UNENCRYPTED_SRTP";
            one.encryptedRtcp = one.encryptedRtcp && parameter != "UNENCRYPTED_SRTCP";
            one.authenticated = one.authenticated && parameter != "UNAUTHENTICATED_SRTP";
        }
    }
    return out;
}

} // namespace rtp
