// SPDX-License-Identifier: Apache-2.0
// What rules read of a row, as the session files it: with the digest that says whether the message
// is flawless.
#include <base/packet.h>
#include <calls/call_book.h>
#include <diagnosis/evidence.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sip/digest.h>
#include <trace/trace.h>

namespace {

class Read : public testing::Test
{
protected:
    trace::RowId file(std::string_view type, std::string_view body)
    {
        base::Packet packet;
        packet.payload = base::Blob::copy(
            fmt::format("INVITE sip:bob@example.test SIP/2.0\r\n"
                        "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n"
                        "From: <sip:alice@example.test>;tag=a\r\nTo: <sip:bob@example.test>\r\n"
                        "Call-ID: c1\r\nCSeq: 1 INVITE\r\nContact: <sip:alice@192.0.2.1>\r\n"
                        "Content-Type: {}\r\nContent-Length: {}\r\n\r\n{}",
                        type, body.size(), body));
        const auto text = packet.payload.text();
        const auto message = sip::parse(text);
        EXPECT_TRUE(message && message->flaws.empty());
        sip::Digest digest = sip::digestOf(*message);
        digest.flawless = message->flaws.empty();
        const auto row = m_trace.add(trace::RowKind::Message, packet, text, digest);
        m_call = m_calls.snapshot(m_calls.add(row));
        return row;
    }
    diagnosis::Evidence evidence() const { return {*m_call, m_trace, {}, {}, {}}; }

    static std::string sdp(int port)
    {
        return fmt::format("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\n"
                           "t=0 0\r\nm=audio {} RTP/AVP 0\r\n",
                           port);
    }

private:
    trace::Trace m_trace;
    calls::CallBook m_calls{m_trace};
    std::shared_ptr<const calls::Call> m_call;
};

TEST_F(Read, TheWholeBodyWhereItIsADescription)
{
    const auto row = file("application/sdp", sdp(4000));
    const auto read = evidence();
    EXPECT_TRUE(read.describesMedia(row));
    ASSERT_EQ(read.sdp(row).media.size(), 1U);
    EXPECT_EQ(read.sdp(row).media[0].port, 4000U);
}

TEST_F(Read, OnlyThePartOfAMultipartThatDescribesTheCall)
{
    const std::string part = "--b\r\nContent-Type: application/sdp\r\n";
    const auto row = file("multipart/mixed;boundary=b",
                          part + "Content-Disposition: early-session\r\n\r\n" + sdp(5000) + "\r\n" +
                              part + "\r\n" + sdp(4000) + "\r\n--b--\r\n");
    const auto read = evidence();
    EXPECT_TRUE(read.describesMedia(row));
    ASSERT_EQ(read.sdp(row).media.size(), 1U);
    EXPECT_EQ(read.sdp(row).media[0].port, 4000U);
}

TEST_F(Read, NothingWhereOnlyAPartForLaterDescribesMedia)
{
    const std::string part = "--b\r\nContent-Type: application/sdp\r\n";
    const auto row = file("multipart/mixed;boundary=b",
                          part + "Content-Disposition: early-session\r\n\r\n" + sdp(5000) + "\r\n" +
                              part + "\r\nv=0\r\ns=-\r\n\r\n--b--\r\n");
    EXPECT_FALSE(evidence().describesMedia(row));
}

} // namespace
