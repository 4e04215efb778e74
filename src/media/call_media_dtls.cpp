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
    constexpr std::size_t kMost = 64;
    remote.keys.reset();
    remote.closed = true;
    if (!m_dtls || (m_shaking.size() >= kMost && !m_shaking.contains(remote.toTag)))
        return;
    m_shaking[remote.toTag] = remote;
    m_dtls->expect(remote.toTag, remote.rtp, *remote.dtls, monotonic());
    remote.keys = m_dtls->keysOf(remote.toTag);
    remote.closed = !remote.keys;
}

void CallMedia::followDtls()
{
    for (auto &news : m_dtls->takeNews()) {
        m_changed = true;
        if (!news.trouble.empty()) {
            m_dtlsTrouble = std::move(news.trouble);
            m_dtlsTroubled = news.toTag;
        } else if (const auto known = m_shaking.find(news.toTag); known != m_shaking.end()) {
            if (m_dtlsTroubled == news.toTag) // it was late
                m_dtlsTrouble.clear();
            remote(Remote(known->second));
        }
    }
}

} // namespace media
