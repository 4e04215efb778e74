// SPDX-License-Identifier: Apache-2.0
#include <engine/tls.h>

#include <algorithm>
#include <base/endpoint.h>
#include <base/text.h>
#include <engine/tls_reason.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sip/uri.h>

namespace engine {

struct TlsJudge::Check {
    std::string name;
    bool acceptAnything = false;
    std::vector<TlsException> exceptions; // of this server
    bool byException = false;             // one of them names this very certificate
    int error = X509_V_OK;                // the first one
    bool asked = false;                   // the peer wants to see a certificate of ours
    std::string alert;
    TlsReport refused; // what the certificate said that was not accepted
};

namespace {

constexpr std::size_t kMostNames = 64;

int checkIndex()
{
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

std::string textOf(const ASN1_STRING *string)
{
    return {reinterpret_cast<const char *>(ASN1_STRING_get0_data(string)),
            static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::string addressOf(const ASN1_STRING *bytes)
{
    const auto *data = ASN1_STRING_get0_data(bytes);
    base::Address out;
    if (ASN1_STRING_length(bytes) == 4)
        out = base::Address::v4((std::uint32_t{data[0]} << 24) | (std::uint32_t{data[1]} << 16) |
                                (std::uint32_t{data[2]} << 8) | data[3]);
    else if (ASN1_STRING_length(bytes) == 16)
        out = base::Address::v6(data);
    return out.known() ? out.text() : std::string();
}

std::string commonName(X509 *certificate)
{
    char text[256] = {};
    const int length = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                                 text, sizeof text);
    return length > 0 ? std::string(text) : std::string();
}

X509_STORE *newStore(const TlsOptions &options)
{
    X509_STORE *store = X509_STORE_new();
    if (store == nullptr)
        return nullptr;
    if (options.caFile.empty())
        X509_STORE_set_default_paths(store);
    else
        X509_STORE_load_file(store, options.caFile.c_str());
    ERR_clear_error();
    return store;
}

/// RFC 5924 section 3: a certificate for a SIP domain may name that use alone, which the library
/// does not know.
bool forSipDomains(X509_STORE_CTX *context)
{
    if (X509_STORE_CTX_get_error(context) != X509_V_ERR_INVALID_PURPOSE ||
        X509_STORE_CTX_get_error_depth(context) != 0)
        return false;
    auto *uses = static_cast<EXTENDED_KEY_USAGE *>(X509_get_ext_d2i(
        X509_STORE_CTX_get_current_cert(context), NID_ext_key_usage, nullptr, nullptr));
    bool found = false;
    for (int i = 0; uses != nullptr && i < sk_ASN1_OBJECT_num(uses); ++i) {
        char text[64] = {};
        OBJ_obj2txt(text, sizeof text, sk_ASN1_OBJECT_value(uses, i), 1);
        found = found || std::string_view(text) == "1.3.6.1.5.5.7.3.20"; // id-kp-sipDomain
    }
    EXTENDED_KEY_USAGE_free(uses);
    return found;
}

std::string const &keyFile(const TlsOptions &options)
{
    return options.key.empty() ? options.certificate : options.key;
}

void describePeer(SSL *ssl, TlsReport &out)
{
    out.protocol = SSL_get_version(ssl);
    if (const auto *cipher = SSL_get_current_cipher(ssl))
        out.cipher = SSL_CIPHER_get_name(cipher);
    describeCertificate(SSL_get0_peer_certificate(ssl), out);
}

} // namespace

std::vector<std::string> identitiesOf(X509 *certificate)
{
    std::vector<std::string> out;
    auto *names = static_cast<GENERAL_NAMES *>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names); ++i) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        std::string text;
        if (name->type == GEN_DNS) {
            text = textOf(name->d.dNSName);
        } else if (name->type == GEN_IPADD) {
            text = addressOf(name->d.iPAddress);
        } else if (name->type == GEN_URI) {
            const std::string uriText = textOf(name->d.uniformResourceIdentifier);
            const auto uri = sip::parseUri(uriText);
            // RFC 5922 section 7.1: sip only, and without a user part: it names a domain.
            if (base::equalsNoCase(uri.scheme, "sip") && uri.user.empty())
                text = uri.host;
        }
        if (!text.empty() && text.find('\0') == std::string::npos && out.size() < kMostNames)
            out.push_back(text);
    }
    GENERAL_NAMES_free(names);
    if (out.empty())
        if (auto name = commonName(certificate); !name.empty())
            out.push_back(std::move(name));
    return out;
}

bool namesHost(const std::vector<std::string> &identities, const std::string &host)
{
    const auto address = base::Address::parse(host);
    return std::any_of(identities.begin(), identities.end(), [&](const std::string &each) {
        if (address)
            return base::Address::parse(each) == address;
        return base::equalsNoCase(each, host);
    });
}

TlsJudge::TlsJudge(const TlsOptions &options)
    : m_options(options), m_store(newStore(options), X509_STORE_free)
{
}

TlsJudge::~TlsJudge() = default;

void TlsJudge::change(const TlsOptions &options)
{
    m_options = options;
    m_store.reset(newStore(options)); // a handshake under way keeps the one it began with
}

bool TlsJudge::stillTakes(const TlsReport &report) const
{
    const auto all = exceptionsFor(m_options, report.name, report.remote);
    return std::any_of(all.begin(), all.end(), [&](const TlsException &each) {
        return each.fingerprint == report.fingerprint;
    });
}

void TlsJudge::forget(std::uint32_t id)
{
    m_checks.erase(id);
}

int TlsJudge::verified(int fine, X509_STORE_CTX *context) noexcept
{
    auto *ssl = static_cast<SSL *>(
        X509_STORE_CTX_get_ex_data(context, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto *check =
        ssl != nullptr ? static_cast<Check *>(SSL_get_ex_data(ssl, checkIndex())) : nullptr;
    if (check == nullptr)
        return 0;
    if (fine == 0 && forSipDomains(context)) {
        X509_STORE_CTX_set_error(context, X509_V_OK);
        fine = 1;
    }
    if (fine != 0 && X509_STORE_CTX_get_error_depth(context) == 0 && !check->name.empty()) {
        const auto identities = identitiesOf(X509_STORE_CTX_get_current_cert(context));
        if (!namesHost(identities, check->name)) {
            X509_STORE_CTX_set_error(context, X509_V_ERR_HOSTNAME_MISMATCH);
            fine = 0;
        }
    }
    if (fine == 0 && check->error == X509_V_OK) {
        check->error = X509_STORE_CTX_get_error(context);
        // A handshake that ends here leaves the session without the peer's certificate.
        describeCertificate(X509_STORE_CTX_get0_cert(context), check->refused);
        check->byException = std::any_of(check->exceptions.begin(), check->exceptions.end(),
                                         [&](const TlsException &each) {
                                             return each.fingerprint == check->refused.fingerprint;
                                         });
    }
    return fine != 0 || check->acceptAnything || check->byException ? 1 : 0;
}

void TlsJudge::happened(const SSL *ssl, int where, int value) noexcept
{
    auto *check = static_cast<Check *>(SSL_get_ex_data(ssl, checkIndex()));
    if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT && check != nullptr)
        check->alert = SSL_alert_desc_string_long(value);
}

int TlsJudge::askedFor(SSL *, void *check) noexcept
{
    static_cast<Check *>(check)->asked = true;
    return 1;
}

bool TlsJudge::asked(std::uint32_t id) const
{
    const auto found = m_checks.find(id);
    return found != m_checks.end() && found->second->asked;
}

std::string TlsJudge::alert(std::uint32_t id) const
{
    const auto found = m_checks.find(id);
    return found == m_checks.end() ? std::string() : found->second->alert;
}

void TlsJudge::prepare(SSL *ssl, std::uint32_t id, const std::string &name,
                       const base::Endpoint &remote, bool weConnect)
{
    auto &check = m_checks[id] = std::make_unique<Check>();
    check->name = name;
    check->acceptAnything = m_options.acceptAnything;
    check->exceptions = exceptionsFor(m_options, name, remote);
    SSL_set_ex_data(ssl, checkIndex(), check.get());
    SSL_set_info_callback(ssl, happened);
    SSL_set_min_proto_version(ssl, TLS1_2_VERSION);
    SSL_set_options(ssl, SSL_OP_IGNORE_UNEXPECTED_EOF);
    if (!weConnect)
        return;
    SSL_set_verify(ssl, SSL_VERIFY_PEER, verified);
    SSL_set_verify_depth(ssl, 10);
    SSL_set1_verify_cert_store(ssl, m_store.get());
    if (!name.empty() && !base::Address::parse(name)) // RFC 6066 section 3: names only
        SSL_set_tlsext_host_name(ssl, name.c_str());
    SSL_certs_clear(ssl); // the library's own is nobody's business
    SSL_set_cert_cb(ssl, askedFor, check.get());
    if (!m_options.certificate.empty()) {
        SSL_use_certificate_chain_file(ssl, m_options.certificate.c_str());
        SSL_use_PrivateKey_file(ssl, keyFile(m_options).c_str(), SSL_FILETYPE_PEM);
    }
    ERR_clear_error();
}

TlsReport TlsJudge::report(SSL *ssl, std::uint32_t id, bool done, bool failed, int number) const
{
    TlsReport out;
    const auto found = m_checks.find(id);
    const int error = found != m_checks.end() ? found->second->error : X509_V_OK;
    out.name = found != m_checks.end() ? found->second->name : std::string();
    out.accepted = done;
    out.verified = done && error == X509_V_OK;
    describePeer(ssl, out);
    if (found != m_checks.end() && out.subject.empty() && out.names.empty()) {
        const TlsReport &refused = found->second->refused;
        out.subject = refused.subject;
        out.issuer = refused.issuer;
        out.notBefore = refused.notBefore;
        out.notAfter = refused.notAfter;
        out.names = refused.names;
        out.fingerprint = refused.fingerprint;
    }
    if (error != X509_V_OK)
        explainCertificate(error, out);
    else if (!done)
        explainHandshake({failed ? ERR_peek_last_error() : 0, number,
                          found != m_checks.end() && found->second->asked,
                          !m_options.certificate.empty()},
                         out);
    if (error == X509_V_OK)
        return out;
    out.byException = done && found->second->byException;
    if (!done && !found->second->exceptions.empty())
        explainChanged(found->second->exceptions.front().fingerprint, out);
    return out;
}

std::vector<TlsException> exceptionsFor(const TlsOptions &options, const std::string &name,
                                        const base::Endpoint &remote)
{
    std::vector<TlsException> out;
    for (const TlsException &each : options.exceptions) {
        const auto address = base::Address::parse(each.host);
        const bool host = address ? *address == remote.address || each.host == name
                                  : base::equalsNoCase(each.host, name);
        if (host && (each.port == 0 || each.port == remote.port))
            out.push_back({each.host, each.port, fingerprintOf(each.fingerprint)});
    }
    return out;
}

base::Result<void> checkTls(const TlsOptions &options)
{
    for (const TlsException &each : options.exceptions)
        if (each.host.empty() || fingerprintOf(each.fingerprint).empty())
            return base::fail(
                base::ErrorCode::BadInput,
                fmt::format("A certificate that is accepted by hand needs its server and its "
                            "SHA-256 fingerprint of 64 hex digits, not \"{}\".",
                            base::printable(each.fingerprint, false, 80)));
    const auto bad = [](const std::string &path, const char *what) {
        ERR_clear_error();
        return base::fail(
            base::ErrorCode::NotFound,
            fmt::format("{} cannot be read as {} in PEM form.", base::printable(path), what));
    };
    std::unique_ptr<X509_STORE, void (*)(X509_STORE *)> store(X509_STORE_new(), X509_STORE_free);
    if (!options.caFile.empty() && X509_STORE_load_file(store.get(), options.caFile.c_str()) != 1)
        return bad(options.caFile, "certificates of authorities");
    if (options.certificate.empty() && !options.key.empty())
        return base::fail(base::ErrorCode::BadInput, "A key needs its certificate.");
    if (options.certificate.empty())
        return {};
    std::unique_ptr<SSL_CTX, void (*)(SSL_CTX *)> context(SSL_CTX_new(TLS_client_method()),
                                                          SSL_CTX_free);
    if (SSL_CTX_use_certificate_chain_file(context.get(), options.certificate.c_str()) != 1)
        return bad(options.certificate, "a certificate");
    if (SSL_CTX_use_PrivateKey_file(context.get(), keyFile(options).c_str(), SSL_FILETYPE_PEM) != 1)
        return bad(keyFile(options), "the key of that certificate, without a passphrase,");
    return {};
}

} // namespace engine
