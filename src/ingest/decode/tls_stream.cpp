// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/tls_stream.h>

#include <algorithm>
#include <ingest/decode/bytes.h>

namespace ingest::decode {
namespace {

constexpr std::uint8_t kChangeCipherSpec = 20, kAlert = 21, kHandshake = 22, kApplication = 23,
                       kHeartbeat = 24;
constexpr std::uint16_t kTls12 = 0x0303, kTls13 = 0x0304;
constexpr std::size_t kHeader = 5;
constexpr std::size_t kLongestRecord = (1U << 14U) + 2048; // RFC 5246 section 6.2.3
constexpr std::size_t kMostHandshake = 256U << 10U;        // bytes of one handshake message
constexpr int kMostFailures = 8;
constexpr int kMostSearches = 256;
constexpr std::uint64_t kReach = 64; // records that one hole may have swallowed

std::size_t recordLength(std::string_view bytes)
{
    return kHeader + be16(bytes, 3);
}

TlsRecord recordAt(std::string_view bytes)
{
    return {u8(bytes, 0), be16(bytes, 1), bytes.substr(kHeader, be16(bytes, 3))};
}

} // namespace

bool TlsStream::looksLikeRecord(std::string_view bytes)
{
    const std::uint8_t type = u8(bytes, 0);
    if (bytes.empty() || type < kChangeCipherSpec || type > kHeartbeat)
        return false;
    if (bytes.size() > 1 && bytes[1] != '\x03')
        return false;
    if (bytes.size() > 2 && u8(bytes, 2) > 4)
        return false;
    return bytes.size() < kHeader || (be16(bytes, 3) > 0 && be16(bytes, 3) <= kLongestRecord);
}

std::size_t TlsStream::held() const
{
    std::size_t sum = 0;
    for (const Side &side : m_sides)
        sum += side.held.size() + side.handshake.size();
    return sum;
}

std::vector<TlsPiece> TlsStream::add(int from, std::string_view bytes)
{
    Out out;
    Side &side = m_sides[from];
    if (side.dead) {
        unread(side, bytes.size());
        return out;
    }
    side.held.append(bytes);
    while (!side.dead && (side.lost ? align(from, out) : next(from, out))) {
    }
    if (side.dead)
        pass(side, side.rest().size());
    side.held.erase(0, side.begin);
    side.begin = 0;
    return out;
}

void TlsStream::gap(int from)
{
    Side &side = m_sides[from];
    pass(side, side.rest().size());
    side.held.clear();
    side.begin = 0;
    side.handshake.clear();
    side.lost = side.torn = true;
    side.failures = 0;
    side.unopened = 0;
    side.doubted = 0;
}

void TlsStream::unread(Side &side, std::size_t bytes)
{
    side.torn = side.torn || bytes != 0;
    m_facts.sealed += bytes;
}

void TlsStream::pass(Side &side, std::size_t bytes)
{
    side.begin += bytes;
    unread(side, bytes);
}

/// Takes the record off the front; false: it is not whole yet.
bool TlsStream::next(int from, Out &out)
{
    Side &side = m_sides[from];
    const std::string_view rest = side.rest();
    if (rest.size() < kHeader)
        return false;
    if (!looksLikeRecord(rest)) { // no TLS any more: nothing of it can be relied on
        side.lost = side.torn = true;
        return true;
    }
    if (rest.size() < recordLength(rest))
        return false;
    side.begin += recordLength(rest);
    record(from, recordAt(rest), out);
    return true;
}

/// Looks for the next record after bytes were lost; false: more bytes are needed.
bool TlsStream::align(int from, Out &out)
{
    Side &side = m_sides[from];
    std::size_t at = 0;
    while (at < side.rest().size() && !looksLikeRecord(side.rest().substr(at)))
        ++at;
    pass(side, at);
    side.doubted -= std::min(side.doubted, at);
    const std::string_view rest = side.rest();
    if (rest.size() < kHeader || rest.size() < recordLength(rest))
        return alignBehind(from, out);
    const TlsRecord found = recordAt(rest);
    if (!sealed(side, found.type) && trusted(rest, recordLength(rest))) {
        side.lost = false;
        return true;
    }
    std::string plain;
    std::uint8_t type = 0;
    if (open(from, found, plain, type)) {
        side.begin += recordLength(rest);
        content(from, type, plain, out);
        return true;
    }
    side.dead = ++side.searches > kMostSearches || !m_facts.keyKnown;
    pass(side, 1);
    side.doubted -= std::min<std::size_t>(side.doubted, 1);
    return true;
}

/// What looks like the header of a record that is not whole yet may be chance, and wait for bytes
/// that are others': a record behind it that opens tells.
bool TlsStream::alignBehind(int from, Out &out)
{
    Side &side = m_sides[from];
    const std::string_view rest = side.rest();
    std::size_t at = std::max<std::size_t>(side.doubted, 1);
    for (; at + kHeader <= rest.size(); ++at) {
        const std::string_view behind = rest.substr(at);
        if (!looksLikeRecord(behind) || !sealed(side, u8(behind, 0)))
            continue;
        if (behind.size() < recordLength(behind))
            break;
        std::string plain;
        std::uint8_t type = 0;
        const std::size_t whole = recordLength(behind);
        if (open(from, recordAt(behind), plain, type)) {
            pass(side, at);
            side.begin += whole;
            side.doubted = 0;
            content(from, type, plain, out);
            return true;
        }
        side.dead = ++side.searches > kMostSearches || !m_facts.keyKnown;
        if (side.dead)
            return true;
    }
    side.doubted = at;
    return false;
}

/// A record in the clear proves nothing itself: what stands behind it must look like one too.
bool TlsStream::trusted(std::string_view rest, std::size_t whole)
{
    return u8(rest, 0) != kHeartbeat &&
           (rest.size() == whole || looksLikeRecord(rest.substr(whole)));
}

bool TlsStream::sealed(const Side &side, std::uint8_t type) const
{
    return type == kApplication || (m_facts.version != kTls13 && side.changed);
}

void TlsStream::record(int from, const TlsRecord &record, Out &out)
{
    Side &side = m_sides[from];
    if (!sealed(side, record.type)) {
        content(from, record.type, record.body, out);
        return;
    }
    std::string plain;
    std::uint8_t type = 0;
    if (open(from, record, plain, type)) {
        content(from, type, plain, out);
        return;
    }
    if (record.type == kApplication) {
        unread(side, record.body.size());
        side.unopened += record.body.size();
    }
    // Without its key a direction is only counted; a few records may lack one, as early data does.
    if (++side.failures >= kMostFailures)
        side.dead = true;
}

bool TlsStream::tryNumbers(TlsOpener &opener, std::uint64_t first, std::uint64_t reach, Side &side,
                           const TlsRecord &record, std::string &plain, std::uint8_t &type)
{
    for (std::uint64_t number = first; number <= first + reach; ++number) {
        if (opener.open(number, record, plain, type)) {
            side.number = number + 1;
            side.lost = false;
            side.failures = 0;
            return true;
        }
    }
    return false;
}

bool TlsStream::open(int from, const TlsRecord &record, std::string &plain, std::uint8_t &type)
{
    Side &side = m_sides[from];
    const std::uint64_t reach = side.lost ? kReach : 0;
    if (!side.opener && m_facts.version == kTls12) {
        side.opener = opener12(from);
        side.number = 0;
    }
    if (side.opener && tryNumbers(*side.opener, side.number, reach, side, record, plain, type))
        return true;
    return m_facts.version == kTls13 && openNext(from, record, reach, plain, type);
}

/// The keys that may follow in TLS 1.3, each with records counted from 0. Which of them holds is
/// seen by what it opens, so that no message that announces a key must have been captured.
bool TlsStream::openNext(int from, const TlsRecord &record, std::uint64_t reach, std::string &plain,
                         std::uint8_t &type)
{
    Side &side = m_sides[from];
    for (auto epoch = static_cast<int>(side.epoch) + 1; epoch <= static_cast<int>(Epoch::Traffic);
         ++epoch) {
        auto opener = opener13(from, static_cast<Epoch>(epoch));
        if (opener && tryNumbers(*opener, 0, reach, side, record, plain, type)) {
            side.opener = std::move(opener);
            if (side.epoch == Epoch::None && epoch == static_cast<int>(Epoch::Traffic) &&
                side.number == 1) { // what stayed closed so far was the handshake
                m_facts.sealed -= side.unopened;
                side.torn = false;
            }
            side.epoch = static_cast<Epoch>(epoch);
            return true;
        }
    }
    if (side.epoch != Epoch::Traffic)
        return false;
    auto updated = side.opener->next();
    if (!tryNumbers(*updated, 0, reach, side, record, plain, type))
        return false;
    side.opener = std::move(updated);
    return true;
}

std::unique_ptr<TlsOpener> TlsStream::opener12(int from) const
{
    const TlsSuite *suite = tlsSuite(m_facts.suite);
    const std::string_view secret = m_keys.find(TlsSecret::Master, m_clientRandom);
    if (suite == nullptr || suite->tls13() || secret.empty() || m_client < 0)
        return nullptr;
    return TlsOpener::tls12(*suite, {secret, m_clientRandom, m_serverRandom, m_encryptThenMac},
                            from == m_client);
}

std::unique_ptr<TlsOpener> TlsStream::opener13(int from, Epoch epoch) const
{
    const TlsSuite *suite = tlsSuite(m_facts.suite);
    const bool client = from == m_client;
    if (suite == nullptr || !suite->tls13() || (epoch == Epoch::Early && !client))
        return nullptr;
    TlsSecret kind = client ? TlsSecret::ClientTraffic : TlsSecret::ServerTraffic;
    if (epoch == Epoch::Early)
        kind = TlsSecret::ClientEarly;
    else if (epoch == Epoch::Handshake)
        kind = client ? TlsSecret::ClientHandshake : TlsSecret::ServerHandshake;
    const std::string_view secret = m_keys.find(kind, m_clientRandom);
    return secret.empty() ? nullptr : TlsOpener::tls13(*suite, secret);
}

void TlsStream::content(int from, std::uint8_t type, std::string_view bytes, Out &out)
{
    Side &side = m_sides[from];
    if (type == kHandshake) {
        handshake(from, bytes);
    } else if (type == kChangeCipherSpec && m_facts.version != kTls13) {
        side.changed = true;
        side.opener.reset(); // of a handshake before (RFC 5746)
    } else if (type == kAlert && bytes.size() >= 2) {
        TlsPiece piece;
        piece.kind = TlsPiece::Kind::Alert;
        piece.fatal = u8(bytes, 0) == 2;
        piece.alert = u8(bytes, 1);
        out.push_back(std::move(piece));
    } else if (type == kApplication && !bytes.empty()) {
        if (side.torn)
            out.push_back({TlsPiece::Kind::Gap, {}, 0, false});
        side.torn = false;
        m_facts.opened += bytes.size();
        out.push_back({TlsPiece::Kind::Data, std::string(bytes), 0, false});
    }
}

void TlsStream::handshake(int from, std::string_view bytes)
{
    std::string &held = m_sides[from].handshake;
    held.append(bytes);
    while (held.size() >= 4) {
        const std::size_t length = be32(held, 0) & 0xFFFFFFU;
        if (length > kMostHandshake) {
            held.clear();
            return;
        }
        if (held.size() < 4 + length)
            return;
        const std::string body = held.substr(4, length);
        const std::uint8_t type = u8(held, 0);
        held.erase(0, 4 + length);
        message(from, type, body);
    }
}

void TlsStream::message(int from, std::uint8_t type, std::string_view body)
{
    constexpr std::uint8_t kClientHello = 1, kServerHello = 2, kEncryptedExtensions = 8,
                           kCertificate = 11;
    if (type == kClientHello) {
        const auto hello = tlsClientHello(body);
        if (!hello)
            return;
        m_client = from;
        m_clientRandom = hello->random;
        m_facts.hello = true;
        m_facts.keyKnown = m_keys.knows(m_clientRandom);
        m_facts.serverName = hello->serverName;
        if (m_facts.protocol.empty())
            m_facts.protocol = hello->protocol;
    } else if (type == kServerHello) {
        const auto hello = tlsServerHello(body);
        if (!hello)
            return;
        m_client = 1 - from;
        m_facts.version = hello->version;
        m_facts.suite = hello->suite;
        m_serverRandom = hello->random;
        m_encryptThenMac = hello->encryptThenMac;
        if (!hello->protocol.empty())
            m_facts.protocol = hello->protocol;
    } else if (type == kEncryptedExtensions && !tlsAgreedProtocol(body).empty()) {
        m_facts.protocol = tlsAgreedProtocol(body);
    } else if (type == kCertificate && from != m_client && m_facts.subject.empty()) {
        m_facts.subject = tlsSubject(body, m_facts.version == kTls13);
    }
}

} // namespace ingest::decode
