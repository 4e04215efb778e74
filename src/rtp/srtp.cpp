// SPDX-License-Identifier: Apache-2.0
#include <rtp/srtp.h>

#include <algorithm>
#include <optional>
#include <rtp/rtp_packet.h>
#include <srtp2/srtp.h>

namespace rtp {

namespace {

constexpr std::size_t kLongest = 65536;
constexpr std::size_t kShortest = 12;    // beyond an RTP header, for the library
constexpr std::size_t kLeast = 8;        // an RTCP header with its SSRC
constexpr std::size_t kLongestMki = 128; // RFC 4568 section 9.1
constexpr unsigned long kWindow = 1024;

/// Once for the program. Somebody else in it may have done so already, which the library calls a
/// failure; what really failed shows in srtp_create().
bool ready()
{
    static const bool done = (srtp_init(), true);
    return done;
}

void choose(SrtpSuite suite, srtp_crypto_policy_t &policy)
{
    switch (suite) {
    case SrtpSuite::AesCm128Sha80:
        return srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy);
    case SrtpSuite::AesCm128Sha32:
        return srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy);
    case SrtpSuite::AesCm192Sha80:
        return srtp_crypto_policy_set_aes_cm_192_hmac_sha1_80(&policy);
    case SrtpSuite::AesCm192Sha32:
        return srtp_crypto_policy_set_aes_cm_192_hmac_sha1_32(&policy);
    case SrtpSuite::AesCm256Sha80:
        return srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(&policy);
    case SrtpSuite::AesCm256Sha32:
        return srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32(&policy);
    case SrtpSuite::AesGcm128:
        return srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy);
    case SrtpSuite::AesGcm256:
        return srtp_crypto_policy_set_aes_gcm_256_16_auth(&policy);
    }
}

/// RTCP is always authenticated in full (RFC 4568 section 6.2.2).
SrtpSuite ofRtcp(SrtpSuite suite)
{
    switch (suite) {
    case SrtpSuite::AesCm128Sha32:
        return SrtpSuite::AesCm128Sha80;
    case SrtpSuite::AesCm192Sha32:
        return SrtpSuite::AesCm192Sha80;
    case SrtpSuite::AesCm256Sha32:
        return SrtpSuite::AesCm256Sha80;
    default:
        return suite;
    }
}

void restrict(srtp_crypto_policy_t &policy, bool encrypted, bool authenticated)
{
    unsigned service = 0;
    service |= encrypted ? static_cast<unsigned>(sec_serv_conf) : 0U;
    service |= authenticated ? static_cast<unsigned>(sec_serv_auth) : 0U;
    policy.sec_serv = static_cast<srtp_sec_serv_t>(service);
}

} // namespace

struct SrtpWork {
    SdesKey key; // the library keeps no copy of the MKI's and key's memory we could rely on
    srtp_t session = nullptr;

    SrtpWork() = default;
    SrtpWork(const SrtpWork &) = delete;
    SrtpWork &operator=(const SrtpWork &) = delete;
    ~SrtpWork()
    {
        if (session != nullptr)
            srtp_dealloc(session);
        std::fill(key.material.begin(), key.material.end(), '\0');
    }
    /// `ssrc`: of the only sender it is for.
    bool start(std::uint32_t ssrc) { return start({ssrc_specific, ssrc}); }
    /// For any sender's packets that come in or go out.
    bool start(srtp_ssrc_type_t whose) { return start({whose, 0}); }
    template <class Unprotect>
    SrtpOpener::Result open(std::string_view packet, std::string &plain, Unprotect unprotect) const;
    template <class Protect>
    bool seal(std::string_view packet, std::string &sealed, Protect protect) const;

private:
    bool start(srtp_ssrc_t senders);
};

bool SrtpWork::start(srtp_ssrc_t senders)
{
    srtp_policy_t policy{};
    choose(key.suite, policy.rtp);
    choose(ofRtcp(key.suite), policy.rtcp);
    restrict(policy.rtp, key.encrypted, key.authenticated);
    restrict(policy.rtcp, key.encryptedRtcp, true);
    policy.ssrc = senders;
    policy.window_size = kWindow;
    srtp_master_key_t master{};
    master.key = reinterpret_cast<unsigned char *>(key.material.data());
    master.mki_id = reinterpret_cast<unsigned char *>(key.mki.data());
    master.mki_size = static_cast<unsigned>(key.mki.size());
    srtp_master_key_t *masters[] = {&master};
    if (key.mki.empty()) {
        policy.key = master.key;
    } else {
        policy.keys = masters;
        policy.num_master_keys = 1;
    }
    return ready() && srtp_create(&session, &policy) == srtp_err_status_ok;
}

template <class Unprotect>
SrtpOpener::Result SrtpWork::open(std::string_view packet, std::string &plain,
                                  Unprotect unprotect) const
{
    using Result = SrtpOpener::Result;
    if (packet.size() < kShortest || packet.size() > kLongest)
        return Result::Refused;
    plain.assign(packet); // its memory is aligned for the library
    int length = static_cast<int>(plain.size());
    const srtp_err_status_t status =
        unprotect(session, plain.data(), &length, key.mki.empty() ? 0U : 1U);
    if (status == srtp_err_status_replay_fail || status == srtp_err_status_replay_old)
        return Result::Repeated;
    if (status != srtp_err_status_ok || length < 0)
        return Result::Refused;
    plain.resize(static_cast<std::size_t>(length));
    return Result::Opened;
}

template <class Protect>
bool SrtpWork::seal(std::string_view packet, std::string &sealed, Protect protect) const
{
    if (packet.size() < kLeast || packet.size() > kLongest)
        return false;
    sealed.assign(packet);
    sealed.resize(packet.size() + SRTP_MAX_TRAILER_LEN + kLongestMki);
    int length = static_cast<int>(packet.size());
    const srtp_err_status_t status =
        protect(session, sealed.data(), &length, key.mki.empty() ? 0U : 1U, 0U);
    sealed.resize(status == srtp_err_status_ok ? static_cast<std::size_t>(length) : 0);
    return status == srtp_err_status_ok;
}

SrtpOpener::SrtpOpener(std::unique_ptr<SrtpWork> work) : m_work(std::move(work)) {}
SrtpOpener::~SrtpOpener() = default;

std::unique_ptr<SrtpOpener> SrtpOpener::open(const SdesKey &key)
{
    auto work = std::make_unique<SrtpWork>();
    work->key = key;
    if (!work->start(ssrc_any_inbound))
        return nullptr;
    return std::unique_ptr<SrtpOpener>(new SrtpOpener(std::move(work)));
}

std::unique_ptr<SrtpOpener> SrtpOpener::later(std::string_view packet, std::uint32_t most,
                                              std::string &plain, std::uint32_t &rollover) const
{
    const auto head = parseRtp(packet);
    auto work = std::make_unique<SrtpWork>();
    work->key = m_work->key;
    if (!head || !work->key.authenticated || !work->start(head->ssrc))
        return nullptr;
    for (rollover = 1; rollover <= most; ++rollover) {
        if (srtp_set_stream_roc(work->session, head->ssrc, rollover) != srtp_err_status_ok)
            return nullptr;
        if (work->open(packet, plain, srtp_unprotect_mki) == Result::Opened)
            return std::unique_ptr<SrtpOpener>(new SrtpOpener(std::move(work)));
    }
    return nullptr;
}

SrtpOpener::Result SrtpOpener::rtp(std::string_view packet, std::string &plain)
{
    return m_work->open(packet, plain, srtp_unprotect_mki);
}

SrtpOpener::Result SrtpOpener::rtcp(std::string_view packet, std::string &plain)
{
    return m_work->open(packet, plain, srtp_unprotect_rtcp_mki);
}

SrtpSealer::SrtpSealer(std::unique_ptr<SrtpWork> work) : m_work(std::move(work)) {}
SrtpSealer::~SrtpSealer() = default;

std::unique_ptr<SrtpSealer> SrtpSealer::open(const SdesKey &key)
{
    auto work = std::make_unique<SrtpWork>();
    work->key = key;
    if (!work->start(ssrc_any_outbound))
        return nullptr;
    return std::unique_ptr<SrtpSealer>(new SrtpSealer(std::move(work)));
}

bool SrtpSealer::rtp(std::string_view packet, std::string &sealed)
{
    return m_work->seal(packet, sealed, srtp_protect_mki);
}

bool SrtpSealer::rtcp(std::string_view packet, std::string &sealed)
{
    return m_work->seal(packet, sealed, srtp_protect_rtcp_mki);
}

} // namespace rtp
