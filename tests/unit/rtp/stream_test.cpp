// SPDX-License-Identifier: Apache-2.0
#include <rtp/stream_table.h>

#include <cmath>
#include <gtest/gtest.h>
#include <random>
#include <rtp/media_run.h>
#include <rtp/sequence.h>
#include <set>

namespace {

using std::chrono::milliseconds;

/// A sender whose every fault is known, and the receiver's view of RFC 3550 worked out apart from
/// the code under test.
struct Sent {
    std::uint32_t number = 0; // 32-bit sequence number, the wire shows 16
    base::Instant arrival;
    std::uint32_t timestamp = 0;
};

class Sender
{
public:
    explicit Sender(std::size_t capacity = 100) : table(capacity) {}
    rtp::StreamId feed(const Sent &sent, std::uint8_t payloadType = 0,
                       std::string_view payload = kVoice)
    {
        rtp::RtpPacket packet;
        packet.payloadType = payloadType;
        packet.sequence = static_cast<std::uint16_t>(sent.number);
        packet.timestamp = sent.timestamp;
        packet.ssrc = ssrc;
        packet.payload = payload;
        base::Packet carrier;
        carrier.time = sent.arrival;
        carrier.source = *base::Endpoint::parse("192.0.2.9:4000");
        carrier.destination = *base::Endpoint::parse("192.0.2.1:5000");
        carrier.payload = base::Blob::copy(rtp::writeRtp(packet));
        return id = table.add(carrier, *rtp::parseRtp(carrier.payload.text()), clock);
    }
    std::shared_ptr<const rtp::Stream> stream() const { return table.snapshot(id); }

    static constexpr std::string_view kVoice = {"\x80\x00\x80\x00", 4};
    rtp::StreamTable table;
    rtp::StreamId id;
    std::uint32_t ssrc = 1, clock = 0;
};

Sent regular(std::uint32_t n, std::uint32_t firstSequence = 1000)
{
    return {firstSequence + n, base::Instant{1'000'000'000'000} + milliseconds(20) * n, 160 * n};
}

TEST(RtpStream, CountsACleanStream)
{
    Sender sender;
    for (std::uint32_t n = 0; n < 500; ++n)
        sender.feed(regular(n));
    const auto stream = sender.stream();
    EXPECT_EQ(stream->packets, 500U);
    EXPECT_EQ(stream->bytes, 500U * 16);
    EXPECT_EQ(stream->expected, 500U);
    EXPECT_EQ(stream->lost, 0U);
    EXPECT_EQ(stream->duplicates + stream->reordered + stream->sequenceResets, 0U);
    EXPECT_EQ(stream->jitter.count(), 0);
    EXPECT_EQ(stream->maxGap, milliseconds(20));
    EXPECT_EQ(stream->last - stream->first, milliseconds(20) * 499);
    EXPECT_EQ(stream->payloadTypes[0], 500U);
}

TEST(RtpStream, CountsKnownLossReorderingAndCopiesExactly)
{
    // Over the wrap of the 16-bit sequence number, twice.
    for (const unsigned seed : {1U, 2U, 3U}) {
        std::mt19937 random(seed);
        Sender sender;
        std::vector<Sent> wire;
        for (std::uint32_t n = 0; n < 140'000; ++n)
            wire.push_back(regular(n, 65'000));
        std::set<std::uint32_t> unique;
        std::uint64_t copies = 0, late = 0;
        std::vector<Sent> arrived;
        for (std::size_t n = 0; n < wire.size(); ++n) {
            const unsigned dice = random() % 1000;
            const bool inner = n > 10 && n + 10 < wire.size();
            if (inner && dice < 30)
                continue; // lost
            arrived.push_back(wire[n]);
            if (inner && dice >= 30 && dice < 50)
                arrived.push_back(wire[n]); // a copy
            else if (inner && dice >= 50 && dice < 80 && arrived.size() > 2)
                std::swap(arrived[arrived.size() - 1],
                          arrived[arrived.size() - 2]); // overtaken by the next
        }
        std::uint32_t highest = 0;
        for (const Sent &sent : arrived) {
            if (!unique.insert(sent.number).second)
                ++copies;
            else if (sent.number < highest)
                ++late;
            highest = std::max(highest, sent.number);
            sender.feed(sent);
        }
        const auto stream = sender.stream();
        ASSERT_GT(copies, 1000U);
        ASSERT_GT(late, 1000U);
        EXPECT_EQ(stream->packets, arrived.size());
        EXPECT_EQ(stream->expected, wire.size());
        EXPECT_EQ(stream->lost, wire.size() - unique.size());
        EXPECT_EQ(stream->duplicates, copies);
        EXPECT_EQ(stream->reordered, late);
        EXPECT_EQ(stream->sequenceResets, 0U);
    }
}

TEST(RtpStream, MeasuresJitterAsRfc3550Defines)
{
    for (const std::uint32_t clock : {8000U, 48000U, 90000U}) {
        std::mt19937 random(clock);
        Sender sender;
        sender.clock = clock;
        long double jitter = 0, previousTransit = 0; // section 6.4.1 in seconds
        for (std::uint32_t n = 0; n < 5000; ++n) {
            Sent sent = regular(n);
            sent.timestamp = n * (clock / 50) + 0xFFFFF000U; // wraps
            sent.arrival = sent.arrival + std::chrono::microseconds(random() % 30'000);
            const long double transit =
                sent.arrival.ns * 1e-9L - n * (clock / 50) / static_cast<long double>(clock);
            if (n > 0)
                jitter += (std::fabs(transit - previousTransit) - jitter) / 16;
            previousTransit = transit;
            sender.feed(sent);
        }
        ASSERT_GT(jitter, 0.005L);
        EXPECT_NEAR(base::toSeconds(sender.stream()->jitter), static_cast<double>(jitter), 1e-8)
            << clock;
    }
}

TEST(RtpStream, TakesADigitEventForOneMomentInItsJitter)
{
    Sender sender;
    std::uint32_t sequence = 0;
    const auto at = [](int ms) { return base::Instant{5'000'000'000} + milliseconds(ms); };
    for (int n = 0; n < 10; ++n)
        sender.feed({sequence++, at(n * 20), static_cast<std::uint32_t>(n * 160)});
    for (int n = 10; n < 60; ++n) // RFC 4733: every packet of the event has its first timestamp
        sender.feed({sequence++, at(n * 20), 1600}, 101);
    for (int n = 60; n < 70; ++n)
        sender.feed({sequence++, at(n * 20), static_cast<std::uint32_t>(n * 160)});
    EXPECT_EQ(sender.stream()->jitter.count(), 0);
    EXPECT_EQ(sender.stream()->payloadTypes[101], 50U);
}

TEST(RtpStream, NoticesASenderThatStartsOver)
{
    Sender sender;
    for (std::uint32_t n = 0; n < 100; ++n)
        sender.feed(regular(n));
    for (std::uint32_t n = 100; n < 150; ++n) {
        Sent sent = regular(n, 40'000);
        sent.timestamp += 777'777'777U;
        sender.feed(sent);
    }
    const auto stream = sender.stream();
    EXPECT_EQ(stream->sequenceResets, 1U);
    EXPECT_EQ(stream->expected, 150U);
    EXPECT_EQ(stream->lost, 0U);
    EXPECT_EQ(stream->jitter.count(), 0) << "no transit time spans a restart";
}

TEST(RtpStream, CountsAStrayPacketNeitherAsLossNorAsRestart)
{
    Sender sender;
    for (std::uint32_t n = 0; n < 50; ++n)
        sender.feed(regular(n));
    sender.feed({30'000, regular(50).arrival, 5});
    for (std::uint32_t n = 50; n < 100; ++n)
        sender.feed(regular(n));
    EXPECT_EQ(sender.stream()->packets, 101U);
    EXPECT_EQ(sender.stream()->expected, 100U);
    EXPECT_EQ(sender.stream()->lost, 0U);
    EXPECT_EQ(sender.stream()->sequenceResets, 0U);
}

TEST(RtpStream, BeginsEarlierWhenItsFirstPacketWasOvertaken)
{
    Sender sender;
    for (const std::uint32_t n : {2U, 0U, 1U, 3U})
        sender.feed(regular(n, 65'535));
    EXPECT_EQ(sender.stream()->expected, 4U);
    EXPECT_EQ(sender.stream()->lost, 0U);
    EXPECT_EQ(sender.stream()->reordered, 2U);
}

TEST(RtpStream, FindsTheLongestGap)
{
    Sender sender;
    for (std::uint32_t n = 0; n < 10; ++n)
        sender.feed(regular(n));
    for (std::uint32_t n = 100; n < 110; ++n)
        sender.feed(regular(n));
    EXPECT_EQ(sender.stream()->maxGap, milliseconds(20) * 91);
    EXPECT_EQ(sender.stream()->lost, 90U);
}

TEST(RtpStream, MeasuresTheLastSecondAndSplitsSilence)
{
    Sender sender;
    const std::string silence(160, '\xFF');
    for (std::uint32_t n = 0; n < 50; ++n)
        sender.feed(regular(n));
    EXPECT_TRUE(sender.stream()->levelKnown);
    EXPECT_NEAR(sender.stream()->level, 0, 1e-9);
    for (std::uint32_t n = 50; n < 150; ++n)
        sender.feed(regular(n), 0, silence);
    EXPECT_EQ(sender.stream()->level, -96);
    for (std::uint32_t n = 300; n < 310; ++n) // after 3 s of nothing
        sender.feed(regular(n), 13, "2");
    const auto stream = sender.stream();
    ASSERT_EQ(stream->spans.size(), 3U);
    EXPECT_FALSE(stream->spans[0].silent);
    EXPECT_TRUE(stream->spans[1].silent);
    EXPECT_TRUE(stream->spans[2].silent) << "comfort noise is no voice";
    EXPECT_EQ(stream->spans[0].from, regular(0).arrival);
    EXPECT_EQ(stream->spans[1].to, regular(149).arrival);
    EXPECT_EQ(stream->spans[2].from, regular(300).arrival);
    EXPECT_EQ(stream->spans[2].to, regular(309).arrival);
    const auto &loudness = stream->loudness;
    const auto level = [&](std::uint32_t number) {
        const auto from = regular(number).arrival;
        return loudness.loudest(from, from + milliseconds(20));
    };
    using Known = rtp::Loudness::Known;
    EXPECT_EQ(level(0).known, Known::Level);
    EXPECT_NEAR(level(0).level, 0, 0.5);
    EXPECT_NEAR(level(49).level, 0, 0.5);
    EXPECT_EQ(level(50).level, -96);
    EXPECT_EQ(level(149).known, Known::Level);
    EXPECT_EQ(level(151).known, Known::Nothing) << "silence on the wire is no silent sound";
    EXPECT_EQ(level(300).known, Known::Level);
    EXPECT_NEAR(level(300).level, -('2' & 0x7F), 0.5) << "comfort noise says how loud it is";
    EXPECT_EQ(loudness.cells(), 310U);
}

TEST(RtpStream, TellsThatSoundCameWhereItCannotTellHowLoud)
{
    Sender sender;
    for (std::uint32_t n = 0; n < 10; ++n)
        sender.feed(regular(n), 96);
    const auto cell = sender.stream()->loudness.cell(3);
    EXPECT_EQ(cell.known, rtp::Loudness::Known::Arrived);
}

TEST(RtpStream, KeepsItsSpansBoundedByJoiningTheOldest)
{
    Sender sender;
    const std::string silence(160, '\xFF');
    for (std::uint32_t n = 0; n < 20'000; ++n)
        sender.feed(regular(n), 0, n % 2 == 0 ? Sender::kVoice : std::string_view(silence));
    const auto stream = sender.stream();
    EXPECT_LE(stream->spans.size(), 4096U);
    EXPECT_GT(stream->spans.size(), 2000U);
    EXPECT_EQ(stream->spans.front().from, regular(0).arrival);
    EXPECT_EQ(stream->spans.back().to, regular(19'999).arrival);
    for (std::size_t i = 1; i < stream->spans.size(); ++i)
        ASSERT_LE(stream->spans[i - 1].to, stream->spans[i].from) << i;
}

TEST(RtpTable, KeepsStreamsApartAndForgetsTheLongestUnseen)
{
    Sender sender(3);
    std::vector<rtp::StreamId> ids;
    for (std::uint32_t ssrc = 1; ssrc <= 3; ++ssrc) {
        sender.ssrc = ssrc;
        ids.push_back(sender.feed(regular(ssrc)));
    }
    sender.ssrc = 1;
    EXPECT_EQ(sender.feed(regular(4)), ids[0]);
    EXPECT_EQ(sender.table.evicted(), 0U);
    sender.ssrc = 4;
    const auto fourth = sender.feed(regular(5));
    EXPECT_EQ(sender.table.evicted(), 1U);
    EXPECT_EQ(sender.table.snapshot(ids[1]), nullptr)
        << "stream 2 was not seen for the longest time";
    EXPECT_EQ(sender.table.ids(), (std::vector{ids[0], ids[2], fourth}));
    EXPECT_EQ(sender.table.snapshot(fourth)->ssrc, 4U);
    EXPECT_EQ(sender.table.snapshot({}), nullptr);
}

TEST(RtpTable, PublishesSnapshotsThatDoNotChange)
{
    Sender sender;
    sender.feed(regular(0));
    const auto first = sender.stream();
    EXPECT_EQ(first, sender.stream());
    sender.feed(regular(1));
    EXPECT_EQ(first->packets, 1U);
    EXPECT_EQ(sender.stream()->packets, 2U);
}

TEST(RtpStream, SurvivesNumbersThatMakeNoSense)
{
    std::mt19937_64 random(11);
    Sender sender;
    for (int n = 0; n < 20'000; ++n) {
        sender.clock = n % 3 == 0 ? 1 : 0xFFFFFFFFU;
        sender.feed({static_cast<std::uint32_t>(random()),
                     base::Instant{static_cast<std::int64_t>(random() >> (n % 40))},
                     static_cast<std::uint32_t>(random())},
                    static_cast<std::uint8_t>(random() & 0x7FU));
    }
    EXPECT_EQ(sender.stream()->packets, 20'000U);
    EXPECT_GE(sender.stream()->expected, sender.stream()->lost);
    EXPECT_GE(sender.stream()->jitter.count(), 0);
}

TEST(RtpStream, KeyPressesAreNeitherLateNorJitter)
{
    // Sound, two keys of 400 ms in its place, sound: one run of sequence numbers, and the key's
    // packets have the timestamp of its beginning (RFC 4733 section 2.2.1).
    Sender sender;
    for (std::uint32_t n = 0; n < 300; ++n) {
        auto sent = regular(n);
        const bool first = n >= 100 && n < 120, second = n >= 130 && n < 150;
        if (!first && !second) {
            sender.feed(sent);
            continue;
        }
        const std::uint32_t begin = first ? 100 : 130, length = (n - begin + 1) * 160;
        sent.timestamp = 160 * begin;
        const std::string payload{first ? '\5' : '\7', n == begin + 19 ? '\x8A' : '\x0A',
                                  static_cast<char>(length >> 8U),
                                  static_cast<char>(length & 0xFFU)};
        sender.feed(sent, 101, payload);
    }
    const auto stream = sender.stream();
    EXPECT_EQ(stream->digits.size(), 2U);
    EXPECT_EQ(stream->lost, 0U);
    EXPECT_EQ(stream->late, 0U);
    EXPECT_EQ(stream->maxJitter.count(), 0);
    EXPECT_EQ(stream->ptime, base::Duration(milliseconds(20)));
}

TEST(Sequence, TheHighestCountsTurnsAndStepsBackForNobody)
{
    rtp::SequenceCounter counter;
    counter.add(65534);
    EXPECT_EQ(counter.highest(), 65534U);
    counter.add(1); // over the turn, and two were overtaken
    counter.add(65535);
    counter.add(0);
    EXPECT_EQ(counter.highest(), 0x10001U);
    counter.add(40000); // a stray
    EXPECT_EQ(counter.highest(), 0x10001U);
    counter.add(2);
    EXPECT_EQ(counter.highest(), 0x10002U);
    counter.add(40000); // and a sender that began anew (appendix A.1)
    counter.add(40001);
    EXPECT_EQ(counter.highest(), 40001U);
}

TEST(MediaRun, BeginsWithTheThirdPacketWithin300MsAndEndsAfterASecond)
{
    rtp::MediaRun run;
    const base::Instant at{1'000'000'000'000};
    run.packet(at);
    run.packet(at + milliseconds(200));
    EXPECT_FALSE(run.comes(at + milliseconds(200)));
    run.packet(at + milliseconds(400)); // the third, but not within 300 ms
    EXPECT_FALSE(run.comes(at + milliseconds(400)));
    run.packet(at + milliseconds(420));
    EXPECT_TRUE(run.comes(at + milliseconds(420)));
    run.packet(at + milliseconds(1300)); // a pause shorter than a second is none
    EXPECT_TRUE(run.comes(at + milliseconds(2299)));
    EXPECT_FALSE(run.comes(at + milliseconds(2300)));
    run.packet(at + milliseconds(2400));
    run.packet(at + milliseconds(2420));
    EXPECT_FALSE(run.comes(at + milliseconds(2420)));
    run.packet(at + milliseconds(2440));
    EXPECT_TRUE(run.comes(at + milliseconds(2440)));
}

} // namespace
