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

/// As reSIProcate writes it: words of the machine's order, the address, digits of a digest.
std::string resiprocate(bool bigEndian, std::uint32_t facts, const std::string &address,
                        bool nameSpace = false)
{
    std::string bytes;
    std::vector<std::uint32_t> words{17, 3, facts};
    if (nameSpace)
        words.push_back(0);
    for (const std::uint32_t word : words)
        for (unsigned i = 0; i < 4; ++i)
            bytes += static_cast<char>(word >> (bigEndian ? 24 - 8 * i : 8 * i));
    return base::base64(bytes + address + "0123456789abcdef0123456789abcdef");
}

TEST(FlowToken, OfReSIProcateIsReadInEitherByteOrder)
{
    constexpr std::uint32_t kTcp = 34567U << 16U | 2U << 8U | 0x10U; // of an existing connection
    const std::string four("\xCB\x00\x71\x07", 4);
    for (const bool bigEndian : {false, true}) {
        for (const bool nameSpace : {false, true}) {
            const auto read = flows::decodeToken(resiprocate(bigEndian, kTcp, four, nameSpace));
            ASSERT_TRUE(read) << bigEndian << nameSpace;
            EXPECT_EQ(read->layout, flows::TokenLayout::Resiprocate);
            EXPECT_EQ(read->transport, base::Transport::Tcp);
            EXPECT_EQ(read->userAgent.text(), "203.0.113.7:34567");
            EXPECT_FALSE(read->edge.known());
        }
    }
    const std::string six = std::string("\x20\x01\x0d\xb8", 4) + std::string(11, '\0') + '\x07';
    const auto read = flows::decodeToken(resiprocate(false, 5061U << 16U | 1U << 8U | 0x01U, six));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->transport, base::Transport::Tls);
    EXPECT_EQ(read->userAgent.text(), "[2001:db8::7]:5061");
}

TEST(FlowToken, ThatOnlyResemblesReSIProcatesIsOpaque)
{
    const std::string four("\xCB\x00\x71\x07", 4);
    const auto with = [&](std::uint32_t facts) { return resiprocate(false, facts, four); };
    EXPECT_TRUE(flows::decodeToken(with(1U << 16U | 3U << 8U)));
    EXPECT_FALSE(flows::decodeToken(with(3U << 8U))) << "no port";
    EXPECT_FALSE(flows::decodeToken(with(1U << 16U))) << "no transport";
    EXPECT_FALSE(flows::decodeToken(with(1U << 16U | 9U << 8U))) << "no such transport";
    EXPECT_FALSE(flows::decodeToken(with(1U << 16U | 3U << 8U | 0x02U))) << "no such flag";
    EXPECT_FALSE(flows::decodeToken(with(1U << 16U | 3U << 8U | 0x01U))) << "IPv6 of four octets";
    std::string bytes = *base::fromBase64(with(1U << 16U | 3U << 8U));
    bytes.back() = 'G';
    EXPECT_FALSE(flows::decodeToken(base::base64(bytes))) << "no digest";
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
