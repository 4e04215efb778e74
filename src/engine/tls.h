// SPDX-License-Identifier: Apache-2.0
// Private to engine: how TLS connections are made and judged: our own verification of chain and
// name (RFC 5922), SNI, the client certificate, and the exact reason of a refusal, none of which
// the library tells or does. Engine thread only; owned by the agent.
#pragma once

#include <base/result.h>
#include <engine/engine.h>
#include <map>
#include <memory>
#include <string>
#include <vector>

struct ssl_st;
struct x509_st;
struct x509_store_ctx_st;
struct x509_store_st;

namespace engine {

class TlsJudge
{
public:
    explicit TlsJudge(const TlsOptions &options);
    /// For the handshakes that begin from now on.
    void change(const TlsOptions &options);
    /// Whether what was accepted by an exception would be so again.
    bool stillTakes(const TlsReport &report) const;
    ~TlsJudge();
    TlsJudge(const TlsJudge &) = delete;
    TlsJudge &operator=(const TlsJudge &) = delete;

    /// Before the handshake. `id` is the connection's until forget().
    void prepare(ssl_st *ssl, std::uint32_t id, const std::string &name,
                 const base::Endpoint &remote, bool weConnect);
    /// After it; `done` false: it failed, by an error of OpenSSL's (`failed`) or with the
    /// connection (errno `number`, 0: FIN).
    TlsReport report(ssl_st *ssl, std::uint32_t id, bool done, bool failed, int number) const;
    /// Whether the peer wanted to see a certificate of ours.
    bool asked(std::uint32_t id) const;
    void forget(std::uint32_t id);
    /// The last alert the peer sent on it, in OpenSSL's words ("close notify"); empty: none.
    std::string alert(std::uint32_t id) const;

private:
    struct Check;
    static int verified(int fine, x509_store_ctx_st *context) noexcept;
    static int askedFor(ssl_st *ssl, void *check) noexcept;
    static void happened(const ssl_st *ssl, int where, int value) noexcept;

    TlsOptions m_options;
    std::unique_ptr<x509_store_st, void (*)(x509_store_st *)> m_store;
    std::map<std::uint32_t, std::unique_ptr<Check>> m_checks; // at most one a connection
};

/// The exceptions that speak of that server: by the name it has to have or by its address.
std::vector<TlsException> exceptionsFor(const TlsOptions &options, const std::string &name,
                                        const base::Endpoint &remote);
/// Whether the files can be read and fit together. Errors name the one that cannot.
base::Result<void> checkTls(const TlsOptions &options);
/// A fresh key and a certificate signed by itself, PEM: what the library insists on having.
std::string selfSignedPem();

/// Whom a certificate names, by RFC 5922 section 7.1: SIP URIs and DNS names of the
/// subjectAltName, addresses too; the common name only where it has none of these.
std::vector<std::string> identitiesOf(x509_st *certificate);
/// RFC 5922 section 7.2: the whole name without regard to case, no wildcards.
bool namesHost(const std::vector<std::string> &identities, const std::string &host);

} // namespace engine
