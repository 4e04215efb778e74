// SPDX-License-Identifier: Apache-2.0
// SRTP keys in offers and answers (RFC 4568), as far as SDP goes: which of the a=crypto lines of
// two descriptions belong together. What a key is worth is for whoever uses it. Pure, over views.
#pragma once

#include <optional>
#include <sip/sdp.h>
#include <string>
#include <string_view>
#include <vector>

namespace sip {

/// RTP/SAVP or RTP/SAVPF, DTLS or not.
bool isSecureProfile(std::string_view protocol);

/// The values of a description's a=crypto lines.
std::vector<std::string_view> cryptoLines(const SdpMedia &media);

/// Our a=crypto line in answer to `offered`: to the first line there that we can take, under its
/// tag, with our key of its suite. `ours` holds such values, a key for each suite we have. nullopt:
/// none can be taken. A line is passed over whose key has not its suite's length, and one with
/// session parameters that would have to be understood (RFC 4568 section 7.1.2).
std::optional<std::string> answerCrypto(const SdpMedia &offered,
                                        const std::vector<std::string> &ours);

struct CryptoPair {
    std::string_view ours, theirs; // values of a=crypto, of one tag and suite
};
/// What an offer and its answer agree on, whichever of them was ours (RFC 4568 sections 5.1.2 and
/// 5.1.3): lines of the same tag and suite. nullopt: nothing.
std::optional<CryptoPair> agreedCrypto(const std::vector<std::string_view> &ours,
                                       const SdpMedia &theirs);

} // namespace sip
