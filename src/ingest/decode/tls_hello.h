// SPDX-License-Identifier: Apache-2.0
// The handshake messages of TLS that say who speaks and how (RFC 8446 section 4, RFC 5246 section
// 7.4), read without trust. Pure functions over views.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ingest::decode {

struct TlsClientHello {
    std::string_view random;     // 32 bytes
    std::string_view serverName; // SNI (RFC 6066 section 3), empty: none
    std::string_view protocol;   // the first ALPN names (RFC 7301), empty: none
};
struct TlsServerHello {
    std::string_view random;
    std::uint16_t version = 0; // what was agreed: 0x0303 TLS 1.2, 0x0304 TLS 1.3
    std::uint16_t suite = 0;
    std::string_view protocol;
    bool encryptThenMac = false; // RFC 7366
    bool retry = false;          // RFC 8446 section 4.1.4: another ClientHello follows
};

/// `body` of the message; nullopt: it ends too early.
std::optional<TlsClientHello> tlsClientHello(std::string_view body);
std::optional<TlsServerHello> tlsServerHello(std::string_view body);
/// The protocol of an EncryptedExtensions message, empty: none.
std::string_view tlsAgreedProtocol(std::string_view body);
/// Subject of the first certificate of a Certificate message ("CN=edge.example.com"), empty: not
/// readable.
std::string tlsSubject(std::string_view body, bool tls13);
/// "handshake failure"; "alert 200" for one that is not known.
std::string tlsAlertText(std::uint8_t description);

} // namespace ingest::decode
