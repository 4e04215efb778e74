// SPDX-License-Identifier: Apache-2.0
#include "dtls_link.h"

#include <algorithm>
#include <array>
#include <base/text.h>
#include <cstring>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <utility>

namespace media {

namespace {

constexpr long kMtu = 1200;               // of a datagram's payload; passes every path of today
constexpr std::size_t kMostWaiting = 64;  // datagrams
constexpr std::size_t kRecordHeader = 13; // RFC 6347 section 4.1
constexpr std::size_t kHelloRandom = kRecordHeader + 12 + 2; // after the message's header, version

struct Profile {
    unsigned long id;
    rtp::SrtpSuite suite;
    std::size_t key, salt; // octets
};
constexpr std::array<Profile, 4> kProfiles{{
    {SRTP_AES128_CM_SHA1_80, rtp::SrtpSuite::AesCm128Sha80, 16, 14},
    {SRTP_AES128_CM_SHA1_32, rtp::SrtpSuite::AesCm128Sha32, 16, 14},
    {SRTP_AEAD_AES_128_GCM, rtp::SrtpSuite::AesGcm128, 16, 12},
    {SRTP_AEAD_AES_256_GCM, rtp::SrtpSuite::AesGcm256, 32, 12},
}};

std::uint8_t at(std::string_view bytes, std::size_t index)
{
    return static_cast<std::uint8_t>(bytes[index]);
}

} // namespace

bool looksLikeDtls(std::string_view datagram)
{
    return datagram.size() >= kRecordHeader && at(datagram, 0) >= 20 && at(datagram, 0) <= 63 &&
           at(datagram, 1) == 0xFE;
}

std::string_view helloRandom(std::string_view datagram)
{
    constexpr std::uint8_t kHandshake = 22, kClientHello = 1;
    const bool isHello = looksLikeDtls(datagram) && datagram.size() >= kHelloRandom + 32 &&
                         at(datagram, 0) == kHandshake && at(datagram, 3) == 0 &&
                         at(datagram, 4) == 0 && at(datagram, kRecordHeader) == kClientHello;
    return isHello ? datagram.substr(kHelloRandom, 32) : std::string_view();
}

/// OpenSSL's memory BIO forgets where a datagram ends, so this one does not.
struct DtlsLink::Wire {
    static DtlsLink &linkOf(BIO *bio) { return *static_cast<DtlsLink *>(BIO_get_data(bio)); }
    static int write(BIO *bio, const char *bytes, int length)
    {
        const DtlsLink &link = linkOf(bio);
        link.m_send({bytes, static_cast<std::size_t>(std::max(length, 0))});
        return length;
    }
    static int read(BIO *bio, char *into, int room)
    {
        auto &waiting = linkOf(bio).m_waiting;
        BIO_clear_retry_flags(bio);
        if (waiting.empty()) {
            BIO_set_retry_read(bio);
            return -1;
        }
        const std::string datagram = std::move(waiting.front());
        waiting.pop_front();
        const auto length = std::min(datagram.size(), static_cast<std::size_t>(std::max(room, 0)));
        std::memcpy(into, datagram.data(), length);
        return static_cast<int>(length);
    }
    static long control(BIO *, int what, long, void *)
    {
        switch (what) {
        case BIO_CTRL_FLUSH:
            return 1;
        case BIO_CTRL_DGRAM_QUERY_MTU:
        case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
            return kMtu;
        default:
            return 0;
        }
    }
    static int create(BIO *bio)
    {
        BIO_set_init(bio, 1);
        return 1;
    }
    static BIO_METHOD *method()
    {
        static BIO_METHOD *const made = [] {
            BIO_METHOD *out = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
            if (out != nullptr) {
                BIO_meth_set_write(out, write);
                BIO_meth_set_read(out, read);
                BIO_meth_set_ctrl(out, control);
                BIO_meth_set_create(out, create);
            }
            return out;
        }();
        return made;
    }
};

DtlsLink::DtlsLink(std::shared_ptr<const DtlsIdentity> identity, bool weBegin, Send send)
    : m_identity(std::move(identity)), m_weBegin(weBegin), m_send(std::move(send))
{
}

DtlsLink::~DtlsLink()
{
    SSL_free(m_ssl);
}

std::unique_ptr<DtlsLink> DtlsLink::make(std::shared_ptr<const DtlsIdentity> identity, bool weBegin,
                                         Send send)
{
    std::unique_ptr<DtlsLink> out(new DtlsLink(std::move(identity), weBegin, std::move(send)));
    return out->start() ? std::move(out) : nullptr;
}

bool DtlsLink::start()
{
    m_ssl = SSL_new(m_identity->context());
    BIO *wire = m_ssl != nullptr && Wire::method() != nullptr ? BIO_new(Wire::method()) : nullptr;
    if (wire == nullptr)
        return false;
    BIO_set_data(wire, this);
    SSL_set_bio(m_ssl, wire, wire);
    SSL_set_mtu(m_ssl, kMtu);
    if (m_weBegin)
        SSL_set_connect_state(m_ssl);
    else
        SSL_set_accept_state(m_ssl);
    if (m_weBegin)
        advance();
    return true;
}

void DtlsLink::received(std::string_view datagram)
{
    if (m_state == State::Failed || m_waiting.size() >= kMostWaiting)
        return;
    m_waiting.emplace_back(datagram);
    advance();
}

/// Once done it still reads: a peer whose end of the handshake was lost asks for ours again.
void DtlsLink::advance()
{
    ERR_clear_error();
    if (m_state == State::Shaking) {
        const int done = SSL_do_handshake(m_ssl);
        if (done != 1)
            return fail(SSL_get_error(m_ssl, done));
        m_state = State::Done;
        if (!keys()) {
            m_state = State::Failed;
            m_trouble = "the peer agreed on no protection for SRTP (the use_srtp extension of RFC "
                        "5764 section 4.1)";
        }
    }
    std::array<char, 256> dropped{}; // nothing but SRTP is expected here
    while (m_state == State::Done && !m_waiting.empty())
        if (SSL_read(m_ssl, dropped.data(), static_cast<int>(dropped.size())) <= 0)
            ERR_clear_error();
}

void DtlsLink::fail(int code)
{
    if (code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE)
        return;
    m_state = State::Failed;
    const char *reason = ERR_reason_error_string(ERR_peek_error());
    m_trouble = reason != nullptr ? base::printable(reason, false, 120) : "the peer gave it up";
    ERR_clear_error();
}

std::optional<base::Duration> DtlsLink::turn()
{
    if (m_state != State::Shaking)
        return std::nullopt;
    timeval left{};
    if (DTLSv1_get_timeout(m_ssl, &left) != 1)
        return std::nullopt;
    if (left.tv_sec == 0 && left.tv_usec == 0) {
        ERR_clear_error();
        if (DTLSv1_handle_timeout(m_ssl) < 0) {
            m_state = State::Failed;
            m_trouble = "the peer stopped answering";
            ERR_clear_error();
            return std::nullopt;
        }
        if (DTLSv1_get_timeout(m_ssl, &left) != 1)
            return std::nullopt;
    }
    return std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec);
}

void DtlsLink::close()
{
    if (m_state == State::Done)
        SSL_shutdown(m_ssl);
    ERR_clear_error();
}

std::optional<SrtpKeys> DtlsLink::keys() const
{
    const SRTP_PROTECTION_PROFILE *chosen =
        m_state == State::Done ? SSL_get_selected_srtp_profile(m_ssl) : nullptr;
    if (chosen == nullptr)
        return std::nullopt;
    const auto *const profile =
        std::find_if(kProfiles.begin(), kProfiles.end(),
                     [&](const Profile &each) { return each.id == chosen->id; });
    if (profile == kProfiles.end())
        return std::nullopt;
    constexpr std::string_view kLabel = "EXTRACTOR-dtls_srtp";
    std::string material(2 * (profile->key + profile->salt), '\0');
    if (SSL_export_keying_material(m_ssl, reinterpret_cast<unsigned char *>(material.data()),
                                   material.size(), kLabel.data(), kLabel.size(), nullptr, 0,
                                   0) != 1)
        return std::nullopt;
    // The client's key, the server's, the client's salt, the server's.
    const auto keyOf = [&](bool client) {
        rtp::SdesKey out;
        out.suite = profile->suite;
        out.material =
            material.substr(client ? 0 : profile->key, profile->key) +
            material.substr(2 * profile->key + (client ? 0 : profile->salt), profile->salt);
        return out;
    };
    SrtpKeys out{keyOf(m_weBegin), {keyOf(!m_weBegin)}};
    std::fill(material.begin(), material.end(), '\0');
    return out;
}

bool DtlsLink::isAnnounced(const std::vector<std::string> &fingerprints) const
{
    const X509 *certificate = SSL_get0_peer_certificate(m_ssl);
    return certificate != nullptr && announced(*certificate, fingerprints);
}

} // namespace media
