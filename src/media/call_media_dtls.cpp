// SPDX-License-Identifier: Apache-2.0
// The keys of a call that come by DTLS on the way of its RTP (RFC 5763, RFC 5764), and of its RTCP
// where that has a port of its own.
#include "call_media.h"

#include <utility>

namespace media {

void CallMedia::beginDtls()
{
    m_dtls = std::make_unique<Dtls>(m_identity,
                                    [this](const base::Endpoint &to, std::string_view datagram) {
                                        send(m_pair.rtp, to, datagram, base::PayloadHint::Unknown);
                                    });
    m_dtlsControl = std::make_unique<Dtls>(
        m_identity,
        [this](const base::Endpoint &to, std::string_view datagram) {
            send(m_pair.rtcp, to, datagram, base::PayloadHint::Unknown);
        },
        Dtls::Serves::Reports);
}

/// With one dialog, or (nullptr) with all.
void CallMedia::closeDtls(const std::string *toTag)
{
    for (Dtls *each : {m_dtls.get(), m_dtlsControl.get()}) {
        if (each != nullptr && toTag != nullptr)
            each->close(*toTag);
        else if (each != nullptr)
            each->closeAll();
    }
}

/// RFC 5764 section 4.1.2: RTCP has keys of its own where it has a port of its own.
Protection &CallMedia::controlProtection(bool mux)
{
    return m_dtls && !mux ? m_protectionControl : m_protection;
}

/// True: it was DTLS.
bool CallMedia::takeDtls(const Datagram &datagram, const UdpSocket &socket)
{
    if (!m_dtls || !looksLikeDtls(datagram.bytes))
        return false;
    if (!datagram.cut && !m_over) {
        Dtls &dtls = &socket == &m_pair.rtp ? *m_dtls : *m_dtlsControl;
        dtls.received(datagram.source, datagram.bytes, datagram.time, monotonic());
        followDtls();
    }
    return true;
}

/// What a description means now: closed until its handshake is done.
void CallMedia::withKeys(Remote &remote)
{
    remote.keys.reset();
    remote.closed = true;
    if (!m_dtls && m_identity) // an offer within the call wants it
        beginDtls();
    if (!m_dtls)
        return;
    m_dtls->expect(remote.toTag, remote.rtp, *remote.dtls, monotonic());
    remote.keys = m_dtls->keysOf(remote.toTag);
    remote.closed = !remote.keys;
    if (!remote.mux)
        withControlKeys(remote);
}

void CallMedia::withControlKeys(const Remote &remote)
{
    Remote control = remote;
    control.rtp = controlEnd(remote);
    if (control.rtp.port == 0)
        return;
    m_dtlsControl->expect(remote.toTag, control.rtp, *remote.dtls, monotonic());
    control.keys = m_dtlsControl->keysOf(remote.toTag);
    control.closed = !control.keys;
    m_protectionControl.agree(control);
}

/// To whoever reads along: what is recorded stays as it was on the wire.
void CallMedia::tellKeys(const Remote &remote)
{
    if (!m_around.options.onKey)
        return;
    for (const Dtls *dtls : {m_dtls.get(), m_dtlsControl.get()}) {
        const auto keys = dtls->keysOf(remote.toTag);
        if (!keys)
            continue;
        m_around.options.onKey(m_pair.rtp.local(), keys->ours);
        for (const auto &each : keys->theirs)
            m_around.options.onKey(remote.rtp, each);
    }
}

void CallMedia::followDtls()
{
    for (const auto &news : m_dtlsControl->takeNews()) {
        m_changed = true;
        const auto known = m_remotes.find(news.toTag);
        if (!news.trouble.empty()) {
            notice(news.trouble);
        } else if (known != m_remotes.end()) {
            tellKeys(known->second);
            remote(Remote(known->second));
        }
    }
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
