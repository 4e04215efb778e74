// SPDX-License-Identifier: Apache-2.0
// Private to engine: what a certificate says, and why a handshake came to nothing, in words.
#pragma once

#include <engine/engine.h>

struct x509_st;

namespace engine {

void describeCertificate(x509_st *certificate, TlsReport &out);
/// `error`: OpenSSL's X509_V_ERR_... of the chain.
void explainCertificate(int error, TlsReport &out);
/// A refusal though another certificate of that server was `accepted`: its fingerprint.
void explainChanged(const std::string &accepted, TlsReport &out);
struct HandshakeEnd {
    unsigned long error = 0; // of OpenSSL's queue; 0: the connection ended
    int number = 0;          // errno of that end; 0: FIN
    bool asked = false;      // for a client certificate
    bool shown = false;      // and one of ours was shown
};
void explainHandshake(const HandshakeEnd &end, TlsReport &out);

} // namespace engine
