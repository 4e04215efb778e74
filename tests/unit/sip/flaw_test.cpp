// SPDX-License-Identifier: Apache-2.0
// Every flaw code, fired by a message that has just this fault, and quiet on a clean one.
#include <gtest/gtest.h>
#include <set>
#include <sip/message.h>

#include "texts.h"

using namespace sip;
using texts::with;
using texts::withHeader;

namespace {

struct Case {
    FlawCode code;
    std::string text;
    std::string_view span; // what the flaw points at
};

std::vector<Case> lineCases()
{
    return {
        {FlawCode::StartLine, with("INVITE sip", "INVITE  sip"),
         "INVITE  sip:bob@example.test SIP/2.0"},
        {FlawCode::StartLine, with(" SIP/2.0\r", " SIP/2.0 \r"),
         "INVITE sip:bob@example.test SIP/2.0 "},
        {FlawCode::StartLine, with(" SIP/2.0\r", " sip/2.0\r"),
         "INVITE sip:bob@example.test sip/2.0"},
        {FlawCode::StartLine, with(" SIP/2.0\r", "\tSIP/2.0\r"),
         "INVITE sip:bob@example.test\tSIP/2.0"},
        {FlawCode::BadVersion, with(" SIP/2.0\r", " SIP/7.0\r"), "SIP/7.0"},
        {FlawCode::HeaderWithoutColon, withHeader("Nonsense here"), "Nonsense here"},
        {FlawCode::EmptyHeaderName, withHeader(": value"), ": value"},
        {FlawCode::BadHeaderName, withHeader("Odd Name: value"), "Odd Name"},
        {FlawCode::BareLineFeed, with("Max-Forwards: 70\r\n", "Max-Forwards: 70\n"), "\n"},
        {FlawCode::BareLineFeed, with("Max-Forwards: 70\r\n", "Max-Forwards: 70\r"), "\r"},
        {FlawCode::ControlCharacter, withHeader("Subject: bell\x07"), "\x07"},
        {FlawCode::ControlCharacter, withHeader(std::string_view("Subject: n\0l", 12)),
         std::string_view("\0", 1)},
        {FlawCode::NotUtf8, withHeader("Subject: \xC3\x28"), "Subject: \xC3\x28"},
        {FlawCode::MissingHeader, with("Call-ID: c1@192.0.2.1\r\n", ""), ""},
        {FlawCode::RepeatedHeader, withHeader("Max-Forwards: 5"), "Max-Forwards: 70"},
        {FlawCode::BadCSeq, with("CSeq: 7 INVITE", "CSeq: seven INVITE"), "seven INVITE"},
        {FlawCode::BadCSeq, with("CSeq: 7 INVITE", "CSeq: 2147483648 INVITE"), "2147483648 INVITE"},
        {FlawCode::BadCSeq, with("CSeq: 7 INVITE", "CSeq: 7"), "7"},
        {FlawCode::BadCSeq, with("CSeq: 7 INVITE", "CSeq:"), "CSeq:"},
        {FlawCode::CSeqMethodMismatch, with("CSeq: 7 INVITE", "CSeq: 7 OPTIONS"), "OPTIONS"},
        {FlawCode::CSeqMethodMismatch, with("CSeq: 7 INVITE", "CSeq: 7 Invite"), "Invite"},
        {FlawCode::BadContentLength, with("Content-Length: 5", "Content-Length: -5"), "-5"},
        {FlawCode::BadContentLength, with("Content-Length: 5", "Content-Length: 5 5"), "5 5"},
        {FlawCode::BadContentLength, with("Content-Length: 5", "Content-Length:"),
         "Content-Length:"},
        {FlawCode::ContentLengthTooLong,
         with("Content-Length: 5", "Content-Length: 99999999999999999999999"),
         "99999999999999999999999"},
        {FlawCode::ContentLengthTooShort, texts::kInvite + "more", "more"},
    };
}

std::vector<Case> headerCases()
{
    return {
        {FlawCode::BadVia, withHeader("Via: SIP/2.0 UDP host"), "SIP/2.0 UDP host"},
        {FlawCode::BadVia, withHeader("Via: SIP/2.0/UDP"), "SIP/2.0/UDP"},
        {FlawCode::BadVia, withHeader("Via: SIP/2.0/UDP h:99999"), "SIP/2.0/UDP h:99999"},
        {FlawCode::BadVia, withHeader("Via: SIP/2.0/UDP a;branch=z9hG4bK2,,"),
         "Via: SIP/2.0/UDP a;branch=z9hG4bK2,,"},
        {FlawCode::BranchWithoutCookie, with("branch=z9hG4bKa1", "branch=1"), "1"},
        {FlawCode::BranchWithoutCookie, with(";branch=z9hG4bKa1;rport", ""),
         "SIP/2.0/UDP 192.0.2.1:5060"},
        {FlawCode::BadUri, with("INVITE sip:bob@example.test", "INVITE <sip:bob@example.test>"),
         "<sip:bob@example.test>"},
        {FlawCode::BadUri, with("INVITE sip:bob@example.test", "INVITE sip:bob@exa mple.test"),
         "sip:bob@exa mple.test"},
        {FlawCode::BadUri, with("To: <sip:bob@example.test>", "To: <bob>"), "bob"},
        {FlawCode::BadUri, with("To: <sip:bob@example.test>", "To: <sip:bob@[::1>"),
         "sip:bob@[::1"},
        {FlawCode::BadNameAddress,
         with("To: <sip:bob@example.test>", "To: \"Bob <sip:bob@example.test>"),
         "\"Bob <sip:bob@example.test>"},
        {FlawCode::BadNameAddress, with("To: <sip:bob@example.test>", "To: <sip:bob@example.test"),
         "<sip:bob@example.test"},
        {FlawCode::BadNameAddress, withHeader("Contact: <sip:a@example.test>,,"),
         "Contact: <sip:a@example.test>,,"},
        {FlawCode::BadNumber, with("Max-Forwards: 70", "Max-Forwards: 256"), "256"},
        {FlawCode::BadNumber, withHeader("Expires: soon"), "soon"},
        {FlawCode::BadNumber, withHeader("RSeq: 0"), "0"},
        {FlawCode::BadNumber, withHeader("RAck: 1 INVITE"), "1 INVITE"},
        {FlawCode::BadNumber, withHeader("Flow-Timer: -1"), "-1"},
        {FlawCode::BadNumber, withHeader("Min-SE: 90 x"), "90 x"},
        {FlawCode::NoBlankLine, texts::kInvite.substr(0, texts::kInvite.size() - 7), ""},
        {FlawCode::BadMultipart, with("application/sdp", "multipart/mixed"), "v=0\r\n"},
    };
}

std::vector<Case> requestCases()
{
    auto out = lineCases();
    for (auto &one : headerCases())
        out.push_back(std::move(one));
    return out;
}

} // namespace

TEST(Flaw, EachFiresOnItsFaultAndPointsAtIt)
{
    const auto clean = parse(texts::kInvite);
    ASSERT_TRUE(clean && clean->flaws.empty());
    for (const Case &one : requestCases()) {
        const auto message = parse(one.text);
        ASSERT_TRUE(message) << one.text;
        EXPECT_EQ(texts::span(*message, one.code), one.span) << flawText(one.code) << "\n"
                                                             << one.text;
    }
}

TEST(Flaw, EveryCodeHasAnExampleTextAndSection)
{
    std::set<FlawCode> seen{FlawCode::BadStatusCode, FlawCode::TooManyHeaders,
                            FlawCode::ValueTooLong, FlawCode::TooLarge}; // their own tests below
    for (const Case &one : requestCases())
        seen.insert(one.code);
    for (int i = 0; i <= static_cast<int>(FlawCode::BadHeaderName); ++i) {
        const auto code = static_cast<FlawCode>(i);
        EXPECT_EQ(seen.count(code), 1U) << i;
        EXPECT_FALSE(flawText(code).empty()) << i;
        EXPECT_EQ(flawSection(code).substr(0, 4), "RFC ") << i;
    }
    EXPECT_TRUE(flawText(static_cast<FlawCode>(200)).empty());
}

TEST(Flaw, StatusCodesThatCannotBe)
{
    for (const auto &[line, status] :
         std::vector<std::pair<std::string, int>>{{"SIP/2.0 700 x", 700},
                                                  {"SIP/2.0 099 x", kUnreadableStatus},
                                                  {"SIP/2.0 000 x", kUnreadableStatus},
                                                  {"SIP/2.0 20 x", kUnreadableStatus},
                                                  {"SIP/2.0 4294967301 better", kUnreadableStatus},
                                                  {"SIP/2.0 2OO x", kUnreadableStatus}}) {
        const auto text = with("INVITE sip:bob@example.test SIP/2.0", line);
        const auto message = parse(text);
        ASSERT_TRUE(message) << line;
        EXPECT_TRUE(texts::has(*message, FlawCode::BadStatusCode)) << line;
        EXPECT_EQ(message->status, status) << line;
        EXPECT_FALSE(message->isRequest());
    }
    const auto bare = parse(with("INVITE sip:bob@example.test SIP/2.0", "SIP/2.0 486"));
    EXPECT_EQ(bare->status, 486);
    EXPECT_TRUE(texts::has(*bare, FlawCode::StartLine));
}

TEST(Flaw, MissingHeadersAreNamed)
{
    const auto message = parse("INVITE sip:a@b SIP/2.0\r\n\r\n");
    ASSERT_TRUE(message);
    std::set<HeaderId> missing;
    for (const auto &flaw : message->flaws)
        if (flaw.code == FlawCode::MissingHeader)
            missing.insert(flaw.header);
    EXPECT_EQ(missing,
              (std::set<HeaderId>{HeaderId::Via, HeaderId::From, HeaderId::To, HeaderId::CallId,
                                  HeaderId::CSeq, HeaderId::MaxForwards, HeaderId::Contact}));
    const auto answer = parse("SIP/2.0 200 OK\r\n\r\n");
    EXPECT_EQ(texts::count(*answer, FlawCode::MissingHeader), 5);
}

TEST(Flaw, CapsCutAndSay)
{
    Limits limits;
    limits.headers = 9;
    limits.value = 40;
    std::string text = withHeader("Subject: " + std::string(100, 's'));
    const auto capped = parse(text, limits);
    ASSERT_TRUE(capped);
    EXPECT_EQ(capped->headers.size(), 9U);
    EXPECT_TRUE(texts::has(*capped, FlawCode::TooManyHeaders));
    EXPECT_TRUE(texts::has(*capped, FlawCode::ValueTooLong));
    EXPECT_EQ(capped->value(HeaderId::Subject), std::string(40, 's'));
    EXPECT_EQ(capped->body, "v=0\r\n") << "the body is found although a header was left out";

    limits = {};
    limits.message = 120;
    const auto cut = parse(text, limits);
    ASSERT_TRUE(cut);
    EXPECT_EQ(cut->text.size(), 120U);
    EXPECT_TRUE(texts::has(*cut, FlawCode::TooLarge));
    EXPECT_TRUE(texts::has(*cut, FlawCode::NoBlankLine));
}

TEST(Flaw, OneKindIsKeptOnlySoOften)
{
    std::string lines;
    for (int i = 0; i < 300; ++i)
        lines += "junk\r\n";
    const auto message = parse(with("Max-Forwards", lines + "Max-Forwards"));
    ASSERT_TRUE(message);
    EXPECT_EQ(texts::count(*message, FlawCode::HeaderWithoutColon), 16);
    EXPECT_EQ(message->headers.size(), 309U);
}

TEST(Flaw, LinesThatAreNoHeadersStayVisible)
{
    const auto message = parse(withHeader("no colon at all"));
    ASSERT_TRUE(message);
    EXPECT_EQ(message->headers[1].name, "");
    EXPECT_EQ(message->headers[1].value, "no colon at all");
    const auto folded = parse(with("Via:", " folded first\r\nVia:"));
    ASSERT_TRUE(folded);
    EXPECT_EQ(texts::span(*folded, FlawCode::HeaderWithoutColon), " folded first");
    EXPECT_EQ(folded->headers.size(), 9U);
}
