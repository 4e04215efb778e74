// SPDX-License-Identifier: Apache-2.0
// DTLS-SRTP in offers and answers (RFC 5763, RFC 8122, RFC 4145), as far as SDP goes: whose
// certificate it will be, and who begins the handshake. Pure, over views.
#pragma once

#include <optional>
#include <sip/sdp.h>
#include <string>
#include <string_view>
#include <vector>

namespace sip {

/// UDP/TLS/RTP/SAVP or UDP/TLS/RTP/SAVPF.
bool isDtlsProfile(std::string_view protocol);

/// The values of the a=fingerprint lines that hold for a line: its own, else the session's.
std::vector<std::string_view> fingerprints(const Sdp &sdp, const SdpMedia &media);

/// Whether keys of this line come by DTLS: its profile says so, or it is a secure one that brings
/// fingerprints and no a=crypto, as old browsers wrote it.
bool keysByDtls(const Sdp &sdp, const SdpMedia &media);

/// What we answer to the a=setup of an offered line (RFC 5763 section 5): who may choose begins,
/// but for one whose part is settled (`own`: "active", "passive"), who keeps it (RFC 8842 section
/// 5.3).
std::string_view answerSetup(const Sdp &sdp, const SdpMedia &offered, std::string_view own);

/// Our description with the part in it that the peer's answer leaves us, for the offers and answers
/// that follow.
std::string withSettledSetup(std::string_view ours, std::string_view answer);

/// Whether it is us who sends the ClientHello between two descriptions, one of them ours. nullopt:
/// nobody does now (a=setup:holdconn), or both believe that the other one does.
std::optional<bool> weBegin(const Sdp &ours, const SdpMedia &ourLine, const Sdp &theirs,
                            const SdpMedia &theirLine);

} // namespace sip
