// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <rtp/sdes.h>

namespace diagnosis::rules {
namespace {

struct Crypto {
    std::string_view tag, suite, line;
};

/// a=crypto lines without their keys.
std::vector<Crypto> cryptosOf(const sip::SdpMedia &media)
{
    std::vector<Crypto> found;
    for (const auto attribute : media.attributes) {
        if (!base::equalsNoCase(attribute.substr(0, 7), "crypto:"))
            continue;
        const auto words = base::split(attribute.substr(7), ' ');
        if (words.size() >= 2)
            found.push_back({words[0], words[1], attribute});
    }
    return found;
}

bool offeredAmong(const std::vector<Crypto> &offered, const Crypto &answer)
{
    return std::any_of(offered.begin(), offered.end(), [&](const Crypto &one) {
        return one.tag == answer.tag && base::equalsNoCase(one.suite, answer.suite);
    });
}

/// Its key has the length that the suite wants; a suite that is not known here is left alone, and
/// so is a key that somebody blotted out.
bool keyFits(const Crypto &crypto)
{
    const auto at = crypto.line.find("inline:");
    if (!rtp::knowsSuite(crypto.suite) || at == std::string_view::npos)
        return true;
    const auto key = crypto.line.substr(at + sizeof("inline:") - 1);
    const auto end = std::min(key.find_first_of("|; "), key.size());
    constexpr std::string_view kBase64 =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    constexpr std::size_t kLeast = 22; // letters of 16 octets: what is shorter was never a key
    if (end < kLeast || key.substr(0, end).find_first_not_of(kBase64) != std::string_view::npos)
        return true;
    return !rtp::sdesKeys(crypto.line.substr(sizeof("crypto:") - 1)).empty();
}

void tellKey(const Evidence &evidence, const sip::SdpMedia &audio, trace::RowId answer,
             const Crypto &crypto, Findings &out)
{
    auto &f =
        out.add("neg-crypto-answer", Severity::Error, Grade::Seen,
                fmt::format("{} answered crypto tag {} with a key [1] that is too short "
                            "or too long for {}.",
                            sender(evidence, answer), shown(crypto.tag), shown(crypto.suite)));
    f.impact = "Nothing that it sends can be decrypted, and a strict phone refuses the answer.";
    f.evidence = {at(evidence, answer, audio.line, "the answer")};
    f.fixes = {{"Send a key and salt of the length that the suite has (RFC 4568 section 6.2: 30 "
                "bytes for AES_CM_128).",
                "callee's user agent", Action::None}};
}

/// A key that nobody asked for.
void tellUnasked(const Evidence &evidence, trace::RowId offer, trace::RowId answer,
                 const sip::SdpMedia &offered, const sip::SdpMedia &answered, Findings &out)
{
    auto &f = out.add("neg-crypto-answer", Severity::Warning, Grade::Seen,
                      fmt::format("{} answered with a=crypto [2] an offer that has none [1].",
                                  sender(evidence, answer)));
    f.impact =
        "No keys are agreed on: a caller that looks at the line may refuse the call, or take "
        "the media for encrypted.";
    f.evidence = {at(evidence, offer, offered.line, "the offer: no key"),
                  at(evidence, answer, answered.line, "the answer")};
    f.fixes = {{"Answer with a=crypto only where the offer has it (RFC 4568 section 5.1.2).",
                "callee's user agent", Action::None}};
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &[offer, answer] : exchanges(evidence)) {
        const auto *const offered = sdpOf(evidence, offer).audio();
        const auto *const answered = sdpOf(evidence, answer).audio();
        if (offered == nullptr || answered == nullptr || answered->port == 0)
            continue;
        const auto ours = cryptosOf(*offered), theirs = cryptosOf(*answered);
        if (theirs.empty())
            continue;
        if (ours.empty()) {
            tellUnasked(evidence, offer, answer, *offered, *answered, out);
            return;
        }
        const auto fits = std::find_if(theirs.begin(), theirs.end(),
                                       [&](const Crypto &one) { return offeredAmong(ours, one); });
        if (fits != theirs.end()) {
            if (!keyFits(*fits)) {
                tellKey(evidence, *answered, answer, *fits, out);
                return;
            }
            continue;
        }
        auto &f = out.add("neg-crypto-answer", Severity::Error, Grade::Seen,
                          fmt::format("{} answered with crypto tag {} {} [2], which is none of the "
                                      "{} offered [1].",
                                      sender(evidence, answer), shown(theirs.front().tag),
                                      shown(theirs.front().suite), ours.size()));
        f.impact = "The keys do not fit together: nothing of the media can be decrypted.";
        f.evidence = {at(evidence, offer, offered->line, "the offer"),
                      at(evidence, answer, answered->line, "the answer")};
        f.fixes = {{"Answer with tag and suite of one of the offered a=crypto lines.",
                    "callee's user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule neg_crypto_answer;
const Rule neg_crypto_answer{"neg-crypto-answer",
                             "SRTP keys that do not answer the offer",
                             Severity::Error,
                             "RFC 4568 section 5.1.2",
                             "488",
                             R"(
  0.00 alice>bob INVITE offer proto=RTP/SAVP "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PD0+P0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZ"
* 1.00 bob>alice 200 tag=b answer proto=RTP/SAVP "a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CB"
  1.05 alice>bob ACK tag=b
)",
                             R"(
  0.00 alice>bob INVITE offer proto=RTP/SAVP "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PD0+P0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZ"
  1.00 bob>alice 200 tag=b answer proto=RTP/SAVP "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CB"
  1.05 alice>bob ACK tag=b
)",
                             check,
                             Reads::Messages};

} // namespace diagnosis::rules
