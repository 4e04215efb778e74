// SPDX-License-Identifier: Apache-2.0
// A sender of SRTP with a key of its own, by libsrtp.
#pragma once

#include <srtp2/srtp.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <support/capture_writer.h>
#include <vector>

namespace support {

struct SrtpSuiteName {
    std::string name;
    std::size_t material = 0; // bytes of key and salt
    void (*choose)(srtp_crypto_policy_t *) = nullptr;
    void (*chooseRtcp)(srtp_crypto_policy_t *) = nullptr;
    std::string mki = {};      // as in the line
    std::string mkiBytes = {}; // and in the packets

    friend void PrintTo(const SrtpSuiteName &suite, std::ostream *out)
    {
        *out << suite.name << (suite.mki.empty() ? "" : " with MKI");
    }
};

inline std::vector<SrtpSuiteName> srtpSuites()
{
    const auto cm128 = srtp_crypto_policy_set_rtp_default;
    const auto cm192 = srtp_crypto_policy_set_aes_cm_192_hmac_sha1_80;
    const auto cm256 = srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80;
    const auto gcm128 = srtp_crypto_policy_set_aes_gcm_128_16_auth;
    const auto gcm256 = srtp_crypto_policy_set_aes_gcm_256_16_auth;
    return {{"AES_CM_128_HMAC_SHA1_80", 30, cm128, cm128},
            {"AES_CM_128_HMAC_SHA1_32", 30, srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32, cm128},
            {"AES_192_CM_HMAC_SHA1_80", 38, cm192, cm192},
            {"AES_192_CM_HMAC_SHA1_32", 38, srtp_crypto_policy_set_aes_cm_192_hmac_sha1_32, cm192},
            {"AES_256_CM_HMAC_SHA1_80", 46, cm256, cm256},
            {"AES_256_CM_HMAC_SHA1_32", 46, srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32, cm256},
            {"AEAD_AES_128_GCM", 28, gcm128, gcm128},
            {"AEAD_AES_256_GCM", 44, gcm256, gcm256},
            {"AES_CM_128_HMAC_SHA1_80", 30, cm128, cm128, "9:4", std::string("\0\0\0\x09", 4)}};
}

class SrtpSender
{
public:
    explicit SrtpSender(SrtpSuiteName suite, char seed = 'k') : m_suite(std::move(suite))
    {
        srtp_init();
        for (std::size_t i = 0; i < m_suite.material; ++i)
            m_material.push_back(static_cast<char>(seed + static_cast<char>(7 * i)));
        srtp_policy_t policy{};
        m_suite.choose(&policy.rtp);
        m_suite.chooseRtcp(&policy.rtcp);
        policy.ssrc.type = ssrc_any_outbound;
        policy.window_size = 1024;
        srtp_master_key_t key{};
        key.key = reinterpret_cast<unsigned char *>(m_material.data());
        key.mki_id = reinterpret_cast<unsigned char *>(m_suite.mkiBytes.data());
        key.mki_size = static_cast<unsigned>(m_suite.mkiBytes.size());
        srtp_master_key_t *keys[] = {&key};
        if (m_suite.mki.empty()) {
            policy.key = key.key;
        } else {
            policy.keys = keys;
            policy.num_master_keys = 1;
        }
        if (srtp_create(&m_session, &policy) != srtp_err_status_ok)
            throw std::runtime_error("libsrtp refuses the suite of the fixture");
    }
    ~SrtpSender() { srtp_dealloc(m_session); }
    SrtpSender(const SrtpSender &) = delete;
    SrtpSender &operator=(const SrtpSender &) = delete;

    /// The value of the a=crypto line.
    std::string line(int tag = 1) const
    {
        static constexpr std::string_view kDigits =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        std::string out = std::to_string(tag) + " " + m_suite.name + " inline:";
        for (std::size_t at = 0; at < m_material.size() * 8; at += 6) {
            unsigned six = 0;
            for (std::size_t bit = at; bit < at + 6; ++bit) {
                const unsigned octet = bit / 8 < m_material.size()
                                           ? static_cast<unsigned char>(m_material[bit / 8])
                                           : 0U;
                six = six << 1U | (octet >> (7 - bit % 8) & 1U);
            }
            out += kDigits[six];
        }
        out.resize((out.size() - out.find("inline:") - 7 + 3) / 4 * 4 + out.find("inline:") + 7,
                   '=');
        return out + "|2^31" + (m_suite.mki.empty() ? "" : "|" + m_suite.mki);
    }
    /// As if the sequence number of that sender had turned over so often already; it must have
    /// sent.
    void turnOver(std::uint32_t ssrc, std::uint32_t times)
    {
        srtp_set_stream_roc(m_session, ssrc, times);
    }
    std::string rtp(const std::string &clear) { return seal(clear, srtp_protect_mki); }
    std::string rtcp(const std::string &clear) { return seal(clear, srtp_protect_rtcp_mki); }

private:
    template <class Protect> std::string seal(const std::string &clear, Protect protect)
    {
        std::string out = clear + std::string(SRTP_MAX_TRAILER_LEN + 64, '\0');
        int length = static_cast<int>(clear.size());
        if (protect(m_session, out.data(), &length, m_suite.mki.empty() ? 0 : 1, 0) !=
            srtp_err_status_ok)
            throw std::runtime_error("libsrtp refuses a packet of the fixture");
        out.resize(static_cast<std::size_t>(length));
        return out;
    }

    SrtpSuiteName m_suite;
    std::string m_material;
    srtp_t m_session = nullptr;
};

} // namespace support
