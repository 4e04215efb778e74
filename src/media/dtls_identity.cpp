// SPDX-License-Identifier: Apache-2.0
#include "dtls_identity.h"

#include <algorithm>
#include <array>
#include <base/text.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string>

namespace media {

namespace {

struct Hash {
    std::string_view name; // RFC 8122 section 5
    const EVP_MD *(*function)();
};
constexpr std::array<Hash, 5> kHashes{{{"sha-512", EVP_sha512}, // the strongest first
                                       {"sha-384", EVP_sha384},
                                       {"sha-256", EVP_sha256},
                                       {"sha-224", EVP_sha224},
                                       {"sha-1", EVP_sha1}}};

template <class Thing, void (*release)(Thing *)> struct Freed {
    void operator()(Thing *thing) const { release(thing); }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY, EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;

/// "AA:BB...", empty: it cannot be made.
std::string hashed(const X509 &certificate, const EVP_MD *function)
{
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    if (X509_digest(&certificate, function, digest.data(), &length) != 1)
        return {};
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    std::string out;
    for (unsigned i = 0; i < length; ++i) {
        out += i > 0 ? ":" : "";
        out += kDigits[digest[i] >> 4U];
        out += kDigits[digest[i] & 0x0FU];
    }
    return out;
}

Certificate selfSigned(EVP_PKEY *key)
{
    constexpr long kDay = 24L * 60 * 60;
    Certificate out(X509_new());
    std::array<unsigned char, 8> number{};
    if (!out || RAND_bytes(number.data(), number.size()) != 1)
        return nullptr;
    std::uint64_t serial = 0;
    for (const unsigned char octet : number)
        serial = serial << 8U | octet;
    // RFC 5763 section 6.1: the name says nothing of the user.
    const std::string name = base::randomToken(16);
    X509_NAME *subject = X509_get_subject_name(out.get());
    const bool made =
        X509_set_version(out.get(), 2) == 1 &&
        ASN1_INTEGER_set_uint64(X509_get_serialNumber(out.get()), serial >> 1U) == 1 &&
        X509_gmtime_adj(X509_getm_notBefore(out.get()), -kDay) != nullptr &&
        X509_gmtime_adj(X509_getm_notAfter(out.get()), 30 * kDay) != nullptr &&
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char *>(name.c_str()), -1, -1,
                                   0) == 1 &&
        X509_set_issuer_name(out.get(), subject) == 1 && X509_set_pubkey(out.get(), key) == 1 &&
        X509_sign(out.get(), key, EVP_sha256()) > 0;
    return made ? std::move(out) : nullptr;
}

int takeAny(int, X509_STORE_CTX *)
{
    return 1;
}

} // namespace

DtlsIdentity::~DtlsIdentity()
{
    SSL_CTX_free(m_context);
}

bool DtlsIdentity::certify()
{
    const Key key(EVP_EC_gen("P-256"));
    const Certificate certificate = key ? selfSigned(key.get()) : nullptr;
    m_context = SSL_CTX_new(DTLS_method());
    if (!certificate || m_context == nullptr)
        return false;
    m_fingerprint = "sha-256 " + hashed(*certificate, EVP_sha256());
    SSL_CTX_set_verify(m_context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, takeAny);
    SSL_CTX_set_session_cache_mode(m_context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(m_context,
                        SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_read_ahead(m_context, 1); // a datagram at a time
    constexpr const char *kProfiles = "SRTP_AES128_CM_SHA1_80:SRTP_AES128_CM_SHA1_32:"
                                      "SRTP_AEAD_AES_128_GCM:SRTP_AEAD_AES_256_GCM";
    return SSL_CTX_set_min_proto_version(m_context, DTLS1_2_VERSION) == 1 && // RFC 8842 section 5
           SSL_CTX_use_certificate(m_context, certificate.get()) == 1 &&
           SSL_CTX_use_PrivateKey(m_context, key.get()) == 1 &&
           SSL_CTX_set_tlsext_use_srtp(m_context, kProfiles) == 0; // 0 is its success
}

base::Result<std::shared_ptr<const DtlsIdentity>> DtlsIdentity::make()
{
    std::shared_ptr<DtlsIdentity> out(new DtlsIdentity);
    if (!out->certify())
        return base::fail(base::ErrorCode::Internal,
                          "No certificate for DTLS could be made (RFC 5763), so this call cannot "
                          "have encrypted audio that way. Call with SRTP offered or off.");
    return out;
}

bool announced(const X509 &certificate, const std::vector<std::string> &fingerprints)
{
    for (const Hash &hash : kHashes) {
        bool named = false;
        for (const std::string &each : fingerprints) {
            const auto space = each.find(' ');
            if (!base::equalsNoCase(each.substr(0, space), hash.name))
                continue;
            named = true;
            const auto value =
                base::trim(std::string_view(each).substr(std::min(space, each.size())));
            if (const auto own = hashed(certificate, hash.function());
                !own.empty() && base::equalsNoCase(value, own))
                return true;
        }
        if (named)
            return false;
    }
    return false;
}

} // namespace media
