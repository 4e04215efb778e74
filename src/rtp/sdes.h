// SPDX-License-Identifier: Apache-2.0
// A key of SRTP as SDP writes it: the value of an a=crypto line (RFC 4568 section 9.1). Keys stay
// in memory and are never shown. Any thread.
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

/// As an a=crypto line names it.
std::string_view suiteName(SrtpSuite suite);
/// One of those, whatever the case of its letters.
bool knowsSuite(std::string_view name);
/// A key that nobody else has, of the length its suite wants.
SdesKey freshKey(SrtpSuite suite, int tag);
/// The value of its a=crypto line: tag, suite, key. What goes beyond that is left to the defaults
/// of RFC 4568.
std::string sdesValue(const SdesKey &key);

/// The keys of one line, more than one where each has an MKI; empty: it cannot be read, or its
/// suite cannot.
std::vector<SdesKey> sdesKeys(std::string_view value);

} // namespace rtp
