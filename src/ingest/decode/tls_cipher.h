// SPDX-License-Identifier: Apache-2.0
// Takes the protection off the records of one direction of a TLS connection: TLS 1.2 (RFC 5246, RFC
// 5288, RFC 6655, RFC 7366, RFC 7905) and TLS 1.3 (RFC 8446). Importer's thread, owned by a
// TlsStream.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace ingest::decode {

enum class TlsMode : std::uint8_t { Gcm, Ccm, Ccm8, ChaCha, Cbc };
enum class TlsHash : std::uint8_t { Sha1, Sha256, Sha384 };

struct TlsSuite {
    std::uint16_t code = 0;
    TlsMode mode = TlsMode::Gcm;
    std::uint8_t keyLength = 16;   // bytes
    TlsHash prf = TlsHash::Sha256; // of the key schedule
    TlsHash mac = TlsHash::Sha256; // of the records, Cbc only
    bool tls13() const { return code >= 0x1301 && code <= 0x1305; }
};
/// nullptr: a suite that is not read here.
const TlsSuite *tlsSuite(std::uint16_t code);

struct TlsRecord {
    std::uint8_t type = 0; // 20 change cipher spec, 21 alert, 22 handshake, 23 application data
    std::uint16_t version = 0;
    std::string_view body;
};

/// The secrets of TLS 1.2 as the key log and the two hellos give them.
struct TlsMaster {
    std::string_view secret, clientRandom, serverRandom;
    bool encryptThenMac = false; // RFC 7366 was agreed on
};

class TlsOpener
{
public:
    /// The keys of one direction; `client`: of what the client sends.
    static std::unique_ptr<TlsOpener> tls12(const TlsSuite &suite, const TlsMaster &master,
                                            bool client);
    static std::unique_ptr<TlsOpener> tls13(const TlsSuite &suite, std::string_view secret);
    ~TlsOpener();
    TlsOpener(const TlsOpener &) = delete;
    TlsOpener &operator=(const TlsOpener &) = delete;

    /// `plain` becomes the record's content and `type` what it really is (TLS 1.3 hides it). False:
    /// this is not the record with that number under this key.
    bool open(std::uint64_t number, const TlsRecord &record, std::string &plain,
              std::uint8_t &type);
    /// The key after a KeyUpdate (RFC 8446 section 7.2); nullptr with TLS 1.2.
    std::unique_ptr<TlsOpener> next() const;

private:
    struct Work;
    explicit TlsOpener(std::unique_ptr<Work> work);

    std::unique_ptr<Work> m_work;
};

} // namespace ingest::decode
