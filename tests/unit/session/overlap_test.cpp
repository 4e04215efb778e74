// SPDX-License-Identifier: Apache-2.0
// What two captures of the same minutes both hold is counted once, whatever it is.
#include "talk.h"

#include <session/overlap.h>
#include <session/same_packets.h>

namespace {

using namespace talk;

std::string registration(bool answer)
{
    const std::string contact = "Contact: <sip:a@192.0.2.1:5060;ob>;reg-id=1;"
                                "+sip.instance=\"<urn:uuid:1>\";expires=600\r\n";
    return fmt::format("{}\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKreg\r\n"
                       "Max-Forwards: 70\r\nFrom: <sip:a@example.test>;tag=1\r\n"
                       "To: <sip:a@example.test>{}\r\nCall-ID: reg\r\nCSeq: 1 REGISTER\r\n"
                       "Supported: outbound, path\r\n{}{}Content-Length: 0\r\n\r\n",
                       answer ? "SIP/2.0 200 OK" : "REGISTER sip:example.test SIP/2.0",
                       answer ? ";tag=2" : "", answer ? "Require: outbound\r\n" : "", contact);
}

std::string receiverReport()
{
    return std::string("\x81\xC9\x00\x07", 4) + support::be32(9) + support::be32(77) +
           std::string("\x40\0\0\2", 4) + std::string(16, '\0');
}

/// A registration with `pings` pings, and a call with `reports` reports of its receiver.
std::string capture(int pings, int reports)
{
    std::vector<base::Packet> packets{datagram(at(-2000), kCaller, kCallee, registration(false)),
                                      datagram(at(-1990), kCallee, kCaller, registration(true))};
    for (const base::Packet &packet : earlyMediaCall("one"))
        packets.push_back(packet);
    for (int i = 0; i < pings; ++i) {
        packets.push_back(datagram(at(10'000 + 1000 * i), kCaller, kCallee, "\r\n\r\n"));
        packets.push_back(datagram(at(10'020 + 1000 * i), kCallee, kCaller, "\r\n"));
    }
    for (int i = 0; i < reports; ++i)
        packets.push_back(datagram(at(300 + 200 * i), support::endpoint("192.0.2.1:40001"),
                                   support::endpoint("192.0.2.2:30001"), receiverReport()));
    std::stable_sort(packets.begin(), packets.end(),
                     [](const auto &a, const auto &b) { return a.time < b.time; });
    return support::pcap(frames(packets));
}

struct Counted {
    std::size_t pings = 0, pongs = 0;
    std::uint64_t reports = 0, rtp = 0;
    bool operator==(const Counted &) const = default;
};

Counted countedIn(const std::vector<std::string> &files)
{
    const auto session = open(false);
    for (const std::string &bytes : files) {
        const support::TemporaryFile file("part.pcap", bytes);
        EXPECT_TRUE(session->import(file.path()));
        EXPECT_TRUE(session->settle(kLimit));
    }
    Counted out;
    for (const auto &flow : session->last()->flows) {
        for (const flows::FlowEvent &event : flow->events) {
            out.pings += event.what == flows::Happening::Ping ? 1 : 0;
            out.pongs += event.what == flows::Happening::Pong ? 1 : 0;
        }
    }
    for (const auto &stream : session->streams(kLimit)) {
        out.reports += stream->reportsHeard;
        out.rtp += stream->packets;
    }
    return out;
}

TEST(Overlap, ofTwoCapturesIsCountedOnce)
{
    const Counted one = countedIn({capture(3, 4)});
    EXPECT_EQ(one, (Counted{3, 3, 4, 10}));
    EXPECT_EQ(countedIn({capture(3, 4), capture(3, 4)}), one);
}

TEST(Overlap, whatTheSecondHoldsBeyondTheFirstGoesOn)
{
    EXPECT_EQ(countedIn({capture(2, 1), capture(5, 6)}), countedIn({capture(5, 6)}));
}

TEST(Overlap, filesInAnyOrderKeepWhatOnlyTheyHold)
{
    session::Overlap overlap;
    const auto taken = [&](std::uint32_t file, int from, int to) {
        int out = 0;
        for (int i = from; i < to; ++i)
            out += overlap.again(file, at(i * 20)) ? 0 : 1;
        return out;
    };
    EXPECT_EQ(taken(1, 200, 300), 100); // the third part of a long capture is read first
    EXPECT_EQ(taken(2, 0, 100), 100);
    EXPECT_EQ(taken(3, 100, 200), 100);
    EXPECT_EQ(taken(4, 50, 320), 20) << "only what is behind the newest";
}

TEST(SamePackets, eachIsTakenOfTheFileThatBroughtItFirst)
{
    session::SamePackets packets;
    session::SamePackets::Budget left = 1U << 20U;
    const auto taken = [&](std::uint32_t file, int from, int to, int step = 1) {
        int out = 0;
        for (int i = from; i < to; i += step)
            out += packets.again(
                       file,
                       {at(i * 20), 160U * static_cast<unsigned>(i), static_cast<std::uint16_t>(i)},
                       left)
                       ? 0
                       : 1;
        return out;
    };
    EXPECT_EQ(taken(1, 100'000, 200'000), 100'000); // the sequence number turns over
    EXPECT_EQ(taken(2, 0, 100'000, 2), 50'000);
    EXPECT_EQ(taken(3, 0, 300'000), 150'000);
    EXPECT_EQ(taken(1, 100'000, 100'100), 100) << "copies within one file are its own affair";
    EXPECT_EQ(taken(0, 0, 100), 100) << "live packets are of no file";
}

TEST(SamePackets, theSameNumbersOnAnotherDayAreAnotherCall)
{
    session::SamePackets packets;
    session::SamePackets::Budget left = 1000;
    const auto again = [&](std::uint32_t file, base::Instant time) {
        return packets.again(file, {time, 160, 1}, left);
    };
    EXPECT_FALSE(again(1, at(0)));
    EXPECT_TRUE(again(2, at(30'000))) << "a clock that is half a minute off";
    EXPECT_TRUE(again(3, {})) << "a trace without times";
    EXPECT_FALSE(again(4, at(24 * 3600 * 1000)));
    EXPECT_TRUE(again(5, at(24 * 3600 * 1000)));
}

/// Of a call with 500 packets of RTP, those of which the number fits; both halves hold the SIP.
std::string part(int rest, int of, int late = 0)
{
    std::vector<base::Packet> packets;
    int number = 0;
    for (base::Packet &packet : earlyMediaCall("one", 500)) {
        const bool rtp = static_cast<unsigned char>(packet.payload.text().front()) == 0x80U;
        if (rtp && number++ % of != rest)
            continue;
        packet.time = packet.time + std::chrono::microseconds(late);
        packets.push_back(std::move(packet));
    }
    std::stable_sort(packets.begin(), packets.end(),
                     [](const auto &a, const auto &b) { return a.time < b.time; });
    return support::pcap(frames(packets));
}

std::shared_ptr<const rtp::Stream> streamOf(const std::vector<std::string> &files)
{
    const auto session = open(false);
    for (const std::string &bytes : files) {
        const support::TemporaryFile file("part.pcap", bytes);
        EXPECT_TRUE(session->import(file.path()));
        EXPECT_TRUE(session->settle(kLimit));
    }
    const auto streams = session->streams(kLimit);
    EXPECT_EQ(streams.size(), 1U);
    return streams.empty() ? nullptr : streams.front();
}

TEST(Overlap, tapsThatEachHoldAPartOfAStreamMakeItWhole)
{
    for (const auto &files :
         {std::vector{part(0, 2), part(1, 2)}, std::vector{part(1, 2, 300), part(0, 2)},
          std::vector{part(0, 3), part(2, 3), part(1, 3)}, std::vector{part(0, 1), part(0, 1, 700)},
          std::vector{part(0, 2), part(0, 1)}}) {
        const auto stream = streamOf(files);
        ASSERT_NE(stream, nullptr);
        EXPECT_EQ(stream->packets, 500U);
        EXPECT_EQ(stream->expected, 500U);
        EXPECT_EQ(stream->lost, 0U);
        EXPECT_EQ(stream->duplicates, 0U);
        EXPECT_EQ(stream->reordered, 0U);
        EXPECT_LT(stream->jitter, std::chrono::milliseconds(2));
        EXPECT_LE(stream->maxGap, std::chrono::milliseconds(62)) << "of a third, each 60 ms";
        EXPECT_EQ(stream->spans.size(), 1U);
    }
}

} // namespace
