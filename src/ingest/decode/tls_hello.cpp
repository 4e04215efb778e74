// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/tls_hello.h>

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <ingest/decode/bytes.h>
#include <memory>
#include <openssl/bio.h>
#include <openssl/x509.h>

namespace ingest::decode {
namespace {

constexpr std::size_t kRandom = 32;
constexpr std::uint16_t kServerName = 0, kProtocols = 16, kEncryptThenMac = 22, kVersions = 43;
/// RFC 8446 section 4.1.3: the random of a HelloRetryRequest, SHA-256 of its name.
constexpr std::string_view kRetry =
    "\xCF\x21\xAD\x74\xE5\x9A\x61\x11\xBE\x1D\x8C\x02\x1E\x65\xB8\x91"
    "\xC2\xA2\x11\x16\x7A\xBB\x8C\x5E\x07\x9E\x09\xE2\xC8\xA8\x33\x9C";

/// Cuts pieces off the front; after the first that does not fit everything is empty.
class Cursor
{
public:
    explicit Cursor(std::string_view bytes) : m_rest(bytes) {}
    bool ok() const { return m_ok; }
    bool done() const { return m_rest.empty(); }
    std::string_view take(std::size_t length)
    {
        m_ok = m_ok && length <= m_rest.size();
        if (!m_ok)
            m_rest = {};
        const std::string_view out = m_rest.substr(0, length);
        m_rest.remove_prefix(out.size());
        return out;
    }
    std::size_t number(std::size_t octets)
    {
        std::size_t value = 0;
        for (const char c : take(octets))
            value = value << 8U | static_cast<unsigned char>(c);
        return value;
    }
    /// A vector with a length of so many octets before it.
    std::string_view vector(std::size_t octets) { return take(number(octets)); }

private:
    std::string_view m_rest;
    bool m_ok = true;
};

template <class Visit> void extensions(std::string_view list, Visit visit)
{
    Cursor in(list);
    while (in.ok() && !in.done()) {
        const auto type = static_cast<std::uint16_t>(in.number(2));
        const std::string_view value = in.vector(2);
        if (in.ok())
            visit(type, value);
    }
}

std::string_view firstProtocol(std::string_view extension)
{
    Cursor in(extension);
    Cursor names(in.vector(2));
    return names.vector(1);
}

std::string_view serverName(std::string_view extension)
{
    Cursor in(extension);
    Cursor names(in.vector(2));
    const bool hostName = names.number(1) == 0;
    const std::string_view name = names.vector(2);
    return hostName ? name : std::string_view();
}

struct FreeCertificate {
    void operator()(X509 *certificate) const { X509_free(certificate); }
};
struct FreeBio {
    void operator()(BIO *bio) const { BIO_free(bio); }
};

std::string subjectOf(std::string_view der)
{
    const auto *bytes = reinterpret_cast<const unsigned char *>(der.data());
    const std::unique_ptr<X509, FreeCertificate> certificate(
        d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));
    const std::unique_ptr<BIO, FreeBio> out(BIO_new(BIO_s_mem()));
    if (!certificate || !out ||
        X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate.get()), 0,
                           XN_FLAG_RFC2253) < 0)
        return {};
    constexpr long kLongest = 512;
    char *text = nullptr;
    const long length = BIO_get_mem_data(out.get(), &text);
    return length > 0 ? std::string(text, static_cast<std::size_t>(std::min(length, kLongest)))
                      : std::string();
}

struct Alert {
    std::uint8_t code;
    std::string_view text;
};
constexpr std::array<Alert, 32> kAlerts{{
    // RFC 8446 section 6, RFC 5246 section 7.2
    {0, "close notify"},
    {10, "unexpected message"},
    {20, "bad record MAC"},
    {21, "decryption failed"},
    {22, "record overflow"},
    {30, "decompression failure"},
    {40, "handshake failure"},
    {41, "no certificate"},
    {42, "bad certificate"},
    {43, "unsupported certificate"},
    {44, "certificate revoked"},
    {45, "certificate expired"},
    {46, "certificate unknown"},
    {47, "illegal parameter"},
    {48, "unknown CA"},
    {49, "access denied"},
    {50, "decode error"},
    {51, "decrypt error"},
    {70, "protocol version"},
    {71, "insufficient security"},
    {80, "internal error"},
    {86, "inappropriate fallback"},
    {90, "user canceled"},
    {100, "no renegotiation"},
    {109, "missing extension"},
    {110, "unsupported extension"},
    {111, "certificate unobtainable"},
    {112, "unrecognized name"},
    {113, "bad certificate status response"},
    {115, "unknown PSK identity"},
    {116, "certificate required"},
    {120, "no application protocol"},
}};

} // namespace

std::optional<TlsClientHello> tlsClientHello(std::string_view body)
{
    Cursor in(body);
    TlsClientHello out;
    in.take(2);
    out.random = in.take(kRandom);
    in.vector(1); // session
    in.vector(2); // suites
    in.vector(1); // compressions
    if (!in.ok())
        return std::nullopt;
    if (in.done())
        return out;
    extensions(in.vector(2), [&](std::uint16_t type, std::string_view value) {
        if (type == kServerName)
            out.serverName = serverName(value);
        else if (type == kProtocols)
            out.protocol = firstProtocol(value);
    });
    return out;
}

std::optional<TlsServerHello> tlsServerHello(std::string_view body)
{
    Cursor in(body);
    TlsServerHello out;
    out.version = static_cast<std::uint16_t>(in.number(2));
    out.random = in.take(kRandom);
    in.vector(1);
    out.suite = static_cast<std::uint16_t>(in.number(2));
    in.take(1); // compression
    if (!in.ok())
        return std::nullopt;
    out.retry = out.random == kRetry;
    if (in.done())
        return out;
    extensions(in.vector(2), [&](std::uint16_t type, std::string_view value) {
        if (type == kVersions && value.size() == 2)
            out.version = be16(value, 0);
        else if (type == kProtocols)
            out.protocol = firstProtocol(value);
        else if (type == kEncryptThenMac)
            out.encryptThenMac = true;
    });
    return out;
}

std::string_view tlsAgreedProtocol(std::string_view body)
{
    std::string_view out;
    Cursor in(body);
    extensions(in.vector(2), [&](std::uint16_t type, std::string_view value) {
        if (type == kProtocols)
            out = firstProtocol(value);
    });
    return out;
}

std::string tlsSubject(std::string_view body, bool tls13)
{
    Cursor in(body);
    if (tls13)
        in.vector(1); // request context
    Cursor list(in.vector(3));
    const std::string_view first = list.vector(3);
    return list.ok() && !first.empty() ? subjectOf(first) : std::string();
}

std::string tlsAlertText(std::uint8_t description)
{
    const auto *const found = std::find_if(kAlerts.begin(), kAlerts.end(), [&](const Alert &alert) {
        return alert.code == description;
    });
    return found != kAlerts.end() ? std::string(found->text) : fmt::format("alert {}", description);
}

} // namespace ingest::decode
