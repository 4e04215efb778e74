// SPDX-License-Identifier: Apache-2.0
// The cipher suites that can be read, by their numbers in the registry of TLS.
#include <ingest/decode/tls_cipher.h>

#include <algorithm>
#include <array>
#include <span>

namespace ingest::decode {
namespace {

constexpr auto kSha1 = TlsHash::Sha1;
constexpr auto kSha256 = TlsHash::Sha256;
constexpr auto kSha384 = TlsHash::Sha384;

// The key exchanges of one kind of protection differ in what the key log spares us: one row holds
// all their numbers.
struct Family {
    TlsSuite suite;
    std::span<const std::uint16_t> codes;
};

constexpr std::array<std::uint16_t, 1> kAes128Gcm13{0x1301}, kAes256Gcm13{0x1302},
    kChaCha13{0x1303}, kCcm13{0x1304}, kCcm8Of13{0x1305};
constexpr std::array<std::uint16_t, 14> kAes128Gcm{0x009C, 0x009E, 0x00A0, 0x00A2, 0x00A4,
                                                   0x00A6, 0x00A8, 0x00AA, 0x00AC, 0xC02B,
                                                   0xC02D, 0xC02F, 0xC031, 0xD001};
constexpr std::array<std::uint16_t, 14> kAes256Gcm{0x009D, 0x009F, 0x00A1, 0x00A3, 0x00A5,
                                                   0x00A7, 0x00A9, 0x00AB, 0x00AD, 0xC02C,
                                                   0xC02E, 0xC030, 0xC032, 0xD002};
constexpr std::array<std::uint16_t, 7> kChaCha{0xCCA8, 0xCCA9, 0xCCAA, 0xCCAB,
                                               0xCCAC, 0xCCAD, 0xCCAE};
constexpr std::array<std::uint16_t, 6> kAes128Ccm{0xC09C, 0xC09E, 0xC0A4, 0xC0A6, 0xC0AC, 0xD005};
constexpr std::array<std::uint16_t, 5> kAes256Ccm{0xC09D, 0xC09F, 0xC0A5, 0xC0A7, 0xC0AD};
constexpr std::array<std::uint16_t, 6> kAes128Ccm8{0xC0A0, 0xC0A2, 0xC0A8, 0xC0AA, 0xC0AE, 0xD003};
constexpr std::array<std::uint16_t, 5> kAes256Ccm8{0xC0A1, 0xC0A3, 0xC0A9, 0xC0AB, 0xC0AF};
constexpr std::array<std::uint16_t, 15> kAes128Sha{0x002F, 0x0030, 0x0031, 0x0032, 0x0033,
                                                   0x0034, 0x008C, 0x0090, 0x0094, 0xC004,
                                                   0xC009, 0xC00E, 0xC013, 0xC018, 0xC035};
constexpr std::array<std::uint16_t, 15> kAes256Sha{0x0035, 0x0036, 0x0037, 0x0038, 0x0039,
                                                   0x003A, 0x008D, 0x0091, 0x0095, 0xC005,
                                                   0xC00A, 0xC00F, 0xC014, 0xC019, 0xC036};
constexpr std::array<std::uint16_t, 14> kAes128Sha256{0x003C, 0x003E, 0x003F, 0x0040, 0x0067,
                                                      0x006C, 0x00AE, 0x00B2, 0x00B6, 0xC023,
                                                      0xC025, 0xC027, 0xC029, 0xC037};
constexpr std::array<std::uint16_t, 6> kAes256Sha256{0x003D, 0x0068, 0x0069,
                                                     0x006A, 0x006B, 0x006D};
constexpr std::array<std::uint16_t, 8> kAes256Sha384{0x00AF, 0x00B3, 0x00B7, 0xC024,
                                                     0xC026, 0xC028, 0xC02A, 0xC038};

constexpr std::array<Family, 17> kFamilies{{
    {{0, TlsMode::Gcm, 16, kSha256, kSha256}, kAes128Gcm13},
    {{0, TlsMode::Gcm, 32, kSha384, kSha256}, kAes256Gcm13},
    {{0, TlsMode::ChaCha, 32, kSha256, kSha256}, kChaCha13},
    {{0, TlsMode::Ccm, 16, kSha256, kSha256}, kCcm13},
    {{0, TlsMode::Ccm8, 16, kSha256, kSha256}, kCcm8Of13},
    {{0, TlsMode::Gcm, 16, kSha256, kSha256}, kAes128Gcm},
    {{0, TlsMode::Gcm, 32, kSha384, kSha256}, kAes256Gcm},
    {{0, TlsMode::ChaCha, 32, kSha256, kSha256}, kChaCha},
    {{0, TlsMode::Ccm, 16, kSha256, kSha256}, kAes128Ccm},
    {{0, TlsMode::Ccm, 32, kSha256, kSha256}, kAes256Ccm},
    {{0, TlsMode::Ccm8, 16, kSha256, kSha256}, kAes128Ccm8},
    {{0, TlsMode::Ccm8, 32, kSha256, kSha256}, kAes256Ccm8},
    {{0, TlsMode::Cbc, 16, kSha256, kSha1}, kAes128Sha},
    {{0, TlsMode::Cbc, 32, kSha256, kSha1}, kAes256Sha},
    {{0, TlsMode::Cbc, 16, kSha256, kSha256}, kAes128Sha256},
    {{0, TlsMode::Cbc, 32, kSha256, kSha256}, kAes256Sha256},
    {{0, TlsMode::Cbc, 32, kSha384, kSha384}, kAes256Sha384},
}};

constexpr std::size_t countCodes()
{
    std::size_t count = 0;
    for (const Family &family : kFamilies)
        count += family.codes.size();
    return count;
}

/// One row per number, in order.
constexpr auto makeSuites()
{
    std::array<TlsSuite, countCodes()> out{};
    std::size_t at = 0;
    for (const Family &family : kFamilies) {
        for (const std::uint16_t code : family.codes) {
            out[at] = family.suite;
            out[at++].code = code;
        }
    }
    std::sort(out.begin(), out.end(),
              [](const TlsSuite &a, const TlsSuite &b) { return a.code < b.code; });
    return out;
}

constexpr auto kSuites = makeSuites();

} // namespace

const TlsSuite *tlsSuite(std::uint16_t code)
{
    const auto *const found = std::lower_bound(
        kSuites.begin(), kSuites.end(), code,
        [](const TlsSuite &suite, std::uint16_t wanted) { return suite.code < wanted; });
    return found != kSuites.end() && found->code == code ? found : nullptr;
}

} // namespace ingest::decode
