// SPDX-License-Identifier: Apache-2.0
// What the answer to a REGISTER says, and the STUN answers of an edge.
#include <engine/register_result.h>
#include <engine/stun.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using engine::readRegisterResult;
using engine::RegisterAsked;
using engine::RegisterResult;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

const RegisterAsked kAsked{2, "urn:uuid:11111111-2222-4333-8444-555555555555",
                           "sip:edge.example.test;transport=tcp",
                           "sip:bob@192.0.2.9:5060;transport=tcp", true};

RegisterResult read(const std::string &first, const std::string &headers,
                    const RegisterAsked &asked = kAsked)
{
    const std::string text =
        "SIP/2.0 " + first +
        "\r\nVia: SIP/2.0/TCP 192.0.2.9:5060;branch=z9hG4bK1;keep=25;rport=40100;"
        "received=198.51.100.4\r\nFrom: <sip:bob@example.test>;tag=1\r\nTo: <sip:bob@example.test>;"
        "tag=2\r\nCall-ID: a\r\nCSeq: 1 REGISTER\r\n" +
        headers + "Content-Length: 0\r\n\r\n";
    return readRegisterResult(*sip::parse(text), asked);
}

TEST(RegisterResult, ReadsEverythingThatAFlowNeeds)
{
    const auto out =
        read("200 OK",
             "Require: outbound\r\nFlow-Timer: 120\r\nPath: <sip:tok@edge.example.test;lr;ob>\r\n"
             "Service-Route: <sip:home.example.test;lr>\r\n"
             "Contact: <sip:bob@192.0.2.9:5060;transport=tcp>;reg-id=1;expires=77;"
             "+sip.instance=\"<urn:uuid:11111111-2222-4333-8444-555555555555>\"\r\n"
             "Contact: <sip:bob@192.0.2.9:5060;transport=tcp>;reg-id=2;expires=88;"
             "+sip.instance=\"<urn:uuid:11111111-2222-4333-8444-555555555555>\";"
             "pub-gruu=\"sip:bob@example.test;gr=urn:uuid:1\";"
             "temp-gruu=\"sip:tgruu.7@example.test;gr\"\r\n");
    EXPECT_TRUE(out.outbound);
    EXPECT_EQ(out.flowTimer, 120s);
    EXPECT_EQ(out.expires, 88s);
    EXPECT_TRUE(out.edgeKeepsFlows);
    EXPECT_EQ(out.keep, std::optional<base::Duration>(25s));
    EXPECT_EQ(out.mapped.text(), "198.51.100.4:40100");
    EXPECT_EQ(out.publicGruu, "sip:bob@example.test;gr=urn:uuid:1");
    EXPECT_EQ(out.temporaryGruu, "sip:tgruu.7@example.test;gr");
    EXPECT_THAT(out.serviceRoute, ElementsAre("<sip:home.example.test;lr>"));
    EXPECT_EQ(out.sentence, "");
}

TEST(RegisterResult, TellsAContactThatWasWrittenAnewForANat)
{
    auto plain = kAsked;
    plain.outbound = false;
    EXPECT_FALSE(read("200 OK", "Contact: <sip:bob@192.0.2.9;transport=TCP>;expires=60\r\n", plain)
                     .rewritten);
    EXPECT_TRUE(
        read("200 OK", "Contact: <sip:bob@198.51.100.4:40100;transport=tcp>;expires=60\r\n", plain)
            .rewritten);
}

TEST(RegisterResult, AFlowTimerWithoutOutboundMeansNothing)
{
    const auto out = read("200 OK", "Flow-Timer: 120\r\nContact: <sip:bob@192.0.2.9:5060;"
                                    "transport=tcp>;expires=60\r\n");
    EXPECT_FALSE(out.outbound);
    EXPECT_EQ(out.flowTimer, 0s);
    EXPECT_EQ(out.expires, 60s);
    EXPECT_EQ(out.sentence, "");
}

TEST(RegisterResult, SaysWhenThe200DoesNotBindUs)
{
    EXPECT_THAT(read("200 OK", "").sentence, HasSubstr("lists no Contact"));
    EXPECT_THAT(read("200 OK", "Contact: <sip:bob@192.0.2.99:5060>;expires=60\r\n").sentence,
                HasSubstr("not ours"));
    // The same address, but as the other flow.
    EXPECT_THAT(read("200 OK",
                     "Contact: <sip:bob@192.0.2.9:5060;transport=tcp>;reg-id=1;"
                     "+sip.instance=\"<urn:uuid:11111111-2222-4333-8444-555555555555>\"\r\n")
                    .sentence,
                HasSubstr("not ours"));
}

TEST(RegisterResult, SaysWhatIsWrongWithTheContactThatIsThere)
{
    const auto unreadable =
        read("200 OK", "Contact: <sip:bob@192.0.2.9:5060;transport=tcp;reg-id=2;"
                       "+sip.instance=\"<urn:uuid:11111111-2222-4333-8444-555555555555>\"\r\n");
    EXPECT_TRUE(unreadable.unbound);
    EXPECT_THAT(unreadable.sentence, HasSubstr("cannot be read"));
    const std::string ours = "Contact: <sip:bob@192.0.2.9:5060;transport=tcp>;expires=60\r\n";
    const auto unnamed = read("200 OK", "Require: outbound\r\n" + ours);
    EXPECT_FALSE(unnamed.unbound);
    EXPECT_THAT(unnamed.sentence, HasSubstr("no reg-id"));
    EXPECT_EQ(read("200 OK", ours).sentence, "");
}

/// The same binding in another's writing (RFC 3261 section 19.1.4), and what only looks like it.
TEST(RegisterResult, ContactsAreComparedByWhatTheyMean)
{
    const RegisterAsked plain{1, "", "", "sip:bob@192.0.2.9:5060;transport=tcp", false};
    for (const char *ours : {"<sip:bob@192.0.2.9:5060;transport=TCP>", "<sip:bob@192.0.2.9>",
                             "<SIP:b%6Fb@192.0.2.9:5060;ob>;q=0.5", "sip:bob@192.0.2.9:5060",
                             "<sip:bob@198.51.100.4:40100;transport=tcp>"}) { // as it saw us
        const auto out = read("200 OK", std::string("Contact: ") + ours + "\r\n", plain);
        EXPECT_FALSE(out.unbound) << ours;
        EXPECT_EQ(out.sentence, "") << ours;
    }
    for (const char *other :
         {"<sip:Bob@192.0.2.9:5060>", "<sip:bob@192.0.2.9:5061>", "<sips:bob@192.0.2.9:5060>",
          "<sip:bob@192.0.2.9:5060;transport=udp>", "<sip:bob@192.0.2.9:5060;maddr=192.0.2.1>",
          "<sip:192.0.2.9:5060>", "<sip:bob@198.51.100.4:40101>", "*", "garbage"}) {
        const auto out = read("200 OK", std::string("Contact: ") + other + "\r\n", plain);
        EXPECT_TRUE(out.unbound) << other;
        EXPECT_THAT(out.sentence, HasSubstr("not ours")) << other;
    }
    const auto instance = [](const char *text) {
        return read("200 OK", std::string("Contact: <sip:bob@203.0.113.1>;reg-id=2;"
                                          "expires=60;+sip.instance=") +
                                  text + "\r\n");
    };
    EXPECT_FALSE(instance("\"<urn:uuid:11111111-2222-4333-8444-555555555555>\"").unbound);
    EXPECT_FALSE(instance("\"<URN:UUID:11111111-2222-4333-8444-555555555555>\"").unbound);
    EXPECT_TRUE(instance("\"<urn:uuid:11111111-2222-4333-8444-5555555555556>\"").unbound);
}

TEST(RegisterResult, ABindingWithoutTimeIsNone)
{
    const auto out =
        read("200 OK", "Contact: <sip:bob@192.0.2.9:5060;transport=tcp>;expires=0\r\n");
    EXPECT_TRUE(out.unbound);
    EXPECT_FALSE(out.bound);
    EXPECT_THAT(out.sentence, HasSubstr("no time left"));
    EXPECT_TRUE(read("200 OK", "").unbound);
}

TEST(RegisterResult, EveryRefusalHasItsSentence)
{
    const std::tuple<const char *, const char *, const char *> kCases[] = {
        {"439 First Hop Lacks Outbound Support", "", "edge.example.test"},
        {"420 Bad Extension", "Unsupported: path\r\n", "path"},
        {"421 Extension Required", "Require: sec-agree\r\n", "sec-agree"},
        {"421 Extension Required", "Require: path, outbound\r\n", "which this REGISTER offered"},
        {"421 Extension Required", "Require: path, sec-agree\r\n", "did not offer"},
        {"421 Extension Required", "", "no Require"},
        {"420 Bad Extension", "", "no Unsupported"},
        {"423 Interval Too Brief", "Min-Expires: 4294967295\r\n", "wants 4294967295 s"},
        {"423 Interval Too Brief", "Min-Expires: 3600\r\n", "3600 s"},
        {"423 Interval Too Brief", "", "no Min-Expires"},
        {"503 Service Unavailable", "Retry-After: 120 (upgrade)\r\n", "120 s"},
        {"403 Forbidden", "Warning: 399 pbx \"account is locked\"\r\n", "account is locked"},
        {"430 Flow Failed", "", "section 11.5"},
        {"403 Forbidden", "", "does not help"},
        {"404 Not Found", "", "15 to 30 minutes"},
        {"477 Send failed", "", "could not reach the registrar"},
        {"478 Unresolvable destination", "", "could not reach the registrar"},
        {"404 Not Found", "", "address of record"},
        {"302 Moved", "Contact: <sip:other.example.test>\r\n", "other.example.test"},
    };
    for (const auto &[first, headers, words] : kCases) {
        const auto out = read(first, headers);
        EXPECT_THAT(out.sentence, HasSubstr(words)) << first;
        EXPECT_THAT(out.sentence, HasSubstr(std::string(first).substr(0, 3))) << first;
    }
    EXPECT_THAT(read("404 x", "Retry-After: 9\r\n").sentence, Not(HasSubstr("minutes")));
    EXPECT_EQ(read("503 x", "Retry-After: 120\r\n").retryAfter, 120s);
    EXPECT_EQ(read("423 x", "Min-Expires: 3600\r\n").minExpires, 3600s);
}

TEST(RegisterResult, A423TellsWhatItWantsBesideWhatWasAsked)
{
    auto asked = kAsked;
    asked.expires = 2400s;
    const auto more = read("423 Interval Too Brief", "Min-Expires: 4800\r\n", asked).sentence;
    EXPECT_THAT(more, HasSubstr("2400 s were asked for"));
    EXPECT_THAT(more, Not(HasSubstr("only for less")));
    const auto less = read("423 Interval Too Brief", "Min-Expires: 60\r\n", asked).sentence;
    EXPECT_THAT(less, HasSubstr("wants 60 s at least, and this REGISTER asked for 2400 s"));
    EXPECT_THAT(less, HasSubstr("only for less"));
}

TEST(RegisterResult, AnOfferedKeepThatCameBackEmptyIsNoAgreement)
{
    const std::string text = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.9;keep;rport=9\r\n"
                             "CSeq: 1 REGISTER\r\n\r\n";
    EXPECT_FALSE(readRegisterResult(*sip::parse(text), kAsked).keep.has_value());
    EXPECT_EQ(readRegisterResult(*sip::parse(text), kAsked).mapped.text(), "192.0.2.9:9");
}

TEST(StunAnswers, AreReadAndBrokenOnesAreNot)
{
    std::string transaction;
    const auto request = engine::stunRequest(transaction);
    EXPECT_EQ(request.size(), 20U);
    EXPECT_TRUE(engine::isStun(request));
    EXPECT_FALSE(engine::readStun(request).has_value()); // a request is no answer
    const std::string head = std::string("\x01\x01\x00\x0c\x21\x12\xA4\x42", 8) + transaction;
    const std::string address("\x00\x20\x00\x08\x00\x01\xA1\x47\xE1\x12\xA6\x43", 12);
    const auto good = engine::readStun(head + address);
    ASSERT_TRUE(good.has_value());
    EXPECT_TRUE(good->success);
    EXPECT_EQ(good->transaction, transaction);
    EXPECT_EQ(good->mapped.text(), "192.0.2.1:32853"); // the address of RFC 5769's samples
    for (std::size_t length = 0; length < head.size() + address.size(); ++length)
        EXPECT_FALSE(engine::readStun((head + address).substr(0, length)).has_value()) << length;
    const auto refused =
        engine::readStun(std::string("\x01\x11\x00\x08\x21\x12\xA4\x42", 8) + transaction +
                         std::string("\x00\x09\x00\x04\0\0\x04\x14", 8));
    ASSERT_TRUE(refused.has_value());
    EXPECT_FALSE(refused->success);
    EXPECT_EQ(refused->error, 420);
}

} // namespace
