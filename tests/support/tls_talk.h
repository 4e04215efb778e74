// SPDX-License-Identifier: Apache-2.0
// Two ends of OpenSSL that talk in memory, with their key log: what a capture of them would hold.
#pragma once

#include <memory>
#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace support {

struct TlsSettings {
    int version = TLS1_3_VERSION;
    std::string suites;    // OpenSSL's names of its list, empty: its own choice
    bool elliptic = false; // kind of the server's key
    bool encryptThenMac = true;
    std::string serverName = "edge.example.test";
    std::string protocol = "sip"; // ALPN, empty: none
};

class TlsTalk
{
public:
    struct Flight {
        bool fromClient = true;
        std::string bytes;
    };

    explicit TlsTalk(const TlsSettings &settings) : m_settings(settings)
    {
        m_clientContext.reset(SSL_CTX_new(TLS_client_method()));
        m_serverContext.reset(SSL_CTX_new(TLS_server_method()));
        for (SSL_CTX *context : {m_clientContext.get(), m_serverContext.get()})
            configure(context);
        static const Key elliptic(EVP_EC_gen("P-256")), rsa(EVP_RSA_gen(2048));
        EVP_PKEY *key = (settings.elliptic ? elliptic : rsa).get();
        const Certificate certificate = makeCertificate(key);
        require(SSL_CTX_use_certificate(m_serverContext.get(), certificate.get()) == 1);
        require(SSL_CTX_use_PrivateKey(m_serverContext.get(), key) == 1);
        SSL_CTX_set_session_id_context(m_serverContext.get(),
                                       reinterpret_cast<const unsigned char *>("talk"), 4);
        SSL_CTX_set_alpn_select_cb(m_serverContext.get(), choose, nullptr);
        SSL_CTX_set_app_data(m_clientContext.get(), this);
        SSL_CTX_set_keylog_callback(m_clientContext.get(), log);
    }
    TlsTalk(const TlsTalk &) = delete;
    TlsTalk &operator=(const TlsTalk &) = delete;

    /// A handshake, resuming the session of the one before if there was one.
    void handshake()
    {
        Session before(m_client ? SSL_get1_session(m_client.get()) : nullptr);
        for (SSL *end : {m_client.get(), m_server.get()}) {
            if (end != nullptr) // else the session counts as broken off
                SSL_set_shutdown(end, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        }
        m_client.reset(SSL_new(m_clientContext.get()));
        m_server.reset(SSL_new(m_serverContext.get()));
        for (SSL *end : {m_client.get(), m_server.get()})
            SSL_set_bio(end, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_connect_state(m_client.get());
        SSL_set_accept_state(m_server.get());
        SSL_set_tlsext_host_name(m_client.get(), m_settings.serverName.c_str());
        if (before)
            SSL_set_session(m_client.get(), before.get());
        shake();
    }
    void client(std::string_view text) { say(m_client.get(), true, text); }
    void server(std::string_view text) { say(m_server.get(), false, text); }
    /// TLS 1.3: new keys in both directions.
    void updateKeys()
    {
        require(SSL_key_update(m_client.get(), SSL_KEY_UPDATE_REQUESTED) == 1);
        client("\r\n\r\n");
        server("\r\n");
    }
    /// TLS 1.2: a handshake inside the connection.
    void renegotiate()
    {
        require(SSL_renegotiate(m_client.get()) == 1);
        shake();
    }
    void close()
    {
        SSL_shutdown(m_client.get());
        pump();
        SSL_shutdown(m_server.get());
        pump();
    }
    bool resumed() const { return SSL_session_reused(m_client.get()) == 1; }

    std::vector<Flight> flights;
    std::string keyLog;

private:
    template <class T, void (*free)(T *)> struct Free {
        void operator()(T *thing) const { free(thing); }
    };
    using Context = std::unique_ptr<SSL_CTX, Free<SSL_CTX, SSL_CTX_free>>;
    using End = std::unique_ptr<SSL, Free<SSL, SSL_free>>;
    using Session = std::unique_ptr<SSL_SESSION, Free<SSL_SESSION, SSL_SESSION_free>>;
    using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY, EVP_PKEY_free>>;
    using Certificate = std::unique_ptr<X509, Free<X509, X509_free>>;

    static void require(bool condition)
    {
        if (!condition)
            throw std::runtime_error("OpenSSL refused a step of the fixture");
    }
    static void log(const SSL *ssl, const char *line)
    {
        auto *self = static_cast<TlsTalk *>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
        self->keyLog.append(line).append("\n");
    }
    static int choose(SSL * /*ssl*/, const unsigned char **out, unsigned char *length,
                      const unsigned char *in, unsigned inLength, void * /*arg*/)
    {
        if (inLength == 0)
            return SSL_TLSEXT_ERR_NOACK;
        *length = in[0];
        *out = in + 1;
        return SSL_TLSEXT_ERR_OK;
    }
    void configure(SSL_CTX *context) const
    {
        SSL_CTX_set_min_proto_version(context, m_settings.version);
        SSL_CTX_set_max_proto_version(context, m_settings.version);
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
        SSL_CTX_set_options(context, SSL_OP_ALLOW_CLIENT_RENEGOTIATION);
        if (!m_settings.encryptThenMac)
            SSL_CTX_set_options(context, SSL_OP_NO_ENCRYPT_THEN_MAC);
        if (!m_settings.suites.empty() && m_settings.version == TLS1_3_VERSION)
            require(SSL_CTX_set_ciphersuites(context, m_settings.suites.c_str()) == 1);
        else if (!m_settings.suites.empty())
            require(SSL_CTX_set_cipher_list(context, (m_settings.suites + "@SECLEVEL=0").c_str()) ==
                    1);
        if (!m_settings.protocol.empty()) {
            const std::string list =
                std::string(1, static_cast<char>(m_settings.protocol.size())) + m_settings.protocol;
            SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char *>(list.data()),
                                    static_cast<unsigned>(list.size()));
        }
    }
    static Certificate makeCertificate(EVP_PKEY *key)
    {
        Certificate out(X509_new());
        ASN1_INTEGER_set(X509_get_serialNumber(out.get()), 1);
        X509_gmtime_adj(X509_getm_notBefore(out.get()), 0);
        X509_gmtime_adj(X509_getm_notAfter(out.get()), 3600);
        X509_set_pubkey(out.get(), key);
        X509_NAME *name = X509_get_subject_name(out.get());
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char *>("edge.example.test"), -1,
                                   -1, 0);
        X509_set_issuer_name(out.get(), name);
        require(X509_sign(out.get(), key, EVP_sha256()) != 0);
        return out;
    }

    void shake()
    {
        for (int i = 0; i < 8; ++i) {
            for (SSL *end : {m_client.get(), m_server.get()}) {
                char next = 0;
                SSL_do_handshake(end);
                SSL_peek(end, &next, 1); // takes tickets and renegotiations in
                pump();
            }
        }
        require(SSL_is_init_finished(m_client.get()) == 1 &&
                SSL_is_init_finished(m_server.get()) == 1);
    }
    void say(SSL *end, bool fromClient, std::string_view text)
    {
        require(SSL_write(end, text.data(), static_cast<int>(text.size())) ==
                static_cast<int>(text.size()));
        pump();
        std::string heard(text.size(), '\0');
        SSL *other = fromClient ? m_server.get() : m_client.get();
        std::size_t length = 0;
        while (length < heard.size()) { // a record at a time
            const int read =
                SSL_read(other, heard.data() + length, static_cast<int>(heard.size() - length));
            require(read > 0);
            length += static_cast<std::size_t>(read);
        }
        require(heard == text);
        pump();
    }
    void pump()
    {
        move(m_client.get(), m_server.get(), true);
        move(m_server.get(), m_client.get(), false);
    }
    void move(SSL *from, SSL *to, bool fromClient)
    {
        char *bytes = nullptr;
        const long length = BIO_get_mem_data(SSL_get_wbio(from), &bytes);
        if (length <= 0)
            return;
        flights.push_back({fromClient, std::string(bytes, static_cast<std::size_t>(length))});
        BIO_write(SSL_get_rbio(to), bytes, static_cast<int>(length));
        BIO_reset(SSL_get_wbio(from));
    }

    TlsSettings m_settings;
    Context m_clientContext, m_serverContext;
    End m_client, m_server;
};

} // namespace support
