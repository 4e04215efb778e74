// SPDX-License-Identifier: Apache-2.0
// One TLS connection as it was captured: records of both directions, opened where the key log has
// the keys. Bytes that are missing cost the records they belonged to, not the rest. Importer's
// thread, owned by the StreamLayers.
#pragma once

#include <cstdint>
#include <ingest/decode/tls_cipher.h>
#include <ingest/decode/tls_hello.h>
#include <ingest/decode/tls_keylog.h>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ingest::decode {

struct TlsPiece {
    enum class Kind : std::uint8_t {
        Data,  // `bytes` of the application
        Gap,   // bytes of the application are missing here
        Alert, // `alert`, `fatal`
    };
    Kind kind = Kind::Data;
    std::string bytes;
    std::uint8_t alert = 0;
    bool fatal = false;
};

/// What the handshake told in the clear, or what of it could be opened.
struct TlsFacts {
    std::uint16_t version = 0; // 0: no ServerHello was captured
    std::uint16_t suite = 0;
    std::string serverName, protocol, subject;
    bool hello = false;       // a ClientHello was captured
    bool keyKnown = false;    // the log has a secret for it
    std::uint64_t sealed = 0; // bytes of the application that could not be opened
    std::uint64_t opened = 0; // and that could
};

class TlsStream
{
public:
    explicit TlsStream(const TlsKeyLog &keys) : m_keys(keys) {}

    /// Could be the beginning of a record: type, version 3.x, a length that is allowed. `bytes` may
    /// be shorter than a header.
    static bool looksLikeRecord(std::string_view bytes);

    /// Bytes of the direction `from` (0 or 1), in order.
    std::vector<TlsPiece> add(int from, std::string_view bytes);
    /// Bytes of that direction are missing here.
    void gap(int from);
    const TlsFacts &facts() const { return m_facts; }
    std::size_t held() const;

private:
    enum class Epoch : std::uint8_t { None, Early, Handshake, Traffic }; // of TLS 1.3's keys
    struct Side {
        std::string_view rest() const { return std::string_view(held).substr(begin); }
        std::string held;
        std::size_t begin = 0; // of the record under way in `held`
        std::string handshake; // begins with the message under way
        std::unique_ptr<TlsOpener> opener;
        std::uint64_t number = 0; // of the next record under that key
        Epoch epoch = Epoch::None;
        bool changed = false;       // TLS 1.2: a ChangeCipherSpec came
        bool lost = false;          // neither boundary nor number of the next record are known
        bool dead = false;          // given up: bytes are only counted
        bool torn = false;          // a Gap is to be told before the next bytes
        std::uint64_t unopened = 0; // bytes of TLS 1.3 before the first key that fits
        int failures = 0;           // records in a row that no key opened
        int searches = 0;           // for numbers after bytes were lost
        std::size_t doubted = 0;    // behind `begin`: no record that opens begins before
    };
    using Out = std::vector<TlsPiece>;

    bool next(int from, Out &out);
    bool align(int from, Out &out);
    bool alignBehind(int from, Out &out);
    static bool trusted(std::string_view rest, std::size_t whole);
    void record(int from, const TlsRecord &record, Out &out);
    bool sealed(const Side &side, std::uint8_t type) const;
    bool open(int from, const TlsRecord &record, std::string &plain, std::uint8_t &type);
    bool openNext(int from, const TlsRecord &record, std::uint64_t reach, std::string &plain,
                  std::uint8_t &type);
    static bool tryNumbers(TlsOpener &opener, std::uint64_t first, std::uint64_t reach, Side &side,
                           const TlsRecord &record, std::string &plain, std::uint8_t &type);
    std::unique_ptr<TlsOpener> opener12(int from) const;
    std::unique_ptr<TlsOpener> opener13(int from, Epoch epoch) const;
    void content(int from, std::uint8_t type, std::string_view bytes, Out &out);
    void handshake(int from, std::string_view bytes);
    void message(int from, std::uint8_t type, std::string_view body);
    void unread(Side &side, std::size_t bytes);
    void pass(Side &side, std::size_t bytes);

    const TlsKeyLog &m_keys;
    TlsFacts m_facts;
    Side m_sides[2];
    int m_client = -1; // which side is the client; -1: not known
    std::string m_clientRandom, m_serverRandom;
    bool m_encryptThenMac = false;
};

} // namespace ingest::decode
