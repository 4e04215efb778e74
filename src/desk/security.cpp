// SPDX-License-Identifier: Apache-2.0
#include <desk/security.h>

#include <array>
#include <base/text.h>
#include <fmt/format.h>
#include <rtp/srtp.h>
#include <sip/sdp_crypto.h>

namespace desk {
namespace {

using rtp::SrtpSuite;
constexpr std::array kOffered{SrtpSuite::AesCm128Sha80, SrtpSuite::AesCm128Sha32,
                              SrtpSuite::AesGcm128, SrtpSuite::AesGcm256};
constexpr std::array kAnswered{SrtpSuite::AesCm128Sha80, SrtpSuite::AesCm128Sha32,
                               SrtpSuite::AesCm192Sha80, SrtpSuite::AesCm192Sha32,
                               SrtpSuite::AesCm256Sha80, SrtpSuite::AesCm256Sha32,
                               SrtpSuite::AesGcm128,     SrtpSuite::AesGcm256};

/// Of the suites that the library here has.
template <class Suites> std::vector<std::string> fresh(const Suites &suites)
{
    std::vector<std::string> out;
    for (const SrtpSuite suite : suites) {
        const auto key = rtp::freshKey(suite, static_cast<int>(out.size()) + 1);
        if (rtp::SrtpOpener::open(key))
            out.push_back(rtp::sdesValue(key));
    }
    return out;
}

std::string profile(const sip::SdpMedia &media)
{
    return base::printable(media.protocol, false, 40);
}

/// Why a description and ours agree on no keys although one of them wants them; empty: neither.
std::string disagreement(const sip::SdpMedia &theirs, const sip::SdpMedia *ours)
{
    const bool byDtls = theirs.protocol.find("TLS") != std::string_view::npos;
    const bool weHave = ours != nullptr && !sip::cryptoLines(*ours).empty();
    const bool theyHave = !sip::cryptoLines(theirs).empty();
    if (byDtls)
        return fmt::format("it wants encrypted audio with keys by DTLS ({}), and this call has "
                           "none of that kind",
                           profile(theirs));
    if (sip::isSecureProfile(theirs.protocol) && !weHave)
        return fmt::format("it wants encrypted audio ({}), which this call does not offer; call "
                           "with SRTP offered or required",
                           profile(theirs));
    if (theyHave && weHave)
        return "none of its a=crypto lines fits one of ours in tag, suite and key length (RFC 4568 "
               "section 5.1.3)";
    if (sip::isSecureProfile(theirs.protocol))
        return fmt::format("its audio is to be encrypted ({}), but it brings no a=crypto line",
                           profile(theirs));
    if (ours != nullptr && sip::isSecureProfile(ours->protocol))
        return fmt::format("it sets plain audio ({}) against the encrypted audio ({}) that this "
                           "call requires",
                           profile(theirs), profile(*ours));
    return {};
}

} // namespace

std::vector<std::string> offeredKeys()
{
    return fresh(kOffered);
}

std::vector<std::string> answeringKeys()
{
    auto out = fresh(kAnswered);
    const std::size_t named = out.size();
    for (std::size_t i = 0; i < named; ++i) // many write them the other way round
        for (const auto &[standard, common] :
             {std::pair{" AES_256_CM_", " AES_CM_256_"}, std::pair{" AES_192_CM_", " AES_CM_192_"}})
            if (const auto at = out[i].find(standard); at != std::string::npos)
                out.push_back(
                    std::string(out[i]).replace(at, std::string_view(standard).size(), common));
    return out;
}

void protect(sip::SdpDraft &draft, media::Srtp srtp, const std::vector<std::string> &keys)
{
    draft.crypto = keys;
    if (srtp == media::Srtp::Required)
        draft.protocol = "RTP/SAVP";
}

std::string srtpAdvice(media::Srtp srtp, int status, std::string_view sdp)
{
    if (status != 488 && status != 606)
        return {};
    const auto told = sip::parseSdp(sdp);
    const auto *audio = told.audio();
    if (audio != nullptr && sip::isSecureProfile(audio->protocol) && srtp != media::Srtp::Required)
        return fmt::format(" It takes encrypted audio ({}): call with SRTP required.",
                           profile(*audio));
    if (srtp == media::Srtp::Required)
        return " Encrypted audio (RTP/SAVP) was required and may be what it does not take; with "
               "SRTP offered it has the choice.";
    if (srtp == media::Srtp::Offered)
        return " If it takes encrypted audio (RTP/SAVP) only, call with SRTP required.";
    return " If it takes encrypted audio only, call with SRTP required.";
}

KeyAgreement agreeOnKeys(const sip::SdpMedia &theirs, const sip::SdpMedia *ours)
{
    KeyAgreement out;
    const auto pair = ours != nullptr ? sip::agreedCrypto(sip::cryptoLines(*ours), theirs)
                                      : std::optional<sip::CryptoPair>();
    if (pair) {
        const auto mine = rtp::sdesKeys(pair->ours);
        auto other = rtp::sdesKeys(pair->theirs);
        if (!mine.empty() && !other.empty()) {
            out.keys = media::SrtpKeys{mine.front(), std::move(other)};
            return out;
        }
    }
    out.fault = disagreement(theirs, ours);
    out.closed = !out.fault.empty();
    return out;
}

} // namespace desk
