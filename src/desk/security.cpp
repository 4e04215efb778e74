// SPDX-License-Identifier: Apache-2.0
#include <desk/security.h>

#include <array>
#include <base/text.h>
#include <fmt/format.h>
#include <rtp/srtp.h>
#include <sip/sdp_crypto.h>
#include <sip/sdp_dtls.h>

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

/// Why a description and ours agree on no keys by DTLS although one of them wants them; empty:
/// neither, or it is no question of DTLS.
std::string disagreementByDtls(const AudioLine &theirs, const AudioLine &ours)
{
    const bool weHave = ours.media != nullptr && !sip::fingerprints(ours.sdp, *ours.media).empty();
    const bool theyWant = sip::keysByDtls(theirs.sdp, *theirs.media);
    if (theyWant && !weHave)
        return fmt::format("it wants encrypted audio with keys by DTLS ({}), and this call has "
                           "none of that kind; call with SRTP by DTLS",
                           profile(*theirs.media));
    if (theyWant && sip::fingerprints(theirs.sdp, *theirs.media).empty())
        return "its keys are to come by DTLS, but it brings no a=fingerprint of its certificate "
               "(RFC 5763 section 5)";
    if (theyWant)
        return "nobody is to begin the DTLS handshake by their a=setup lines (RFC 5763 section 5)";
    if (weHave && sip::isDtlsProfile(ours.media->protocol))
        return fmt::format("it sets {} against the keys by DTLS ({}) that this call requires",
                           profile(*theirs.media), profile(*ours.media));
    return {};
}

/// Why a description and ours agree on no keys although one of them wants them; empty: neither.
std::string disagreement(const sip::SdpMedia &theirs, const sip::SdpMedia *ours)
{
    const bool weHave = ours != nullptr && !sip::cryptoLines(*ours).empty();
    const bool theyHave = !sip::cryptoLines(theirs).empty();
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

/// The handshake that both descriptions are for; nullopt: there is none.
std::optional<media::DtlsPeer> handshake(const AudioLine &theirs, const AudioLine &ours)
{
    if (ours.media == nullptr || sip::fingerprints(ours.sdp, *ours.media).empty() ||
        !sip::keysByDtls(theirs.sdp, *theirs.media))
        return std::nullopt;
    const auto begins = sip::weBegin(ours.sdp, *ours.media, theirs.sdp, *theirs.media);
    const auto told = sip::fingerprints(theirs.sdp, *theirs.media);
    if (!begins || told.empty())
        return std::nullopt;
    return media::DtlsPeer{{told.begin(), told.end()}, *begins};
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

std::string withFreshKeys(const std::string &sdp)
{
    constexpr std::string_view kName = "a=crypto:";
    std::string out;
    for (const auto line : base::split(sdp, '\n')) {
        const auto text = base::trim(line);
        const auto keys = text.substr(0, kName.size()) == kName
                              ? rtp::sdesKeys(text.substr(kName.size()))
                              : std::vector<rtp::SdesKey>();
        if (keys.size() == 1)
            out += std::string(kName) + rtp::sdesValue(rtp::freshKey(keys[0].suite, keys[0].tag)) +
                   "\r\n";
        else if (!text.empty())
            out += std::string(text) + "\r\n";
    }
    return out;
}

void protect(sip::SdpDraft &draft, media::Srtp srtp, const std::vector<std::string> &keys,
             const std::string &fingerprint)
{
    draft.crypto = keys;
    draft.fingerprint = fingerprint;
    if (srtp == media::Srtp::Dtls)
        draft.protocol = "UDP/TLS/RTP/SAVP";
    if (srtp == media::Srtp::Required)
        draft.protocol = "RTP/SAVP";
}

std::string srtpAdvice(media::Srtp srtp, int status, std::string_view sdp)
{
    if (status != 488 && status != 606)
        return {};
    const auto told = sip::parseSdp(sdp);
    const auto *audio = told.audio();
    if (audio != nullptr && sip::keysByDtls(told, *audio) && srtp != media::Srtp::Dtls)
        return fmt::format(" It takes encrypted audio with keys by DTLS ({}): call with SRTP by "
                           "DTLS.",
                           profile(*audio));
    if (audio != nullptr && sip::isSecureProfile(audio->protocol) &&
        !sip::keysByDtls(told, *audio) && srtp != media::Srtp::Required)
        return fmt::format(" It takes encrypted audio ({}): call with SRTP required.",
                           profile(*audio));
    if (srtp == media::Srtp::Dtls)
        return " Encrypted audio with keys by DTLS (UDP/TLS/RTP/SAVP) was required and may be what "
               "it does not take; keys in SDP (SRTP required) are the other kind.";
    if (srtp == media::Srtp::Required)
        return " Encrypted audio (RTP/SAVP) was required and may be what it does not take; with "
               "SRTP offered it has the choice.";
    if (srtp == media::Srtp::Offered)
        return " If it takes encrypted audio (RTP/SAVP) only, call with SRTP required.";
    return " If it takes encrypted audio only, call with SRTP required.";
}

KeyAgreement agreeOnKeys(const AudioLine &theirs, const AudioLine &ours)
{
    KeyAgreement out;
    out.dtls = handshake(theirs, ours);
    if (out.dtls) {
        out.closed = true; // until it is done
        return out;
    }
    const auto pair = ours.media != nullptr
                          ? sip::agreedCrypto(sip::cryptoLines(*ours.media), *theirs.media)
                          : std::optional<sip::CryptoPair>();
    if (pair) {
        const auto mine = rtp::sdesKeys(pair->ours);
        auto other = rtp::sdesKeys(pair->theirs);
        if (!mine.empty() && !other.empty()) {
            out.keys = media::SrtpKeys{mine.front(), std::move(other)};
            return out;
        }
    }
    out.fault = disagreementByDtls(theirs, ours);
    if (out.fault.empty())
        out.fault = disagreement(*theirs.media, ours.media);
    out.closed = !out.fault.empty();
    return out;
}

} // namespace desk
