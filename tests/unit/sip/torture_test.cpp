// SPDX-License-Identifier: Apache-2.0
// Legal but strange, and illegal but seen: messages in the spirit of RFC 4475, written for this
// test.
#include <gtest/gtest.h>
#include <sip/message.h>
#include <sip/uri.h>

#include "texts.h"

using namespace sip;

TEST(Torture, ShortAndTortuousButLegal)
{
    const std::string text =
        "INVITE sip:vivek@example.test;unknownparam SIP/2.0\r\n"
        "TO :\r\n sip:vivek@example.test ;   tag    = 77x\r\n"
        "from   : \"J Rosenberg \\\\\\\"\"       <sip:jd@example.test>\r\n  ;\r\n  tag = 98a\r\n"
        "MaX-fOrWaRdS: 0068\r\n"
        "Call-ID: w.i@192.0.2.1\r\n"
        "Content-Length   : 3\r\n"
        "cseq: 0009\r\n  INVITE\r\n"
        "Via  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390s\r\n"
        "s :\r\n"
        "NewFangledHeader:   newfangled value\r\n continued newfangled value\r\n"
        "UnknownHeaderWithUnusualValue: ;;,,;;,;\r\n"
        "Route:\r\n <sip:services.example.test;lr;unknown=1>\r\n"
        "v:  SIP  / 2.0  / TCP     spindle.example.test   ;\r\n  branch  =   z9hG4bK9 ,\r\n"
        " SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n z9hG4bK30\r\n"
        "m:\"Quoted string \\\"\\\"\" <sip:jd@example.test> ; newparam =\r\n      newvalue ;\r\n  "
        "secondparam ; q = 0.33\r\n"
        "\r\nabc";
    const auto message = parse(text);
    ASSERT_TRUE(message);
    // The one thing wrong on purpose: a branch of the old kind.
    ASSERT_EQ(message->flaws.size(), 1U) << flawText(message->flaws[0].code);
    EXPECT_EQ(message->flaws[0].code, FlawCode::BranchWithoutCookie);
    EXPECT_EQ(message->toTag(), "77x");
    EXPECT_EQ(message->fromTag(), "98a");
    EXPECT_EQ(message->number(HeaderId::MaxForwards), 68U);
    EXPECT_EQ(message->cseq().number, 9U);
    EXPECT_EQ(message->cseq().method, Method::Invite);
    const auto vias = message->values(HeaderId::Via);
    ASSERT_EQ(vias.size(), 3U);
    EXPECT_EQ(parseVia(vias[0]).host, "192.0.2.2");
    EXPECT_EQ(parseVia(vias[1]).host, "spindle.example.test");
    EXPECT_EQ(parseVia(vias[2]).parameter("branch"), "z9hG4bK30");
    EXPECT_EQ(parameter(message->value(HeaderId::Contact), "q"), "0.33");
    EXPECT_EQ(message->body, "abc");
}

TEST(Torture, StrangeMethodAndUser)
{
    const std::string method = "!odd-Method0123456789_*+`.%~'";
    const std::string user = "1_odd.URI~(to-be!sure)&isn't+it$/crazy?,/;;*";
    const auto text = texts::with(
        "7 INVITE", "7 " + method,
        texts::with("INVITE sip:bob@", method + " sip:" + user + ":&it+has=1,weird!*pas$@"));
    const auto message = parse(text);
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->flaws.empty());
    EXPECT_EQ(message->methodText, method);
    const auto uri = parseUri(message->requestUri);
    EXPECT_TRUE(uri.ok);
    EXPECT_EQ(uri.user, user);
    EXPECT_EQ(uri.password, "&it+has=1,weird!*pas$");
    EXPECT_EQ(uri.host, "example.test");
}

TEST(Torture, NulsAndUtf8InQuotes)
{
    const auto legal = parse(texts::with("Alice; of <A>", "\xD0\x90\xE2\x82\xAC\xF0\x9F\x93\x9E"));
    ASSERT_TRUE(legal);
    EXPECT_TRUE(legal->flaws.empty());
    for (const std::string_view broken :
         {"\xFF", "\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE2\x82", "\xF0\x8F\xBF\xBF"}) {
        const auto message = parse(texts::with("Alice; of <A>", broken));
        ASSERT_TRUE(message);
        EXPECT_TRUE(texts::has(*message, FlawCode::NotUtf8)) << broken;
    }
}

TEST(Torture, OnlyLineFeeds)
{
    std::string text = texts::kInvite;
    text.erase(std::remove(text.begin(), text.end(), '\r'), text.end());
    const auto message = parse(text);
    ASSERT_TRUE(message);
    EXPECT_EQ(texts::count(*message, FlawCode::BareLineFeed), 1);
    EXPECT_EQ(message->headers.size(), 9U);
    EXPECT_EQ(message->body, "v=0\n");
}

TEST(Torture, OnlyCarriageReturns)
{
    std::string text = texts::kInvite;
    text.erase(std::remove(text.begin(), text.end(), '\n'), text.end());
    const auto message = parse(text);
    ASSERT_TRUE(message);
    EXPECT_EQ(texts::count(*message, FlawCode::BareLineFeed), 1);
    EXPECT_EQ(message->headers.size(), 9U);
    EXPECT_EQ(message->body, "v=0\r");
}

TEST(Torture, EmptyListElementsAndStar)
{
    const auto message = parse(texts::with("Contact: <sip:alice@192.0.2.1:5060>",
                                           "Contact: *\r\nSupported: ,,a, ,\r\nSupported:"));
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->flaws.empty());
    EXPECT_EQ(message->values(HeaderId::Supported), (std::vector<std::string_view>{"a"}));
}

TEST(Torture, EveryPrefixAndEveryByteFlipIsSurvived)
{
    for (std::size_t n = 0; n <= texts::kInvite.size(); ++n) {
        const std::string prefix = texts::kInvite.substr(0, n); // a copy, so that ASan sees its end
        const auto message = parse(prefix);
        EXPECT_EQ(message.has_value(), n >= 33) << n; // "... SIP/2" can be recognised
    }
    int parsed = 0;
    for (std::size_t n = 0; n < texts::kInvite.size(); ++n)
        for (const char c : {'\0', '"', '<', '>', ',', ';', '\r', '\n', ' ', '\\', '\xFF'}) {
            std::string text = texts::kInvite;
            text[n] = c;
            const auto message = parse(text);
            if (!message)
                continue;
            ++parsed;
            for (const auto &flaw : message->flaws)
                ASSERT_LE(std::size_t{flaw.offset} + flaw.length, message->text.size());
        }
    EXPECT_GT(parsed, 1000);
}
