// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sip/message.h>

#include "texts.h"

using namespace sip;
using texts::kInvite;

TEST(Message, ReadsARequest)
{
    const auto message = parse(kInvite);
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->flaws.empty());
    EXPECT_TRUE(message->isRequest());
    EXPECT_EQ(message->method, Method::Invite);
    EXPECT_EQ(message->methodText, "INVITE");
    EXPECT_EQ(message->requestUri, "sip:bob@example.test");
    EXPECT_EQ(message->startLine, "INVITE sip:bob@example.test SIP/2.0");
    EXPECT_EQ(message->callId(), "c1@192.0.2.1");
    EXPECT_EQ(message->fromTag(), "f1");
    EXPECT_EQ(message->toTag(), "");
    EXPECT_EQ(message->branch(), "z9hG4bKa1");
    EXPECT_EQ(message->cseq().number, 7U);
    EXPECT_EQ(message->cseq().method, Method::Invite);
    EXPECT_EQ(message->number(HeaderId::MaxForwards), 70U);
    EXPECT_EQ(message->body, "v=0\r\n");
    EXPECT_EQ(message->sdp(), "v=0\r\n");
    EXPECT_EQ(message->headers.size(), 9U);
}

TEST(Message, ReadsAResponse)
{
    const auto message = parse("SIP/2.0 183 Session  Progress!\r\n"
                               "Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
                               "To: <sip:c@d>;tag=xyz\r\nCall-ID: q\r\nCSeq: 2 UPDATE\r\n\r\n");
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->flaws.empty());
    EXPECT_FALSE(message->isRequest());
    EXPECT_EQ(message->status, 183);
    EXPECT_EQ(message->reason, "Session  Progress!");
    EXPECT_EQ(message->method, Method::Update);
    EXPECT_EQ(message->toTag(), "xyz");
    EXPECT_TRUE(message->requestUri.empty());
}

TEST(Message, AnEmptyReasonIsLegal)
{
    const auto message = parse(texts::with("INVITE sip:bob@example.test SIP/2.0", "SIP/2.0 100 "));
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->flaws.empty());
    EXPECT_EQ(message->reason, "");
}

TEST(Message, CompactFormsAreTheirLongOnes)
{
    const auto message = parse(
        "OPTIONS sip:x@y SIP/2.0\r\nv: SIP/2.0/TCP h;branch=z9hG4bKq\r\nf: <sip:a@b>;tag=t\r\n"
        "t: <sip:x@y>\r\ni: id\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 1\r\nm: <sip:a@h>\r\n"
        "c: text/plain\r\nk: path, outbound\r\no: reg\r\ns: hello\r\nr: <sip:r@r>\r\n"
        "b: <sip:b@b>\r\nx: 90\r\ne: gzip\r\nl: 0\r\n\r\n");
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->flaws.empty());
    EXPECT_EQ(message->callId(), "id");
    EXPECT_TRUE(message->lists(HeaderId::Supported, "OUTBOUND"));
    EXPECT_FALSE(message->lists(HeaderId::Supported, "out"));
    for (const auto id :
         {HeaderId::Event, HeaderId::Subject, HeaderId::ReferTo, HeaderId::ReferredBy,
          HeaderId::SessionExpires, HeaderId::ContentEncoding, HeaderId::ContentLength,
          HeaderId::ContentType, HeaderId::Contact, HeaderId::Via})
        EXPECT_NE(message->find(id), nullptr) << headerText(id);
    EXPECT_EQ(message->find("call-id")->name, "i");
}

TEST(Message, HeaderNamesAreReadWithoutRegardToCase)
{
    for (int i = 1; i <= static_cast<int>(HeaderId::Replaces); ++i) {
        const auto id = static_cast<HeaderId>(i);
        std::string name(headerText(id));
        ASSERT_FALSE(name.empty());
        EXPECT_EQ(headerIdOf(name), id);
        for (char &c : name)
            c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        EXPECT_EQ(headerIdOf(name), id);
    }
    EXPECT_EQ(headerIdOf(""), HeaderId::Other);
    EXPECT_EQ(headerIdOf("X-Via"), HeaderId::Other);
    EXPECT_EQ(headerText(HeaderId::Other), "");
}

TEST(Message, MethodsAreCaseSensitive)
{
    EXPECT_EQ(methodOf("INVITE"), Method::Invite);
    EXPECT_EQ(methodOf("invite"), Method::Unknown);
    EXPECT_EQ(methodText(Method::Prack), "PRACK");
    EXPECT_EQ(methodText(Method::Unknown), "");
    const auto message = parse(texts::with("INVITE sip", "Ping.1 sip"));
    ASSERT_TRUE(message);
    EXPECT_EQ(message->method, Method::Unknown);
    EXPECT_EQ(message->methodText, "Ping.1");
}

TEST(Message, FoldedLinesBelongToTheirHeader)
{
    const auto message = parse(texts::with("To: <sip:bob@example.test>",
                                           "To:\r\n <sip:bob@example.test>\r\n\t ;tag\r\n   = t9"));
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->flaws.empty());
    EXPECT_EQ(message->toTag(), "t9");
    EXPECT_EQ(message->find(HeaderId::To)->line.substr(0, 5), "To:\r\n");
    EXPECT_EQ(message->find(HeaderId::To)->line.back(), '9');
    EXPECT_EQ(message->headers.size(), 9U);
}

TEST(Message, SpacesAroundTheColonAreLegal)
{
    const auto message = parse(texts::with("Max-Forwards: 70", "Max-Forwards \t :70  "));
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->flaws.empty());
    EXPECT_EQ(message->number(HeaderId::MaxForwards), 70U);
}

TEST(Message, CommasSplitOnlyWhereTheySeparate)
{
    auto text =
        texts::with("Contact: <sip:alice@192.0.2.1:5060>",
                    "Contact: \"Smith, \\\"J, r\" <sip:a,b@h>;q=0.1 , <sip:c@h>,\r\n <sip:d@h>\r\n"
                    "m: sip:e@h;expires=3");
    const auto message = parse(text);
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->flaws.empty());
    const auto contacts = message->values(HeaderId::Contact);
    ASSERT_EQ(contacts.size(), 4U);
    EXPECT_EQ(contacts[0], "\"Smith, \\\"J, r\" <sip:a,b@h>;q=0.1");
    EXPECT_EQ(contacts[1], "<sip:c@h>");
    EXPECT_EQ(contacts[2], "<sip:d@h>");
    EXPECT_EQ(contacts[3], "sip:e@h;expires=3");
}

TEST(Message, RepeatedListHeadersAreOneList)
{
    const auto message =
        parse(texts::withHeader("Supported: path\r\nRequire: a\r\nSupported:outbound,100rel"));
    ASSERT_TRUE(message);
    EXPECT_EQ(message->values(HeaderId::Supported),
              (std::vector<std::string_view>{"path", "outbound", "100rel"}));
    EXPECT_TRUE(message->lists(HeaderId::Supported, "100REL"));
}

TEST(Message, CredentialsAreNotSplitAtCommas)
{
    const auto message =
        parse(texts::withHeader("WWW-Authenticate: Digest realm=\"a\", nonce=\"b\"\r\n"
                                "WWW-Authenticate: Digest realm=\"c\", algorithm=MD5"));
    ASSERT_TRUE(message);
    const auto values = message->values(HeaderId::WwwAuthenticate);
    ASSERT_EQ(values.size(), 2U);
    EXPECT_EQ(values[0], "Digest realm=\"a\", nonce=\"b\"");
}

TEST(Message, BranchIsTheTopVias)
{
    const auto message =
        parse(texts::with("Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa1;rport",
                          "Via: SIP/2.0/UDP p;branch=z9hG4bKtop, SIP/2.0/UDP q;branch=z9hG4bKlow"));
    ASSERT_TRUE(message);
    EXPECT_EQ(message->branch(), "z9hG4bKtop");
    EXPECT_EQ(message->values(HeaderId::Via).size(), 2U);
}

TEST(Message, ParametersStandOutsideQuotesAndBrackets)
{
    EXPECT_EQ(parameter("\"a;tag=no\" <sip:x;tag=no>; TAG = yes ;q", "tag"), "yes");
    EXPECT_EQ(parameter("<sip:x>;ob", "ob"), "");
    EXPECT_EQ(parameter("<sip:x>;ob", "o"), std::nullopt);
    EXPECT_EQ(parameter("<sip:x>;+sip.instance=\"<urn:uuid:1;2>\";reg-id=1", "reg-id"), "1");
    EXPECT_EQ(parameter("<sip:x>;+sip.instance=\"<urn:uuid:1;2>\"", "+sip.instance"),
              "\"<urn:uuid:1;2>\"");
    EXPECT_EQ(parameter("", "a"), std::nullopt);
    EXPECT_EQ(parameter(";", ""), "");
    EXPECT_EQ(parameter("\"open <sip:x>;tag=1", "tag"), "1");
    EXPECT_EQ(parameter("<sip:x;tag=1", "tag"), "1");
    EXPECT_EQ(unquoted(" \"a b\" "), "a b");
    EXPECT_EQ(unquoted("\""), "\"");
    EXPECT_EQ(unquoted("\"\""), "");
}

TEST(Message, LeadingLineEndsAreSkipped)
{
    const std::string text = "\r\n\r\n" + kInvite;
    const auto message = parse(text);
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->flaws.empty());
    EXPECT_EQ(message->text.data(), text.data() + 4);
}

TEST(Message, WhatIsNoSipIsNotRecognised)
{
    for (const std::string_view text :
         {"", "\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "hello world",
          "SIP/2.0", "SIP/2.0 ", "SIP/2.0 abc", "SIP/x.0 200 OK", "INVITE", "INVITE sip:x",
          "IN(VITE sip:x SIP/2.0\r\n", " INVITE sip:x SIP/2.0", "\x80\x00\x12\x34 sip:x SIP/2.0",
          "FOO SIP/2.0", "REGISTER sip:x RTSP/1.0\r\n",
          "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\n"}) {
        EXPECT_FALSE(parse(text)) << text;
        EXPECT_FALSE(looksLikeSip(text)) << text;
    }
    EXPECT_TRUE(looksLikeSip(kInvite));
    EXPECT_TRUE(looksLikeSip("sip/2.0 200"));
}

TEST(Message, ContentLengthDecidesWhereTheBodyEnds)
{
    const auto shorter = parse(texts::with("Content-Length: 5", "Content-Length: 3"));
    ASSERT_TRUE(shorter);
    EXPECT_EQ(shorter->body, "v=0");
    EXPECT_EQ(texts::span(*shorter, FlawCode::ContentLengthTooShort), "\r\n");

    const auto longer = parse(texts::with("Content-Length: 5", "Content-Length: 6"));
    ASSERT_TRUE(longer);
    EXPECT_EQ(longer->body, "v=0\r\n");
    EXPECT_EQ(texts::span(*longer, FlawCode::ContentLengthTooLong), "6");

    const auto none = parse(texts::with("Content-Length: 5\r\n", ""));
    ASSERT_TRUE(none);
    EXPECT_EQ(none->body, "v=0\r\n");
    EXPECT_TRUE(none->flaws.empty());
}

TEST(Message, NumbersHaveABound)
{
    const auto message = parse(texts::withHeader(
        "Expires: 4294967295\r\nMin-Expires: 4294967296\r\nRetry-After: 5 (soon);duration=9"));
    ASSERT_TRUE(message);
    EXPECT_EQ(message->number(HeaderId::Expires), 4294967295U);
    EXPECT_EQ(message->number(HeaderId::MinExpires), std::nullopt);
    EXPECT_EQ(message->number(HeaderId::RetryAfter), 5U);
    EXPECT_EQ(message->number(HeaderId::RSeq), std::nullopt);
    EXPECT_EQ(texts::count(*message, FlawCode::BadNumber), 1);
}
