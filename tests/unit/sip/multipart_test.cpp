// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sip/message.h>

#include "texts.h"

using namespace sip;

namespace {

std::string multipart(std::string_view boundary, std::string_view body)
{
    auto text = texts::with("application/sdp", "multipart/mixed;boundary=" + std::string(boundary));
    text = texts::with("Content-Length: 5\r\n", "", text);
    return texts::with("v=0\r\n", body, text);
}

// `depth` multiparts, one in the other, with an SDP in the innermost.
std::string nested(int depth)
{
    std::string body = "Content-Type: application/sdp\r\n\r\nv=0\r\n";
    for (int i = depth; i > 1; --i) {
        const auto name = "b" + std::to_string(i);
        body = "Content-Type: multipart/mixed;boundary=" + name + "\r\n\r\n--" + name + "\r\n" +
               body + "\r\n--" + name + "--\r\n";
    }
    return "--b1\r\n" + body + "\r\n--b1--\r\n";
}

} // namespace

TEST(Multipart, FindsTheSdpPart)
{
    const auto text = multipart(
        "\"x y\"",
        "preamble\r\n--x y\r\nContent-Type: application/isup\r\n\r\n\x01\x02\r\n"
        "--x y\r\nc: Application/SDP ; q=1\r\nContent-Disposition: session\r\n\r\nv=0\r\ns=-\r\n"
        "--x y--\r\nepilogue");
    const auto message = parse(text);
    ASSERT_TRUE(message);
    EXPECT_TRUE(message->flaws.empty());
    const auto found = parts(*message);
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].contentType, "application/isup");
    EXPECT_EQ(found[0].body, "\x01\x02");
    EXPECT_EQ(found[1].disposition, "session");
    EXPECT_EQ(message->sdp(), "v=0\r\ns=-");
}

TEST(Multipart, EarlySessionIsNotTheSession)
{
    const auto text = multipart("b", "--b\r\nContent-Type: application/sdp\r\nContent-Disposition: "
                                     "early-session\r\n\r\nv=early\r\n"
                                     "--b\r\nContent-Type: application/sdp\r\n\r\nv=main\r\n--b--");
    const auto message = parse(text);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->sdp(), "v=main");
    const auto alone = parse(
        texts::with("Content-Length",
                    "Content-Disposition: early-session;handling=optional\r\nContent-Length"));
    EXPECT_EQ(alone->sdp(), "");
}

TEST(Multipart, CompressedBodiesAreNotRead)
{
    const auto message =
        parse(texts::with("Content-Length", "Content-Encoding: gzip\r\nContent-Length"));
    ASSERT_TRUE(message);
    EXPECT_EQ(message->sdp(), "");
    EXPECT_EQ(message->body, "v=0\r\n");
}

TEST(Multipart, BrokenOnesGiveWhatThereIs)
{
    for (const std::string_view body :
         {"--b\r\nContent-Type: application/sdp\r\n\r\nv=0", "no delimiter", "--b--\r\n", "--b"}) {
        const auto text = multipart("b", body);
        const auto message = parse(text);
        ASSERT_TRUE(message);
        EXPECT_TRUE(texts::has(*message, FlawCode::BadMultipart)) << body;
    }
    const auto open = multipart("b", "--b\r\nContent-Type: application/sdp\r\n\r\nv=0");
    EXPECT_EQ(parse(open)->sdp(), "v=0");
    const auto emptyPart = multipart("b", "--b\r\n--b--");
    EXPECT_EQ(parts(*parse(emptyPart)).size(), 1U);
    const auto endless = multipart(std::string(200, 'b'), "--b\r\n\r\n--b--");
    EXPECT_TRUE(texts::has(*parse(endless), FlawCode::BadMultipart));
}

TEST(Multipart, NestingAndNumberAreBounded)
{
    const auto four = multipart("b1", nested(4));
    EXPECT_TRUE(parse(four)->flaws.empty());
    EXPECT_EQ(parse(four)->sdp(), "v=0\r\n");
    const auto five = multipart("b1", nested(5));
    EXPECT_TRUE(texts::has(*parse(five), FlawCode::BadMultipart));
    EXPECT_TRUE(parse(five)->sdp().empty());

    std::string many;
    for (int i = 0; i < 40; ++i)
        many += "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n";
    const auto text = multipart("b", many + "--b--");
    EXPECT_EQ(parts(*parse(text)).size(), 32U);
    EXPECT_TRUE(texts::has(*parse(text), FlawCode::BadMultipart));
}

TEST(Multipart, ABodyOfOneTypeHasNoParts)
{
    EXPECT_TRUE(parts(*parse(texts::kInvite)).empty());
}
