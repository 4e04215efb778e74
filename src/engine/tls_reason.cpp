// SPDX-License-Identifier: Apache-2.0
#include <engine/tls_reason.h>

#include <base/text.h>
#include <cerrno>
#include <cstring>
#include <engine/tls.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace engine {

namespace {

constexpr std::size_t kShown = 200;

using Bio = std::unique_ptr<BIO, int (*)(BIO *)>;

std::string textOf(const Bio &bio)
{
    char *data = nullptr;
    const long length = BIO_get_mem_data(bio.get(), &data);
    return length > 0 ? std::string(data, static_cast<std::size_t>(length)) : std::string();
}

std::string nameText(const X509_NAME *name)
{
    const Bio bio(BIO_new(BIO_s_mem()), BIO_free);
    X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
    return base::printable(textOf(bio), false, kShown);
}

std::string timeText(const ASN1_TIME *time)
{
    const Bio bio(BIO_new(BIO_s_mem()), BIO_free);
    return ASN1_TIME_print(bio.get(), time) == 1 ? textOf(bio) : std::string("an unreadable time");
}

std::string listed(const std::vector<std::string> &names)
{
    std::string out;
    for (const auto &name : names) {
        if (out.size() > kShown)
            return out + " and others";
        out += (out.empty() ? "" : ", ") + base::printable(name, false, 80);
    }
    return out.empty() ? "nobody" : out;
}

} // namespace

void describeCertificate(X509 *certificate, TlsReport &out)
{
    if (certificate == nullptr)
        return;
    out.subject = nameText(X509_get_subject_name(certificate));
    out.issuer = nameText(X509_get_issuer_name(certificate));
    out.notBefore = timeText(X509_get0_notBefore(certificate));
    out.notAfter = timeText(X509_get0_notAfter(certificate));
    out.names = identitiesOf(certificate);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (X509_digest(certificate, EVP_sha256(), digest, &size) != 1)
        return;
    std::string digits;
    for (unsigned int i = 0; i < size; ++i)
        digits += fmt::format("{:02X}", digest[i]);
    out.fingerprint = fingerprintOf(digits);
}

std::string fingerprintOf(const std::string &text)
{
    constexpr std::size_t kDigits = 64;
    std::string digits, out;
    for (const char letter : text) {
        const bool hex = (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'F') ||
                         (letter >= 'a' && letter <= 'f');
        if (hex)
            digits += letter >= 'a' ? static_cast<char>(letter - 'a' + 'A') : letter;
        else if (letter != ':')
            return {};
    }
    for (std::size_t i = 0; digits.size() == kDigits && i < kDigits; i += 2)
        out += (out.empty() ? "" : ":") + digits.substr(i, 2);
    return out;
}

void explainChanged(const std::string &accepted, TlsReport &out)
{
    out.expected = accepted;
    out.sentence = fmt::format(
        "{} shows another certificate than the one that was accepted by hand (then {}..., now "
        "{}...). Find out who changed it before you accept it again. {}",
        out.name, accepted.substr(0, 23), out.fingerprint.substr(0, 23), out.sentence);
    out.code = "changed";
}

void explainCertificate(int error, TlsReport &out)
{
    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        out.code = "expired";
        out.sentence = fmt::format("The certificate of {} expired: it was good until {}.", out.name,
                                   out.notAfter);
        break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        out.code = "not-yet-valid";
        out.sentence = fmt::format("The certificate of {} is not valid yet: it begins on {}. Is "
                                   "this computer's clock right?",
                                   out.name, out.notBefore);
        break;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        out.code = "self-signed";
        out.sentence =
            fmt::format("The certificate of {} is signed by itself ({}) and not among "
                        "the trusted ones. Trust it as a CA file if it is the right one.",
                        out.name, out.subject);
        break;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        out.code = "unknown-ca";
        out.sentence = fmt::format("The certificate of {} was issued by {}, which is not trusted "
                                   "here, or the server does not send the certificates between. "
                                   "Trust that authority as a CA file if it is yours.",
                                   out.name, out.issuer);
        break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
        out.code = "wrong-name";
        out.sentence = fmt::format("The certificate names {}, not {} (RFC 5922 section 7.2).",
                                   listed(out.names), out.name);
        break;
    case X509_V_ERR_CERT_REVOKED:
        out.code = "revoked";
        out.sentence = fmt::format("The certificate of {} was revoked.", out.name);
        break;
    case X509_V_ERR_INVALID_PURPOSE:
        out.code = "wrong-purpose";
        out.sentence = fmt::format("The certificate of {} is not meant for a server.", out.name);
        break;
    default:
        out.code = "untrusted";
        out.sentence = fmt::format("The certificate of {} cannot be trusted: {}.", out.name,
                                   X509_verify_cert_error_string(error));
        break;
    }
}

namespace {

/// Whether the peer ended it for our certificate, or for want of one. TLS 1.2 has no alert of its
/// own for the latter: a server that asked and got none says "handshake failure", or just closes.
bool aboutClientCertificate(const HandshakeEnd &end)
{
    switch (ERR_GET_REASON(end.error)) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_SSLV3_ALERT_NO_CERTIFICATE:
        return true;
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
        return end.asked; // else it speaks of something else
    default:
        return end.error == 0 && end.asked;
    }
}

std::string endText(const HandshakeEnd &end)
{
    if (end.error == 0)
        return end.number == ECONNRESET ? "it reset the connection (RST)"
               : end.number == 0
                   ? "it closed the connection (FIN)"
                   : fmt::format("the connection broke ({})", std::strerror(end.number));
    const char *text = ERR_reason_error_string(end.error);
    std::string out = text != nullptr ? text : "a reason nobody names";
    // OpenSSL names the protocol that first knew the alert, not the one in use.
    for (const std::string_view prefix : {"sslv3 alert ", "tlsv1 alert ", "tlsv13 alert "})
        if (out.compare(0, prefix.size(), prefix) == 0)
            return fmt::format("TLS alert \"{}\"", out.substr(prefix.size()));
    return out;
}

} // namespace

void explainHandshake(const HandshakeEnd &end, TlsReport &out)
{
    out.code = "handshake";
    const int reason = ERR_GET_REASON(end.error);
    if (aboutClientCertificate(end)) {
        out.code = "client-certificate";
        out.sentence =
            end.shown
                ? fmt::format("The peer refused our client certificate: {}. Give one that it "
                              "trusts (--tls-cert and --tls-key, or Network and certificates in "
                              "the window), or have the authority of this one added there.",
                              endText(end))
                : fmt::format("The peer wants a client certificate, and none was given: {}. Give "
                              "one that it trusts (--tls-cert and --tls-key, or Network and "
                              "certificates in the window).",
                              endText(end));
    } else if (end.error == 0) {
        out.sentence = fmt::format(
            "The peer ended the connection in the middle of the TLS handshake: {}. A port without "
            "TLS or a filter on the way does that: check the port, which is 5061 for TLS.",
            endText(end));
    } else if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST ||
               reason == SSL_R_BAD_RECORD_TYPE || reason == SSL_R_PACKET_LENGTH_TOO_LONG) {
        out.code = "no-tls";
        out.sentence = "The peer does not speak TLS on that port. Check the port, which is 5061 "
                       "for TLS, and the transport.";
    } else if (reason == SSL_R_UNSUPPORTED_PROTOCOL ||
               reason == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION || reason == SSL_R_VERSION_TOO_LOW) {
        out.code = "version";
        out.sentence = fmt::format("The peer speaks no TLS of version 1.2 or later: {}. Have one "
                                   "of them enabled there; older ones are not safe (RFC 8996).",
                                   endText(end));
    } else if (reason == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE ||
               reason == SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY ||
               reason == SSL_R_NO_CIPHERS_AVAILABLE || reason == SSL_R_WRONG_CIPHER_RETURNED ||
               reason == SSL_R_DH_KEY_TOO_SMALL) {
        out.code = "cipher";
        out.sentence = fmt::format("The peer and Earshot have no cipher, curve or key size in "
                                   "common: {}. Have an AES-GCM suite with ECDHE enabled there.",
                                   endText(end));
    } else if (reason == SSL_R_TLSV1_UNRECOGNIZED_NAME) {
        out.code = "name";
        out.sentence = fmt::format("The peer serves nobody named {}: {}. Call it by a name that it "
                                   "is set up for.",
                                   out.name, endText(end));
    } else {
        out.sentence = fmt::format("The TLS handshake failed: {}. The peer's own log says more.",
                                   endText(end));
    }
}

std::string selfSignedPem()
{
    const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY *)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::unique_ptr<X509, void (*)(X509 *)> certificate(X509_new(), X509_free);
    if (!key || !certificate)
        return {};
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_set_version(certificate.get(), X509_VERSION_3);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 30L * 24 * 3600);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME *name = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char *>("earshot"), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
    const Bio bio(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    PEM_write_bio_X509(bio.get(), certificate.get());
    return textOf(bio);
}

} // namespace engine
