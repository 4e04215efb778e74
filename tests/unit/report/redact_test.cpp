// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <report/format.h>

namespace {

using report::redacted;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Redact, DigestKeepsWhatExplainsAndLosesWhatProves)
{
    const std::string header = "Authorization: Digest username=\"bob\", realm=\"example.test\", "
                               "nonce=\"n0nce\", uri=\"sip:example.test\", "
                               "response=\"6629fae49393a05397450978507c4ef1\", qop=auth, "
                               "cnonce=\"0a4f113b\", nc=00000001\r\n";
    EXPECT_EQ(
        redacted(header),
        "Authorization: Digest username=\"bob\", realm=\"example.test\", nonce=\"n0nce\", "
        "uri=\"sip:example.test\", response=\"***\", qop=auth, cnonce=\"***\", nc=00000001\r\n");
}

TEST(Redact, EverySpellingOfTheHeaderIsFound)
{
    for (const std::string_view name :
         {"authorization", "PROXY-AUTHORIZATION", "Proxy-Authorization ", "Authorization\t"})
        for (const std::string_view value :
             {" Digest response=\"s3cret\"", "Digest\r\n response = \r\n\t\"s3cret\"",
              " Digest realm=\"a,response=b\",response=s3cret", " Digest response=\"s3\\\"s3cret",
              " Basic s3cret", " Bearer\r\n s3cret", " Digest nc=1, RESPONSE=\"s3cret\"",
              " response=\"s3cret\""}) {
            const std::string text =
                std::string(name) + ":" + std::string(value) + "\r\nTo: <sip:bob@example.test>\r\n";
            EXPECT_THAT(redacted(text), Not(HasSubstr("s3cret"))) << text;
            EXPECT_THAT(redacted(text), HasSubstr("To: <sip:bob@example.test>\r\n"));
        }
    EXPECT_THAT(redacted("Authentication-Info: rspauth=\"s3cret\", nextnonce=\"n\""),
                Not(HasSubstr("s3cret")));
    EXPECT_THAT(redacted("X-Token: bearer s3cret, next"), Not(HasSubstr("s3cret")));
    EXPECT_THAT(redacted("Cookie: session=s3cret\r\n"), Not(HasSubstr("s3cret")));
}

TEST(Redact, PasswordsInUrisGoAndUsersStay)
{
    EXPECT_EQ(redacted("INVITE sip:bob:s3cret@example.test;transport=tcp SIP/2.0"),
              "INVITE sip:bob:***@example.test;transport=tcp SIP/2.0");
    EXPECT_EQ(redacted("Contact: <sip:a@b.test>,<SIPS:c:s3=cret&x@d.test:5061>"),
              "Contact: <sip:a@b.test>,<SIPS:c:***@d.test:5061>");
    EXPECT_EQ(redacted("m: sip:a@b,sip:sip:s3cret@d"), "m: sip:a@b,sip:sip:***@d");
    EXPECT_EQ(redacted("Call-Info: <https://u:s3cret@h.test/x>"),
              "Call-Info: <https://u:***@h.test/x>");
    const std::string innocent =
        "Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9\r\nTo: \"a:b\" <sip:bob@example.test:5060>\r\n";
    EXPECT_EQ(redacted(innocent), innocent);
}

TEST(Redact, MediaKeysGoAndSuitesStay)
{
    EXPECT_EQ(redacted("a=crypto:1 AES_CM_128_HMAC_SHA1_80 "
                       "inline:s3cretkey|2^20|1:32;inline:s3cret2\r\nm=audio 9 RTP/SAVP 0\r\n"),
              "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:***|2^20|1:32;inline:***\r\nm=audio 9 "
              "RTP/SAVP 0\r\n");
    EXPECT_EQ(redacted("k=base64:s3cret\n"), "k=base64:***\n");
    EXPECT_EQ(redacted("a=ice-pwd:s3cret\na=ice-ufrag:u\n"), "a=ice-pwd:***\na=ice-ufrag:u\n");
    EXPECT_EQ(redacted("Signal=7\r\nDuration=160\r\n"), "Signal=***\r\nDuration=160\r\n");
}

TEST(Redact, IsIdempotentAndLinearOnNonsense)
{
    const std::string once =
        redacted("Authorization: Digest response=\"x\"\r\nContact: <sip:a:b@c>\r\nX: Bearer t\r\n");
    EXPECT_EQ(redacted(once), once);
    std::string nasty;
    for (int i = 0; i < 60'000; ++i)
        nasty += "sip:@";
    EXPECT_EQ(redacted(nasty).size(), nasty.size());
    nasty = "Authorization: ";
    for (int i = 0; i < 60'000; ++i)
        nasty += "response=";
    EXPECT_LE(redacted(nasty).size(), nasty.size());
    EXPECT_EQ(redacted(""), "");
}

} // namespace
