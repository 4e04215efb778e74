// SPDX-License-Identifier: Apache-2.0
// One DTLS association under SRTP (RFC 5764): datagrams in and out, the handshake with its
// retransmissions, the keys that come of it. No sockets, time is OpenSSL's own. Media thread.
#pragma once

#include "dtls_identity.h"
#include "media.h"

#include <base/time.h>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using SSL = struct ssl_st;

namespace media {

/// RFC 7983 section 7.
bool looksLikeDtls(std::string_view datagram);
/// The random of a ClientHello that begins a handshake; empty: it is something else.
std::string_view helloRandom(std::string_view datagram);

class DtlsLink
{
public:
    using Send = std::function<void(std::string_view datagram)>;
    enum class State : std::uint8_t { Shaking, Done, Failed };

    /// nullptr: the library has no memory for it. A client begins at once.
    static std::unique_ptr<DtlsLink> make(std::shared_ptr<const DtlsIdentity> identity,
                                          bool weBegin, Send send);
    ~DtlsLink();
    DtlsLink(const DtlsLink &) = delete;
    DtlsLink &operator=(const DtlsLink &) = delete;

    void received(std::string_view datagram);
    /// Sends again what is due (RFC 6347 section 4.2.4); how long until it wants to be called
    /// again, nullopt: not before something comes.
    std::optional<base::Duration> turn();
    /// Says goodbye.
    void close();

    State state() const { return m_state; }
    /// Why it failed, one clause.
    const std::string &trouble() const { return m_trouble; }
    /// RFC 5764 section 4.2; nullopt: not done, or the peer takes none of our profiles.
    std::optional<SrtpKeys> keys() const;
    /// Whether the peer's certificate is one of those.
    bool isAnnounced(const std::vector<std::string> &fingerprints) const;
    bool weBegan() const { return m_weBegin; }

private:
    DtlsLink(std::shared_ptr<const DtlsIdentity> identity, bool weBegin, Send send);
    struct Wire; // between OpenSSL and datagrams
    bool start();
    void advance();
    void fail(int code);

    std::shared_ptr<const DtlsIdentity> m_identity;
    bool m_weBegin;
    Send m_send;
    SSL *m_ssl = nullptr;
    std::deque<std::string> m_waiting; // datagrams for the library
    State m_state = State::Shaking;
    std::string m_trouble;
};

} // namespace media
