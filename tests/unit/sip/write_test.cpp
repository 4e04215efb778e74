// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sip/write.h>

#include "texts.h"

using namespace sip;

TEST(Writer, WritesWhatTheParserReads)
{
    const auto text = Writer::request("OPTIONS", "sip:a@b")
                          .header("Via", "SIP/2.0/TCP h;branch=z9hG4bK1")
                          .header("From", "<sip:x@y>;tag=1")
                          .header("To", "<sip:a@b>")
                          .header("Call-ID", "c")
                          .header("CSeq", "1 OPTIONS")
                          .header("Max-Forwards", "70")
                          .body("text/plain", "hello\r\n")
                          .text();
    const auto message = parse(text);
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->flaws.empty());
    EXPECT_EQ(message->body, "hello\r\n");
    EXPECT_EQ(message->value(HeaderId::ContentType), "text/plain");
    EXPECT_EQ(message->number(HeaderId::ContentLength), 7U);
}

TEST(Writer, NothingCanBreakOutOfItsLine)
{
    const std::string evil = "x\r\nInjected: yes\r\n\r\nbody\n\rX";
    const auto text = Writer::request(evil, evil)
                          .header(evil, evil)
                          .header("Subject", evil)
                          .body(evil, "b")
                          .text();
    std::size_t lines = 0;
    for (std::size_t at = text.find("\r\n"); at != std::string::npos;
         at = text.find("\r\n", at + 2))
        ++lines;
    EXPECT_EQ(lines, 6U) << text; // start line, two headers, type, length, blank
    EXPECT_EQ(text.find("\nInjected"), std::string::npos);
    const auto answer =
        Writer::response(200, evil).header("Subject", std::string_view("n\0l", 3)).text();
    const auto message = parse(answer);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->headers.size(), 2U);
    EXPECT_EQ(message->value(HeaderId::Subject), "n l");
}

TEST(Writer, ContentLengthIsAlwaysItsOwn)
{
    const auto text = Writer::response(200, "")
                          .header("Content-Length", "999")
                          .header("l", "7")
                          .body("a/b", "xyz")
                          .text();
    const auto message = parse(text);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->values(HeaderId::ContentLength), (std::vector<std::string_view>{"3"}));
    EXPECT_EQ(message->reason, "OK");
}

TEST(Writer, AResponseCopiesWhatRfc3261Says)
{
    const auto request =
        parse(texts::with("Max-Forwards", "Via: SIP/2.0/TCP low;branch=z9hG4bK0\r\nRecord-Route: "
                                          "<sip:p1;lr>,\r\n <sip:p2;lr>\r\nMax-Forwards"));
    ASSERT_TRUE(request);
    const auto ringing = responseTo(*request, 180, "", "t1").text();
    const auto message = parse(ringing);
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->flaws.empty());
    EXPECT_EQ(message->status, 180);
    EXPECT_EQ(message->reason, "Ringing");
    EXPECT_EQ(message->toTag(), "t1");
    EXPECT_EQ(message->values(HeaderId::Via).size(), 2U);
    EXPECT_EQ(message->branch(), "z9hG4bKa1");
    EXPECT_EQ(message->values(HeaderId::RecordRoute).size(), 2U);
    EXPECT_EQ(message->cseq().number, 7U);
    EXPECT_EQ(message->find(HeaderId::Contact), nullptr);

    const auto trying = responseTo(*request, 100, "Hm", "").text();
    EXPECT_EQ(parse(trying)->toTag(), "");
    EXPECT_EQ(parse(trying)->find(HeaderId::RecordRoute), nullptr);
    const auto busy = responseTo(*request, 486, "", "t1").text();
    EXPECT_EQ(parse(busy)->find(HeaderId::RecordRoute), nullptr);
}

TEST(Writer, AnExistingToTagStays)
{
    const auto request =
        parse(texts::with("To: <sip:bob@example.test>", "To: <sip:bob@example.test>;tag=old"));
    const auto text = responseTo(*request, 200, "", "new").text();
    EXPECT_EQ(parse(text)->toTag(), "old");
}
