// SPDX-License-Identifier: Apache-2.0
// The keys of a call that come by DTLS on the way of its RTP (RFC 5763, RFC 5764).
#include "call_media.h"

#include <utility>

namespace media {

void CallMedia::beginDtls(std::shared_ptr<const DtlsIdentity> identity)
{
    m_identity = std::move(identity);
    m_dtls = std::make_unique<Dtls>(m_identity,
                                    [this](const base::Endpoint &to, std::string_view datagram) {
                                        send(m_pair.rtp, to, datagram, base::PayloadHint::Unknown);
                                    });
}

/// True: it was DTLS, of which RTCP's own port has none.
bool CallMedia::takeDtls(const Datagram &datagram, const UdpSocket &socket)
{
    if (!m_dtls || !looksLikeDtls(datagram.bytes))
        return false;
    if (&socket == &m_pair.rtp && !datagram.cut && !m_over) {
        m_dtls->received(datagram.source, datagram.bytes, datagram.time, monotonic());
        followDtls();
    }
    return true;
}

/// What a description means now: closed until its handshake is done.
void CallMedia::withKeys(Remote &remote)
{
    remote.keys.reset();
    remote.closed = true;
    if (!m_dtls)
        return;
    m_dtls->expect(remote.toTag, remote.rtp, *remote.dtls, monotonic());
    remote.keys = m_dtls->keysOf(remote.toTag);
    remote.closed = !remote.keys;
}

/// To whoever reads along: what is recorded stays as it was on the wire.
void CallMedia::tellKeys(const Remote &remote)
{
    const auto keys = m_dtls->keysOf(remote.toTag);
    if (!keys || !m_around.options.onKey)
        return;
    m_around.options.onKey(m_pair.rtp.local(), keys->ours);
    for (const auto &each : keys->theirs)
        m_around.options.onKey(remote.rtp, each);
}

void CallMedia::followDtls()
{
    for (auto &news : m_dtls->takeNews()) {
        m_changed = true;
        if (!news.trouble.empty()) {
            m_dtlsTrouble = std::move(news.trouble);
            m_dtlsTroubled = news.toTag;
        } else if (const auto known = m_remotes.find(news.toTag); known != m_remotes.end()) {
            if (m_dtlsTroubled == news.toTag) // it was late
                m_dtlsTrouble.clear();
            tellKeys(known->second);
            remote(Remote(known->second));
        }
    }
}

} // namespace media
