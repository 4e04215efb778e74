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
/// `error`: the last of OpenSSL's error queue, 0: the connection just ended.
void explainHandshake(unsigned long error, TlsReport &out);

} // namespace engine
