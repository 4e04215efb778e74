// SPDX-License-Identifier: Apache-2.0
// A TLS key log as NSS and its followers write it: lines of "LABEL client-random secret", the last
// two in hexadecimal. Secrets stay in here and are never shown. Importer's thread, owned by the
// StreamLayers.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace ingest::decode {

enum class TlsSecret : std::uint8_t {
    Master, // CLIENT_RANDOM, TLS 1.2
    ClientEarly,
    ClientHandshake,
    ServerHandshake,
    ClientTraffic,
    ServerTraffic,
};

class TlsKeyLog
{
public:
    /// Takes over the lines it can read; unknown labels and broken lines are passed over. Bounded.
    void add(std::string_view text);
    /// `clientRandom`: the 32 bytes of the ClientHello. Empty: the log does not hold it.
    std::string_view find(TlsSecret kind, std::string_view clientRandom) const;
    /// The master secret of whatever handshake is asked for, or any secret of TLS 1.3.
    bool knows(std::string_view clientRandom) const;
    bool empty() const { return m_secrets.empty(); }
    std::uint64_t refused() const { return m_refused; } // lines beyond what is kept
    std::uint64_t broken() const { return m_broken; }   // that are neither secrets nor comments
    std::size_t sessions() const;                       // whose secrets are there

private:
    void line(std::string_view text);

    std::map<std::string, std::string, std::less<>> m_secrets; // by kind and client random
    std::uint64_t m_refused = 0, m_broken = 0;
};

} // namespace ingest::decode
