// SPDX-License-Identifier: Apache-2.0
// A key of SRTP as SDP writes it: the value of an a=crypto line (RFC 4568 section 9.1). Keys stay
// in memory and are never shown. Pure function over views.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rtp {

enum class SrtpSuite : std::uint8_t {
    AesCm128Sha80, // RFC 4568
    AesCm128Sha32,
    AesCm192Sha80, // RFC 6188
    AesCm192Sha32,
    AesCm256Sha80,
    AesCm256Sha32,
    AesGcm128, // RFC 7714
    AesGcm256,
};

struct SdesKey {
    int tag = 0;
    SrtpSuite suite = SrtpSuite::AesCm128Sha80;
    std::string material;       // master key and salt
    std::uint64_t lifetime = 0; // packets, 0: not told
    std::string mki;            // as it stands in the packets, empty: none
    bool encrypted = true, encryptedRtcp = true, authenticated = true;

    friend bool operator==(const SdesKey &, const SdesKey &) = default;
};

/// The keys of one line, more than one where each has an MKI; empty: it cannot be read, or its
/// suite cannot.
std::vector<SdesKey> sdesKeys(std::string_view value);

} // namespace rtp
