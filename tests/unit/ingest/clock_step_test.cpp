// SPDX-License-Identifier: Apache-2.0
// Captures of a computer whose clock was set back meanwhile, and files that look so and are not.
#include "reading.h"

#include <gmock/gmock.h>

namespace {

using reading::at;
using testing::ElementsAre;
using testing::HasSubstr;

const base::Endpoint kA = support::endpoint("192.0.2.1:5060"),
                     kB = support::endpoint("192.0.2.2:5060"),
                     kFrom = support::endpoint("192.0.2.1:4000"),
                     kTo = support::endpoint("192.0.2.2:5000");

std::string sip(std::string_view first)
{
    return std::string(first) +
           "\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKone\r\nFrom: <sip:a@x.test>;tag=a\r\n"
           "To: <sip:b@x.test>\r\nCall-ID: one\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n";
}

support::CapturedFrame frame(std::int64_t ms, const base::Endpoint &from, const base::Endpoint &to,
                             std::string_view payload)
{
    return {at(ms), support::ethernet(support::udp(from, to, payload))};
}

/// Voice from `begin` to `end`, of which a clock shows `shift` too little.
void talk(std::vector<support::CapturedFrame> &out, int begin, int end, std::int64_t shift)
{
    for (int i = begin; i < end; ++i)
        out.push_back(
            frame(20 * i - shift, kFrom, kTo,
                  support::rtp(static_cast<std::uint16_t>(65500 + i),
                               static_cast<std::uint32_t>(i) * 160, 7, std::string(160, '\x7F'))));
}

std::string ng(const std::vector<support::CapturedFrame> &frames)
{
    const support::Writer w(false);
    std::string out = support::sectionBlock(w) + support::interfaceBlock(w, 1);
    for (const auto &each : frames)
        out +=
            support::packetBlock(w, 0, static_cast<std::uint64_t>(each.time.ns / 1000), each.bytes);
    return out;
}

TEST(ClockStep, mediaThatRunsOnMeasuresIt)
{
    std::vector<support::CapturedFrame> frames;
    talk(frames, 0, 200, 0);
    talk(frames, 202, 900, 10'000); // two packets were lost there
    for (const std::string &file : {support::pcap(frames), ng(frames)}) {
        const auto read = reading::read(file);
        ASSERT_EQ(read.packets.size(), 898U);
        for (std::size_t i = 0; i < read.packets.size(); ++i)
            EXPECT_EQ(read.packets[i].time, at(20 * static_cast<int>(i < 200 ? i : i + 2)));
        EXPECT_THAT(read.flaws, ElementsAre(HasSubstr("was set back by 10.0 s within this file")));
    }
}

TEST(ClockStep, anAnswerBeforeItsRequestProvesIt)
{
    const auto read =
        reading::read(support::pcap({frame(0, kA, kB, sip("INVITE sip:b@x.test SIP/2.0")),
                                     frame(300, kB, kA, sip("SIP/2.0 180 Ringing")),
                                     frame(-9'000, kB, kA, sip("SIP/2.0 200 OK")),
                                     frame(-8'500, kA, kB, sip("ACK sip:b@x.test SIP/2.0"))}));
    ASSERT_EQ(read.packets.size(), 4U);
    EXPECT_THAT(read.payload(0), HasSubstr("INVITE sip"));
    EXPECT_THAT(read.payload(2), HasSubstr("200 OK"));
    EXPECT_EQ(read.packets[2].time, at(300));
    EXPECT_EQ(read.packets[3].time, at(800));
    EXPECT_THAT(read.flaws, ElementsAre(HasSubstr("at least 9.3 s")));
}

/// Two captures that somebody put one behind the other, the later one first.
TEST(ClockStep, filesPutTogetherAreShownInOrderOfTime)
{
    std::vector<support::CapturedFrame> frames;
    talk(frames, 600, 1200, 0);
    frames.push_back(frame(24'500, kA, kB, sip("INVITE sip:b@x.test SIP/2.0")));
    talk(frames, 0, 600, 0);
    const auto late = reading::read(support::pcap(frames));
    ASSERT_EQ(late.packets.size(), 1201U);
    EXPECT_EQ(late.packets.front().time, at(0));
    EXPECT_THAT(late.flaws, ElementsAre(HasSubstr("shown in order of time")));
    // Two taps of one way: the second half holds the same messages, by its own clock.
    const auto twice =
        reading::read(support::pcap({frame(10'000, kA, kB, sip("INVITE sip:b@x.test SIP/2.0")),
                                     frame(10'300, kB, kA, sip("SIP/2.0 180 Ringing")),
                                     frame(0, kA, kB, sip("INVITE sip:b@x.test SIP/2.0")),
                                     frame(300, kB, kA, sip("SIP/2.0 180 Ringing"))}));
    EXPECT_THAT(twice.flaws, ElementsAre(HasSubstr("shown in order of time")));
    // Nothing that tells: other talks before and behind.
    frames.clear();
    talk(frames, 1000, 1100, 0);
    for (int i = 0; i < 50; ++i)
        frames.push_back(
            frame(20 * i, kTo, kFrom, support::rtp(static_cast<std::uint16_t>(i), 0, 9, "other")));
    EXPECT_THAT(reading::read(support::pcap(frames)).flaws,
                ElementsAre(HasSubstr("shown in order of time")));
}

} // namespace
