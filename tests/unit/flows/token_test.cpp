// SPDX-License-Identifier: Apache-2.0
#include "token_writer.h"

#include <base/text.h>
#include <flows/flow.h>
#include <gtest/gtest.h>

namespace {

flows::FlowToken token(const char *edge, const char *userAgent, base::Transport transport)
{
    return {transport, *base::Endpoint::parse(edge), *base::Endpoint::parse(userAgent)};
}

TEST(FlowToken, IsReadFromTheBytesOfATokenOfTwentyThreeOctets)
{
    const std::string bytes = std::string("0123456789") + "\x02" +
                              std::string("\xC0\x00\x02\x05\x13\xC4", 6) +
                              std::string("\xCB\x00\x71\x07\x87\x07", 6);
    const auto read = flows::decodeToken(base::base64(bytes));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->transport, base::Transport::Tcp);
    EXPECT_EQ(read->edge.text(), "192.0.2.5:5060");
    EXPECT_EQ(read->userAgent.text(), "203.0.113.7:34567");
}

TEST(FlowToken, IsWrittenAndReadAlike)
{
    for (const auto transport :
         {base::Transport::Udp, base::Transport::Tcp, base::Transport::Tls, base::Transport::Sctp,
          base::Transport::Ws, base::Transport::Wss}) {
        const auto four = token("192.0.2.5:5060", "203.0.113.7:34567", transport);
        const auto six = token("[2001:db8::5]:5061", "[2001:db8::7]:1", transport);
        for (const auto &one : {four, six}) {
            const auto text =
                flows_test::encodeToken(one, "\xFF\xFE\xFD\xFC\xFB\xFA\xF9\xF8\xF7\xF6");
            EXPECT_EQ(base::fromBase64(text)->size(), one.edge.address.family == 4 ? 23U : 47U);
            const auto read = flows::decodeToken(text);
            ASSERT_TRUE(read);
            EXPECT_EQ(read->transport, transport);
            EXPECT_EQ(read->edge, one.edge);
            EXPECT_EQ(read->userAgent, one.userAgent);
        }
    }
}

TEST(FlowToken, MayBeEscapedInAUri)
{
    const auto one = token("192.0.2.5:5060", "203.0.113.7:34567", base::Transport::Tls);
    std::string text = flows_test::encodeToken(one, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF");
    ASSERT_NE(text.find('/'), std::string::npos);
    std::string escaped;
    for (const char c : text)
        escaped += c == '/' ? "%2F" : c == '+' ? "%2b" : c == '=' ? "%3D" : std::string(1, c);
    const auto read = flows::decodeToken(escaped);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->userAgent, one.userAgent);
}

TEST(FlowToken, IsOpaqueWhenItIsAnythingElse)
{
    EXPECT_FALSE(flows::decodeToken(""));
    EXPECT_FALSE(flows::decodeToken("bob"));
    EXPECT_FALSE(flows::decodeToken("not base64 at all!"));
    EXPECT_FALSE(flows::decodeToken(base::base64(std::string(23, '\0')))) << "transport 0 is none";
    EXPECT_FALSE(flows::decodeToken(base::base64(std::string(23, '\x09'))));
    EXPECT_FALSE(flows::decodeToken(base::base64(std::string(24, '\x01'))));
    std::string noPort(23, '\x01');
    noPort[21] = noPort[22] = '\0';
    EXPECT_FALSE(flows::decodeToken(base::base64(noPort)));
    EXPECT_FALSE(flows::decodeToken(std::string(100'000, 'A')));
    EXPECT_FALSE(flows::decodeToken("%2"));
}

} // namespace
