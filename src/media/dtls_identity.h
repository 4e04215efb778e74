// SPDX-License-Identifier: Apache-2.0
// The certificate that one call shows in its DTLS handshakes (RFC 5763 section 6.1), made for it
// and gone with it, and the comparison of a peer's certificate with what its SDP announced.
#pragma once

#include <base/result.h>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using SSL_CTX = struct ssl_ctx_st;
using X509 = struct x509_st;

namespace media {

class DtlsIdentity
{
public:
    /// A fresh key on P-256 with a self-signed certificate that names nobody; some milliseconds.
    static base::Result<std::shared_ptr<const DtlsIdentity>> make();
    ~DtlsIdentity();
    DtlsIdentity(const DtlsIdentity &) = delete;
    DtlsIdentity &operator=(const DtlsIdentity &) = delete;

    /// As an a=fingerprint line has it: "sha-256 AA:BB...".
    const std::string &fingerprint() const { return m_fingerprint; }
    /// DTLS 1.2 with the protection profiles of RFC 5764 and RFC 7714; takes any certificate, as
    /// its fingerprint is compared later.
    SSL_CTX *context() const { return m_context; }

private:
    DtlsIdentity() = default;
    bool certify();

    SSL_CTX *m_context = nullptr;
    std::string m_fingerprint;
};

/// RFC 8122 section 5.1: of the strongest hash that the fingerprints ("sha-256 AA:BB...") name and
/// that is known here, one has to be the certificate's.
bool announced(const X509 &certificate, const std::vector<std::string> &fingerprints);

} // namespace media
