// SPDX-License-Identifier: Apache-2.0
// What the stream layers tell in sentences: alerts, closes, and what stayed closed and why.
#include <ingest/decode/stream_layers.h>

#include <base/counted.h>
#include <base/text.h>
#include <fmt/format.h>

namespace ingest::decode {
namespace {

constexpr std::size_t kMostNotes = 1000;
constexpr std::size_t kMostFailures = 16;
constexpr std::uint16_t kTls12 = 0x0303, kTls13 = 0x0304;

std::string versionText(std::uint16_t version)
{
    switch (version) {
    case 0:
        return "TLS";
    case 0x0300:
        return "SSL 3.0";
    default:
        return fmt::format("TLS 1.{}", (version & 0xFFU) - 1U);
    }
}

bool isSipPort(std::uint16_t port)
{
    return port >= 5060 && port <= 5090;
}

/// No port of a well-known service, on which TLS is somebody else's: trunks use ports of their own.
bool ofNoService(const base::Endpoint (&ends)[2])
{
    constexpr std::uint16_t kFirstFree = 1024, kWeb = 8443;
    const auto isFree = [](std::uint16_t port) { return port >= kFirstFree && port != kWeb; };
    return isFree(ends[0].port) && isFree(ends[1].port);
}

bool isReadVersion(const TlsFacts &facts)
{
    return facts.version == 0 || facts.version == kTls12 || facts.version == kTls13;
}

bool isReadSuite(const TlsFacts &facts)
{
    return facts.version == 0 || tlsSuite(facts.suite) != nullptr;
}

/// Why nothing, or not everything, could be opened.
std::string reason(const TlsFacts &facts)
{
    if (facts.opened != 0)
        return "records around bytes that the capture lacks, or under a key that is not known";
    if (!facts.hello)
        return "the beginning of the connection was not captured, so that no key can be found "
               "for it";
    if (!isReadVersion(facts))
        return "only TLS 1.2 and 1.3 can be read";
    if (!isReadSuite(facts))
        return fmt::format("cipher suite 0x{:04X} cannot be read", facts.suite);
    if (!facts.keyKnown)
        return "no key for it is known: record the keys of this connection (SSLKEYLOGFILE) and "
               "give the file as key log";
    return "the key log's secrets do not open it";
}

} // namespace

/// On the ports of SIP, or agreed to be SIP by name.
bool StreamLayers::maySip(const Connection &connection)
{
    return isSipPort(connection.ends[0].port) || isSipPort(connection.ends[1].port) ||
           (connection.ws && connection.ws->sip()) ||
           (connection.tls && connection.tls->facts().protocol.substr(0, 3) == "sip");
}

void StreamLayers::note(const Connection &connection, int from, std::string sentence)
{
    if (!maySip(connection) || m_notes >= kMostNotes)
        return;
    ++m_notes;
    base::LocalEvent event;
    event.sentence = std::move(sentence);
    base::Packet out = connection.sides[from].last;
    out.kind = base::PacketKind::Local;
    out.source = connection.ends[from];
    out.destination = connection.ends[1 - from];
    out.transport = transportOf(connection, connection.sides[from]);
    out.stream = 0;
    out.local = std::make_shared<const base::LocalEvent>(std::move(event));
    m_emit(std::move(out));
}

/// Who ended a handshake and why, whatever port the other end had: each attempt has a new one.
std::string StreamLayers::failure(const Connection &connection, int from, const TlsPiece &piece)
{
    const base::Endpoint &sender = connection.ends[from], &other = connection.ends[1 - from];
    const bool server =
        isSipPort(sender.port) || (!isSipPort(other.port) && sender.port < other.port);
    return fmt::format("{} ended the TLS handshake with {} by the fatal alert \"{}\"",
                       server ? sender.text() : sender.address.text(),
                       server ? other.address.text() : other.text(), tlsAlertText(piece.alert));
}

void StreamLayers::alert(const Connection &connection, int from, const TlsPiece &piece)
{
    constexpr std::uint8_t kCloseNotify = 0;
    if (piece.alert == kCloseNotify)
        return; // the ordinary end; the connection's own end follows
    if (piece.fatal && (maySip(connection) || ofNoService(connection.ends)) &&
        connection.tls->facts().opened == 0 &&
        (m_failures.size() < kMostFailures ||
         m_failures.contains(failure(connection, from, piece))))
        ++m_failures[failure(connection, from, piece)];
    note(connection, from,
         fmt::format("TLS alert from {}: {}{}.", connection.ends[from].text(),
                     tlsAlertText(piece.alert), piece.fatal ? "" : " (warning)"));
}

void StreamLayers::closed(const Connection &connection, int from, const WsPiece &piece)
{
    std::string sentence = fmt::format("WebSocket closed by {}", connection.ends[from].text());
    if (piece.code != 0)
        sentence += fmt::format(", code {}", piece.code);
    if (!piece.bytes.empty())
        sentence += fmt::format(": {}", base::printable(piece.bytes, false, 125));
    note(connection, from, sentence + ".");
}

/// The facts of a connection that ends.
void StreamLayers::tell(const Connection &connection)
{
    m_unreadable += connection.ws && connection.ws->sip() ? connection.ws->unreadable() : 0;
    if (!connection.tls)
        return;
    const TlsFacts &facts = connection.tls->facts();
    ++m_tls;
    m_keyed += facts.keyKnown ? 1 : 0;
    std::string sentence = versionText(facts.version);
    if (!facts.serverName.empty())
        sentence += " to " + base::printable(facts.serverName, false, 255);
    if (!facts.protocol.empty())
        sentence += " for " + base::printable(facts.protocol, false, 64);
    if (!facts.subject.empty())
        sentence += ", certificate " + base::printable(facts.subject, false, 255);
    if (facts.sealed == 0) {
        note(connection, 0, fmt::format("{}: {} bytes, all opened.", sentence, facts.opened));
        return;
    }
    ++m_closed;
    m_foreign += isReadVersion(facts) && isReadSuite(facts) ? 0 : 1;
    m_closedBytes += facts.sealed;
    note(connection, 0,
         fmt::format("{}: {} bytes encrypted and not opened: {}.", sentence, facts.sealed,
                     reason(facts)));
}

/// What the key log that the user gave is worth here; empty: it opened something.
std::string StreamLayers::keyLogText() const
{
    if (m_keys.empty())
        return fmt::format("The key log holds no secret that can be read ({} lines were passed "
                           "over): it has lines of \"LABEL client-random secret\", as "
                           "SSLKEYLOGFILE makes them. Is it the right file?",
                           m_keys.broken());
    if (m_tls == 0)
        return "The key log was not needed: there is no TLS connection in this capture.";
    if (m_keyed == 0)
        return fmt::format("The key log holds secrets of {}, none of them of the {} here: it "
                           "belongs to another capture, or what is here began before it.",
                           base::counted(m_keys.sessions(), "TLS session"),
                           base::counted(m_tls, "TLS connection"));
    return {};
}

std::vector<std::string> StreamLayers::losses(bool given) const
{
    std::vector<std::string> out;
    if (std::string told = given ? keyLogText() : std::string(); !told.empty())
        out.push_back(std::move(told));
    for (const auto &[sentence, times] : m_failures)
        out.push_back(sentence + (times > 1 ? fmt::format(", {} times", times) : "") +
                      ": no SIP passed there. Look at certificates, versions and cipher suites of "
                      "the two.");
    const auto bytes = base::counted(m_closedBytes, "byte");
    if (m_closed > m_foreign)
        out.push_back(fmt::format(
            "{} {} that could not be opened{}. Give a key log (--keylog FILE, as SSLKEYLOGFILE "
            "makes it) that was recorded with {}.",
            base::counted(m_closed, "TLS connection holds", "TLS connections hold"), bytes,
            m_keys.empty() ? ", as no keys are known" : "", m_closed == 1 ? "it" : "them"));
    if (m_foreign != 0)
        out.push_back(base::counted(m_foreign, "TLS connection has", "TLS connections have") +
                      " a version or cipher suite that Earshot does not read (see the ladder for "
                      "which); no key log opens that. Record with TLS 1.2 or 1.3 and AES or "
                      "ChaCha20.");
    if (m_unreadable != 0)
        out.push_back(base::counted(m_unreadable, "WebSocket message", "WebSocket messages") +
                      " with SIP could not be read.");
    if (m_keys.refused() != 0)
        out.push_back(
            base::counted(m_keys.refused(), "line of the key log is", "lines of the key log are") +
            " beyond what is kept.");
    if (m_evicted != 0)
        out.push_back(base::counted(m_evicted, "TLS or WebSocket connection was",
                                    "TLS or WebSocket connections were") +
                      " given up because too many were open at once.");
    return out;
}

} // namespace ingest::decode
