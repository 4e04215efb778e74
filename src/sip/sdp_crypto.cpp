// SPDX-License-Identifier: Apache-2.0
#include <sip/sdp_crypto.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>

namespace sip {
namespace {

/// "1 AES_CM_128_HMAC_SHA1_80 inline:KEY|2^31|1:4 WSH=64", of any spacing.
struct Crypto {
    std::string_view tag, suite, keys;
    std::vector<std::string_view> parameters;
};

std::optional<Crypto> parsed(std::string_view value)
{
    std::vector<std::string_view> words;
    for (const auto word : base::split(value, ' '))
        if (const auto one = base::trim(word); !one.empty())
            words.push_back(one);
    // RFC 4568 section 9.1: a tag is up to nine digits.
    if (words.size() < 3 || words[0].size() > 9 || !base::toInteger(words[0]))
        return std::nullopt;
    return Crypto{words[0], words[1], words[2], {words.begin() + 3, words.end()}};
}

/// Digits of base64 in the first key, which tell its length; 0: there is none.
std::size_t keyDigits(std::string_view keys)
{
    constexpr std::string_view kInline = "inline:";
    if (!base::equalsNoCase(keys.substr(0, kInline.size()), kInline))
        return 0;
    keys.remove_prefix(kInline.size());
    keys = keys.substr(0, keys.find_first_of("|;"));
    keys = keys.substr(0, keys.find('='));
    return base::fromBase64(keys) ? keys.size() : 0;
}

/// RFC 4568 sections 6.3.7 and 7.1.2: what begins with "-" may be passed over; WSH is a hint for
/// the receiver's window, and any window does. All else changes how packets are made.
bool harmless(std::string_view parameter)
{
    return parameter.front() == '-' || base::equalsNoCase(parameter.substr(0, 4), "WSH=");
}

bool takes(const Crypto &ours, const Crypto &theirs)
{
    return base::equalsNoCase(ours.suite, theirs.suite) && keyDigits(theirs.keys) != 0 &&
           keyDigits(theirs.keys) == keyDigits(ours.keys) &&
           std::all_of(theirs.parameters.begin(), theirs.parameters.end(), harmless);
}

} // namespace

bool isSecureProfile(std::string_view protocol)
{
    return protocol.find("/SAVP") != std::string_view::npos;
}

std::vector<std::string_view> cryptoLines(const SdpMedia &media)
{
    constexpr std::string_view kName = "crypto:";
    std::vector<std::string_view> out;
    for (const std::string_view attribute : media.attributes)
        if (attribute.substr(0, kName.size()) == kName)
            out.push_back(attribute.substr(kName.size()));
    return out;
}

std::optional<std::string> answerCrypto(const SdpMedia &offered,
                                        const std::vector<std::string> &ours)
{
    for (const std::string_view line : cryptoLines(offered)) {
        const auto theirs = parsed(line);
        for (const std::string &mine : ours) {
            const auto own = parsed(mine);
            if (theirs && own && takes(*own, *theirs))
                return fmt::format("{} {} {}", theirs->tag, theirs->suite, own->keys);
        }
    }
    return std::nullopt;
}

std::optional<CryptoPair> agreedCrypto(const std::vector<std::string_view> &ours,
                                       const SdpMedia &theirs)
{
    for (const std::string_view line : cryptoLines(theirs)) {
        const auto other = parsed(line);
        for (const std::string_view mine : ours) {
            const auto own = parsed(mine);
            if (other && own && base::toInteger(own->tag) == base::toInteger(other->tag) &&
                takes(*own, *other))
                return CryptoPair{mine, line};
        }
    }
    return std::nullopt;
}

} // namespace sip
