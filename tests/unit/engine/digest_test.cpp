// SPDX-License-Identifier: Apache-2.0
#include <engine/digest.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using engine::Challenge;
using engine::chooseChallenge;
using engine::DigestAlgorithm;
using engine::DigestClient;
using engine::parseChallenge;
using testing::HasSubstr;
using testing::Not;

const char *const kNonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
const char *const kOpaque = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS";

Challenge example(const std::string &algorithm)
{
    const auto parsed = parseChallenge(
        std::string("Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", "
                    "algorithm=") +
        algorithm + ", nonce=\"" + kNonce + "\", opaque=\"" + kOpaque + "\"");
    EXPECT_TRUE(parsed.has_value());
    return parsed.value_or(Challenge{});
}

// RFC 7616 section 3.9.1
TEST(Digest, RfcExampleMd5)
{
    EXPECT_EQ(engine::digestResponse(example("MD5"),
                                     {"GET", "/dir/index.html", "Mufasa", "Circle of Life",
                                      "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", 1}),
              "8ca523f5e9506fed4657c9700eebdbec");
}

TEST(Digest, RfcExampleSha256)
{
    EXPECT_EQ(engine::digestResponse(example("SHA-256"),
                                     {"GET", "/dir/index.html", "Mufasa", "Circle of Life",
                                      "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", 1}),
              "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
}

// RFC 7616 section 3.9.2 as corrected by erratum 4897
TEST(Digest, RfcExampleSha512_256WithUserHash)
{
    const auto challenge =
        parseChallenge("Digest realm=\"api@example.org\", qop=\"auth\", algorithm=SHA-512-256, "
                       "nonce=\"5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK\", "
                       "opaque=\"HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS\", "
                       "charset=UTF-8, userhash=true");
    ASSERT_TRUE(challenge.has_value());
    EXPECT_EQ(challenge->algorithm, DigestAlgorithm::Sha512_256);
    const auto value = engine::credentialsValue(
        *challenge, {"GET", "/doe.json", "J\xC3\xA4s\xC3\xB8n Doe", "Secret, or not?",
                     "NTg6RKcb9boFIAS3KrFK9BGeh+niz/sm", 1});
    EXPECT_THAT(value,
                HasSubstr("793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"));
    EXPECT_THAT(value, HasSubstr("userhash=true"));
    EXPECT_THAT(value, Not(HasSubstr("Doe")));
}

// Worked by hand with openssl: A1 = MD5(MD5(user:realm:password):nonce:cnonce)
TEST(Digest, SessionFormHashesNonceAndCnonceIntoA1)
{
    const auto plain = parseChallenge("Digest realm=\"r\", nonce=\"n\", qop=\"auth\"");
    const auto session =
        parseChallenge("Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=MD5-sess");
    ASSERT_TRUE(plain && session);
    EXPECT_TRUE(session->session);
    const engine::DigestRequest request{"REGISTER", "sip:r", "u", "p", "c", 1};
    EXPECT_NE(engine::digestResponse(*plain, request), engine::digestResponse(*session, request));
    EXPECT_EQ(engine::digestResponse(*session, request), "9fcc4392a91dc57e8c83c2241da62025");
}

TEST(Digest, WithoutQopTheOldForm)
{
    const auto old = parseChallenge("Digest realm=\"r\", nonce=\"n\"");
    ASSERT_TRUE(old.has_value());
    const auto value = engine::credentialsValue(*old, {"INVITE", "sip:b", "u", "p", "c", 1});
    EXPECT_THAT(value, HasSubstr("response=\"208a46f24adeedbf04821e4f6208c551\""));
    EXPECT_THAT(value, Not(HasSubstr("nc=")));
    EXPECT_THAT(value, Not(HasSubstr("cnonce")));
}

TEST(Digest, TheTopmostKnownChallengeWins)
{
    const auto chosen =
        chooseChallenge({"Basic realm=\"r\"", "Digest realm=\"r\", nonce=\"1\", algorithm=SHA-999",
                         "Digest realm=\"r\", nonce=\"2\", algorithm=SHA-256, qop=\"auth\"",
                         "Digest realm=\"r\", nonce=\"3\", algorithm=MD5"});
    ASSERT_TRUE(chosen.has_value());
    EXPECT_EQ(chosen->algorithm, DigestAlgorithm::Sha256);
    EXPECT_EQ(chosen->nonce, "2");
    EXPECT_FALSE(
        chooseChallenge({"Digest realm=\"r\", nonce=\"1\", qop=\"auth-new\""}).has_value());
}

TEST(Digest, ForeignTextDoesNotBreakOut)
{
    EXPECT_FALSE(parseChallenge("Digest realm=\"r\r\nX: y\", nonce=\"1\"").has_value());
    EXPECT_FALSE(parseChallenge("Digest").has_value());
    EXPECT_FALSE(parseChallenge("Digest realm=\"unclosed, nonce=").has_value());
    const auto quoted = parseChallenge(R"(Digest realm="a\"b", nonce="n")");
    ASSERT_TRUE(quoted.has_value());
    EXPECT_THAT(engine::credentialsValue(*quoted, {"INVITE", "sip:b", "u\"x", "p", "c", 1}),
                testing::AllOf(HasSubstr(R"(username="u\"x")"), HasSubstr(R"(realm="a\"b")")));
}

TEST(DigestClientTest, CountsNoncesAndStopsAtAWrongPassword)
{
    DigestClient client("bob", "secret");
    EXPECT_EQ(client.headers("INVITE", "sip:b"), "");
    ASSERT_TRUE(
        client.challenged(false, {"Digest realm=\"r\", nonce=\"one\", qop=\"auth\""}).has_value());
    EXPECT_THAT(client.headers("INVITE", "sip:b"),
                testing::AllOf(HasSubstr("Authorization: Digest"), HasSubstr("nc=00000001")));
    EXPECT_THAT(client.headers("BYE", "sip:b"), HasSubstr("nc=00000002"));
    const auto again =
        client.challenged(false, {"Digest realm=\"r\", nonce=\"two\", qop=\"auth\""});
    ASSERT_FALSE(again.has_value());
    EXPECT_THAT(again.error().sentence, HasSubstr("does not accept"));
    EXPECT_THAT(again.error().sentence, Not(HasSubstr("secret")));
}

TEST(DigestClientTest, AStaleNonceIsReplacedAndTheCountStartsAnew)
{
    DigestClient client("bob", "secret");
    ASSERT_TRUE(
        client.challenged(true, {"Digest realm=\"r\", nonce=\"one\", qop=\"auth\""}).has_value());
    client.headers("INVITE", "sip:b");
    ASSERT_TRUE(
        client.challenged(true, {"Digest realm=\"r\", nonce=\"two\", qop=\"auth\", stale=true"})
            .has_value());
    EXPECT_THAT(client.headers("INVITE", "sip:b"),
                testing::AllOf(HasSubstr("Proxy-Authorization"), HasSubstr("nonce=\"two\""),
                               HasSubstr("nc=00000001")));
    for (int i = 0; i < 2; ++i)
        ASSERT_TRUE(
            client.challenged(true, {"Digest realm=\"r\", nonce=\"x\", stale=true"}).has_value());
    const auto loop = client.challenged(true, {"Digest realm=\"r\", nonce=\"x\", stale=true"});
    ASSERT_FALSE(loop.has_value());
    EXPECT_THAT(loop.error().sentence, HasSubstr("stale after each of 4 answers"));
}

std::string parameterOf(const std::string &line, const std::string &name)
{
    const auto at = line.find(name + "=\"");
    return at == std::string::npos
               ? ""
               : line.substr(at + name.size() + 2,
                             line.find('"', at + name.size() + 2) - at - name.size() - 2);
}

/// What a server that keeps the session's first nonce and cnonce would count for it.
std::string expected(const std::string &line, const std::string &method, std::uint32_t count,
                     const std::string &firstNonce)
{
    auto challenge = *parseChallenge("Digest realm=\"r\", nonce=\"" + parameterOf(line, " nonce") +
                                     "\", qop=\"auth\", algorithm=SHA-256-sess");
    const auto cnonce = parameterOf(line, "cnonce");
    engine::DigestRequest request{method, "sip:b", "bob", "secret", cnonce, count};
    request.sessionNonce = firstNonce;
    return engine::digestResponse(challenge, request);
}

TEST(DigestClientTest, ASessionKeepsItsFirstCnonceUntilTheNextChallenge)
{
    DigestClient client("bob", "secret");
    const auto challenge = [](const std::string &nonce) {
        return "Digest realm=\"r\", nonce=\"" + nonce + "\", qop=\"auth\", algorithm=SHA-256-sess";
    };
    ASSERT_TRUE(client.challenged(false, {challenge("one")}).has_value());
    const auto first = client.headers("INVITE", "sip:b");
    client.accepted();
    const auto second = client.headers("BYE", "sip:b");
    EXPECT_EQ(parameterOf(first, "cnonce").size(), 32U);
    EXPECT_EQ(parameterOf(second, "cnonce"), parameterOf(first, "cnonce"));
    EXPECT_EQ(parameterOf(first, "response"), expected(first, "INVITE", 1, "one"));
    EXPECT_EQ(parameterOf(second, "response"), expected(second, "BYE", 2, "one"));
    client.accepted("nextnonce=\"two\"");
    const auto third = client.headers("INFO", "sip:b");
    EXPECT_THAT(third, HasSubstr("nonce=\"two\""));
    EXPECT_EQ(parameterOf(third, "cnonce"), parameterOf(first, "cnonce"));
    EXPECT_EQ(parameterOf(third, "response"), expected(third, "INFO", 1, "one"));
    ASSERT_TRUE(client.challenged(false, {challenge("three")}).has_value());
    const auto anew = client.headers("INFO", "sip:b");
    EXPECT_NE(parameterOf(anew, "cnonce"), parameterOf(first, "cnonce"));
    EXPECT_EQ(parameterOf(anew, "response"), expected(anew, "INFO", 1, "three"));
}

TEST(DigestClientTest, AcceptedCredentialsMayBeAskedForAgain)
{
    DigestClient client("bob", "secret");
    ASSERT_TRUE(client.challenged(false, {"Digest realm=\"r\", nonce=\"one\""}).has_value());
    client.accepted();
    EXPECT_TRUE(client.challenged(false, {"Digest realm=\"r\", nonce=\"two\""}).has_value());
}

TEST(DigestClientTest, AnOldNonceSaysNothingOfThePasswordOfTheNextAttempt)
{
    DigestClient client("bob", "secret");
    const auto challenge = [&](const char *nonce) {
        const std::string value = std::string("Digest realm=\"r\", nonce=\"") + nonce + "\"";
        return client.challenged(false, {value}).has_value();
    };
    ASSERT_TRUE(challenge("before"));
    // The connection dies; a registrar that was restarted knows that nonce no more and says so
    // without "stale".
    client.newAttempt();
    EXPECT_THAT(client.headers("REGISTER", "sip:r"), HasSubstr("before"));
    EXPECT_TRUE(challenge("after"));
    EXPECT_THAT(client.headers("REGISTER", "sip:r"), HasSubstr("after"));
    EXPECT_FALSE(challenge("again")) << "within one attempt it is the password";
    EXPECT_EQ(client.headers("REGISTER", "sip:r"), "") << "what was refused is not sent again";
    client.newAttempt();
    EXPECT_TRUE(challenge("later"));
    for (int i = 0; i < 100; ++i) { // no loop, whatever it says
        const bool taken = client
                               .challenged(false, {"Digest realm=\"r\", stale=true, nonce=\"" +
                                                   std::to_string(i) + "\""})
                               .has_value();
        ASSERT_TRUE(!taken || i < 12);
        if (!taken)
            break;
    }
}

TEST(DigestClientTest, NoUserNoAnswer)
{
    DigestClient client("", "");
    const auto result = client.challenged(false, {"Digest realm=\"r\", nonce=\"one\""});
    ASSERT_FALSE(result.has_value());
    EXPECT_THAT(result.error().sentence, HasSubstr("user name"));
}

TEST(Digest, AuthIntHashesTheBodyWhereAuthIsNotOffered)
{
    const auto both =
        engine::parseChallenge("Digest realm=\"r\", nonce=\"n\", qop=\"auth-int,auth\"");
    ASSERT_TRUE(both.has_value());
    engine::DigestRequest request{"INVITE", "sip:b", "u", "p", "c", 1, "body"};
    EXPECT_NE(engine::credentialsValue(*both, request).find("qop=auth,"), std::string::npos);
    const auto whole = engine::parseChallenge("Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"");
    ASSERT_TRUE(whole.has_value());
    EXPECT_NE(engine::credentialsValue(*whole, request).find("qop=auth-int,"), std::string::npos);
    const auto first = engine::digestResponse(*whole, request);
    request.body = "another";
    EXPECT_NE(engine::digestResponse(*whole, request), first);
}

TEST(Digest, EveryRealmIsAnsweredByItsTopmostKnownChallenge)
{
    engine::DigestClient client("u", "p");
    ASSERT_TRUE(client.challenged(true, {"Digest realm=\"a\", nonce=\"1\", algorithm=SHA-256",
                                         "Digest realm=\"a\", nonce=\"2\", algorithm=MD5",
                                         "Digest realm=\"b\", nonce=\"3\", algorithm=MD5"}));
    ASSERT_TRUE(client.challenged(false, {"Digest realm=\"a\", nonce=\"4\""}));
    const auto lines = client.headers("INVITE", "sip:b");
    for (const char *part : {"nonce=\"1\"", "nonce=\"3\"", "nonce=\"4\"", "algorithm=SHA-256"})
        EXPECT_NE(lines.find(part), std::string::npos) << part;
    EXPECT_EQ(lines.find("nonce=\"2\""), std::string::npos);
}

TEST(Digest, TheNextNonceIsTaken)
{
    engine::DigestClient client("u", "p");
    ASSERT_TRUE(client.challenged(false, {"Digest realm=\"a\", nonce=\"1\", qop=\"auth\""}));
    client.headers("INVITE", "sip:b");
    client.accepted("nextnonce=\"2\", rspauth=\"x\"");
    const auto lines = client.headers("BYE", "sip:b");
    EXPECT_NE(lines.find("nonce=\"2\""), std::string::npos);
    EXPECT_NE(lines.find("nc=00000001"), std::string::npos);
}

} // namespace
