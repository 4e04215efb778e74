// SPDX-License-Identifier: Apache-2.0
// A peer with one media socket for all its calls.
#include "talk.h"

using namespace talk;
using diagnosis::Certainty;

namespace {

std::string described(const base::Endpoint &media, std::string_view protocol,
                      std::string_view attributes)
{
    return fmt::format("v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\n"
                       "m=audio {1} {2} 0 101\r\na=rtpmap:101 telephone-event/8000\r\n{3}",
                       media.address.text(), media.port, protocol, attributes);
}

std::string voice(int number, std::uint32_t ssrc = 7)
{
    return support::rtp(static_cast<std::uint16_t>(number),
                        static_cast<std::uint32_t>(number) * 160U, ssrc, std::string(160, '\x10'));
}

TEST(Media, aPeerMayServeSeveralCallsFromOneSocket)
{
    std::vector<base::Packet> packets;
    const base::Endpoint ends[] = {support::endpoint("192.0.2.1:40000"),
                                   support::endpoint("192.0.2.1:40002")};
    for (const int call : {0, 1}) {
        const std::string id = call == 0 ? "one" : "two";
        packets.push_back(datagram(at(call), kCaller, kCallee,
                                   message("INVITE sip:b@example.test SIP/2.0", "1 INVITE", id, "",
                                           described(ends[call], "RTP/AVP", ""))));
        packets.push_back(datagram(at(10 + call), kCallee, kCaller,
                                   message("SIP/2.0 200 OK", "1 INVITE", id, "to",
                                           described(kCalleeMedia, "RTP/AVP", ""))));
    }
    for (int i = 0; i < 10; ++i) {
        for (const int call : {0, 1}) { // one SSRC, as of a server that counts its calls
            packets.push_back(datagram(at(40 + 20 * i), kCalleeMedia, ends[call], voice(i)));
            packets.push_back(datagram(at(41 + 20 * i), ends[call], kCalleeMedia, voice(i, 9)));
        }
    }
    const auto session = open(false);
    push(*session, packets);
    ASSERT_TRUE(session->settle(kLimit));
    const auto calls = session->calls();
    ASSERT_EQ(calls.size(), 2U);
    for (const auto &view : calls) {
        const auto &own = ends[view->call->callId.substr(0, 3) == "one" ? 0 : 1];
        EXPECT_EQ(view->streams.size(), 2U);
        for (const auto &bound : view->streams) {
            EXPECT_TRUE(bound.stream->source == own || bound.stream->destination == own);
            EXPECT_EQ(bound.certainty, Certainty::Exact);
        }
    }
}

} // namespace
