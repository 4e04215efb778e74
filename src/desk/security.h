// SPDX-License-Identifier: Apache-2.0
// SRTP keys in our own offers and answers (RFC 4568). Keys go into descriptions and to media,
// nowhere else. Any thread.
#pragma once

#include <media/media.h>
#include <sip/sdp.h>
#include <string>
#include <vector>

namespace desk {

/// Values of a=crypto with fresh keys: of the suites an offer names, in its order.
std::vector<std::string> offeredKeys();
/// And of all that an answer could take, whichever comes.
std::vector<std::string> answeringKeys();

/// A description of ours with another key in each a=crypto line of it, for another receiver.
std::string withFreshKeys(const std::string &sdp);

/// Where a certificate is wanted that is not made yet.
inline const std::string kAnyFingerprint = "sha-256 00";

/// Puts keys and profile into a draft of ours. Offered goes as RTP/AVP with keys: RFC 4568 knows
/// them under RTP/SAVP alone, and RFC 5939's way to offer both is understood by next to nobody,
/// while phones, PBXs and SBCs that take SRTP "if possible" agree on this one; who knows no keys
/// reads a plain offer.
/// With DTLS (`fingerprint`) it is UDP/TLS/RTP/SAVP, where who takes it for the first time finds
/// all that RFC 5763 wants.
void protect(sip::SdpDraft &draft, media::Srtp srtp, const std::vector<std::string> &keys,
             const std::string &fingerprint);

/// The keys that an offer and its answer agree on, one of them ours; and one clause where they fail
/// to: "its RTP/SAVP audio brings no key...".
struct KeyAgreement {
    std::optional<media::SrtpKeys> keys;
    std::optional<media::DtlsPeer> dtls; // they come by a handshake
    bool closed = false; // protected, or to be, without keys: nothing can be sent or heard
    std::string fault;
};
struct AudioLine { // of a description
    const sip::Sdp &sdp;
    const sip::SdpMedia *media = nullptr; // null: it has none
};
/// `theirs` has a line.
KeyAgreement agreeOnKeys(const AudioLine &theirs, const AudioLine &ours);

/// What a 488 or 606 may have to do with SRTP, a sentence that begins with a space; empty: nothing.
/// `sdp`: what came with it.
std::string srtpAdvice(media::Srtp srtp, int status, std::string_view sdp);

} // namespace desk
