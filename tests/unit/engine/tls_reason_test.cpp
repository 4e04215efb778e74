// SPDX-License-Identifier: Apache-2.0
// How a handshake ended, in words that say what to do.
#include <engine/tls_reason.h>

#include <cerrno>
#include <gmock/gmock.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace {

using engine::HandshakeEnd;
using testing::HasSubstr;

unsigned long alert(int reason)
{
    return ERR_PACK(ERR_LIB_SSL, 0, reason);
}

TEST(TlsReason, EachEndHasItsOwnSentence)
{
    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, nullptr); // as whoever makes a connection does
    const struct {
        HandshakeEnd end;
        const char *code, *words;
    } kCases[] = {
        {{0, ECONNRESET, false, false}, "handshake", "(RST)"},
        {{0, 0, false, false}, "handshake", "(FIN)"},
        {{0, 0, true, false}, "client-certificate", "none was given"},
        {{0, ECONNRESET, true, false}, "client-certificate", "(RST)"},
        {{alert(SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE), 0, true, false},
         "client-certificate",
         "none was given"},
        {{alert(SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE), 0, false, false}, "cipher", "cipher"},
        {{alert(SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED), 0, true, false},
         "client-certificate",
         "none was given"},
        {{alert(SSL_R_TLSV1_ALERT_UNKNOWN_CA), 0, true, true},
         "client-certificate",
         "refused our client certificate"},
        {{alert(SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED), 0, true, true},
         "client-certificate",
         "expired"},
        {{alert(SSL_R_TLSV1_ALERT_PROTOCOL_VERSION), 0, false, false}, "version", "1.2 or later"},
        {{alert(SSL_R_UNSUPPORTED_PROTOCOL), 0, false, false}, "version", "1.2 or later"},
        {{alert(SSL_R_WRONG_VERSION_NUMBER), 0, false, false}, "no-tls", "does not speak TLS"},
        {{alert(SSL_R_TLSV1_UNRECOGNIZED_NAME), 0, false, false}, "name", "edge.test"},
    };
    for (const auto &[end, code, words] : kCases) {
        engine::TlsReport report;
        report.name = "edge.test";
        engine::explainHandshake(end, report);
        EXPECT_EQ(report.code, code) << report.sentence;
        EXPECT_THAT(report.sentence, HasSubstr(words));
        EXPECT_THAT(report.sentence, testing::Not(HasSubstr("sslv3")));
        EXPECT_EQ(report.sentence.back(), '.');
    }
}

} // namespace
