// SPDX-License-Identifier: Apache-2.0
// A captured stream as sound: each packet where its sender put it, from any moment on, at any rate.
#include <rtp/reel.h>

#include <gtest/gtest.h>
#include <rtp/g711.h>
#include <rtp/g722.h>
#include <rtp/g729.h>
#include <rtp/level.h>
#include <rtp/stream_table.h>
#include <support/null_sink.h>
#include <support/sounds.h>

namespace {

using namespace std::chrono_literals;

constexpr base::Instant kStart{1'700'000'000'000'000'000};

/// Packets of 20 ms; the bytes live as long as this does.
struct Made {
    rtp::Reel reel;
    std::deque<std::string> bytes;

    Made()
    {
        reel.formats = {*rtp::staticVoice(0), rtp::kComfortNoise, *rtp::staticVoice(9), rtp::kG729};
        reel.first = kStart;
    }
    void add(int number, std::string payload, std::uint8_t format = 0, base::Duration late = 0ms)
    {
        bytes.push_back(std::move(payload));
        reel.pieces.push_back({kStart + number * 20ms + late, bytes.back().data(),
                               0xFFFFFF00U + static_cast<std::uint32_t>(number) * 160, // it wraps
                               static_cast<std::uint16_t>(bytes.back().size()), format});
    }
    /// A tone of 1000 Hz, -20 dBFS, that goes on from number to number.
    void tone(int number)
    {
        static const auto kSamples =
            support::pcm(support::atLevel(support::tones({1000}, {}, 20), -20));
        std::string payload;
        for (int i = 0; i < 160; ++i)
            payload += static_cast<char>(
                rtp::muLawCode(kSamples[static_cast<std::size_t>(number * 160 + i)]));
        add(number, payload);
    }
};

std::vector<std::int16_t> read(rtp::ReelReader &reader, std::size_t count)
{
    std::vector<std::int32_t> sum(count);
    for (std::size_t at = 0; at < count;) { // in odd pieces
        const std::size_t piece = std::min<std::size_t>(count - at, 137);
        reader.add(std::span(sum).subspan(at, piece));
        at += piece;
    }
    return {sum.begin(), sum.end()};
}

double levelOf(std::span<const std::int16_t> samples)
{
    double square = 0;
    for (const double sample : samples)
        square += sample / 32768 * (sample / 32768);
    return rtp::dbfs(square / static_cast<double>(samples.size()));
}

TEST(Reel, PlaysPacketsInTheirOrderAndSilenceWhereOneIsMissing)
{
    Made made;
    for (int i = 0; i < 100; ++i)
        if (i < 40 || i >= 50)
            made.tone(i);
    std::swap(made.reel.pieces[10], made.reel.pieces[11]); // late on the way
    made.tone(20);                                         // a copy, much later
    made.reel.pieces.back().at = kStart + 1500ms;
    rtp::ReelReader reader(made.reel, 8000);
    EXPECT_EQ(reader.from(), kStart);
    EXPECT_EQ(reader.to(), kStart + 2s);
    const auto all = read(reader, 16000);
    EXPECT_NEAR(levelOf(std::span(all).first(6400)), -20, 0.2);
    EXPECT_NEAR(support::powerAt(std::span(all).first(6400), 1000, 8000), -20, 0.3)
        << "one unbroken tone";
    EXPECT_EQ(levelOf(std::span(all).subspan(6400, 1600)), rtp::kFloorDbfs);
    EXPECT_NEAR(support::powerAt(std::span(all).subspan(8000, 8000), 1000, 8000), -20, 0.3);
    EXPECT_EQ(levelOf(read(reader, 800)), rtp::kFloorDbfs) << "behind its end";
}

TEST(Reel, BeginsAtAnyMomentExactlyThere)
{
    Made made;
    for (int i = 0; i < 100; ++i)
        made.tone(i);
    rtp::ReelReader whole(made.reel, 8000), part(made.reel, 8000);
    const auto all = read(whole, 16000);
    part.seek(kStart + 1235ms);
    const auto later = read(part, 4000);
    EXPECT_TRUE(std::equal(later.begin(), later.end(), all.begin() + 9880));
    part.seek(kStart - 500ms);
    const auto before = read(part, 4160);
    EXPECT_EQ(levelOf(std::span(before).first(4000)), rtp::kFloorDbfs);
    EXPECT_NE(levelOf(std::span(before).subspan(4000)), rtp::kFloorDbfs);
}

TEST(Reel, AtAnotherRateItIsTheSameSoundOfTheSameLength)
{
    Made made;
    for (int i = 0; i < 200; ++i)
        made.tone(i);
    for (const std::uint32_t rate : {48000U, 44100U, 16000U}) {
        rtp::ReelReader reader(made.reel, rate);
        const auto all = read(reader, rate * 5);
        const auto middle = std::span(all).subspan(rate, rate * 2);
        EXPECT_NEAR(support::powerAt(middle, 1000, rate), -20, 0.2) << rate;
        EXPECT_LT(support::powerAt(middle, 7000, rate), -70) << "its image, " << rate;
        EXPECT_NEAR(levelOf(std::span(all).subspan(rate * 39 / 10, rate / 12)), -20, 0.5) << rate;
        EXPECT_EQ(levelOf(std::span(all).subspan(rate * 401 / 100, rate / 2)), rtp::kFloorDbfs)
            << rate;
    }
}

TEST(Reel, AnotherCodecFollowsWithoutAGap)
{
    Made made;
    for (int i = 0; i < 50; ++i)
        made.tone(i);
    const auto wide = support::pcm(support::atLevel(support::tones({3000}, {}, 2, 16000), -20));
    rtp::G722Encoder encoder;
    for (int i = 0; i < 50; ++i)
        made.add(50 + i,
                 encoder.encode(std::span(wide).subspan(static_cast<std::size_t>(i) * 320, 320)),
                 2);
    rtp::ReelReader reader(made.reel, 16000);
    const auto all = read(reader, 33000);
    EXPECT_NEAR(support::powerAt(std::span(all).subspan(1600, 12000), 1000, 16000), -20, 0.3);
    EXPECT_NEAR(support::powerAt(std::span(all).subspan(17600, 12000), 3000, 16000), -20, 1);
    for (std::size_t at = 15000; at < 17600; at += 160)
        EXPECT_GT(levelOf(std::span(all).subspan(at, 160)), -30) << at;
    EXPECT_LT(levelOf(std::span(all).subspan(32100)), -60);
}

TEST(Reel, ComfortNoiseHoldsAtItsLevelUntilSoundComes)
{
    Made made;
    made.tone(0);
    made.add(1, std::string(1, '\x28'), 1); // -40 dBov (RFC 3389 section 3.1)
    for (int i = 60; i < 70; ++i)
        made.tone(i);
    rtp::ReelReader reader(made.reel, 8000);
    const auto all = read(reader, 11200);
    EXPECT_NEAR(levelOf(std::span(all).subspan(400, 9000)), -40, 1);
    EXPECT_NEAR(levelOf(std::span(all).subspan(9600)), -20, 0.3);
}

TEST(Reel, ASenderThatStartsOverIsHeardWhereItsPacketsCome)
{
    Made made;
    for (int i = 0; i < 50; ++i)
        made.tone(i);
    for (int i = 100; i < 150; ++i) {
        made.tone(i);
        made.reel.pieces.back().timestamp += 123'456'789;
    }
    rtp::ReelReader reader(made.reel, 8000);
    const auto all = read(reader, 24000);
    EXPECT_EQ(levelOf(std::span(all).subspan(8000, 8000)), rtp::kFloorDbfs);
    EXPECT_NEAR(levelOf(std::span(all).subspan(16000, 8000)), -20, 0.3);
}

TEST(Reel, WhoHasADecoderMayBringItAndWhoHasNoneIsToldSo)
{
    class Loud final : public rtp::VoiceDecoder
    {
    public:
        std::uint32_t rate() const override { return 8000; }
        void decode(std::string_view, std::vector<std::int16_t> &out) override
        {
            out.insert(out.end(), 160, 16384);
        }
    };
    Made made;
    for (int i = 0; i < 10; ++i)
        made.add(i, std::string(20, 'x'), 3);
    rtp::ReelReader mute(made.reel, 8000);
    EXPECT_EQ(levelOf(read(mute, 1600)), rtp::kFloorDbfs);
    EXPECT_EQ(mute.unheard(), std::vector<std::string_view>{"G729"});
    rtp::ReelReader heard(made.reel, 8000,
                          [](const rtp::VoiceFormat &) { return std::make_unique<Loud>(); });
    EXPECT_NEAR(levelOf(read(heard, 1600)), -6, 0.1);
    EXPECT_TRUE(heard.unheard().empty());
}

TEST(Reel, EmptyOrDamagedItIsSilence)
{
    Made made;
    rtp::ReelReader nothing(made.reel, 8000);
    EXPECT_EQ(levelOf(read(nothing, 800)), rtp::kFloorDbfs);
    std::uint32_t random = 1;
    for (int i = 0; i < 500; ++i) {
        random = random * 1664525U + 1013904223U;
        made.add(static_cast<int>(random % 1000), std::string(random >> 20U & 255U, 'x'),
                 static_cast<std::uint8_t>(random >> 8U & 3U),
                 std::chrono::milliseconds(random >> 10U & 4095U));
        made.reel.pieces.back().timestamp = random;
    }
    rtp::ReelReader noise(made.reel, 48000);
    for (int i = 0; i < 30; ++i)
        read(noise, 48000);
}

TEST(Spool, KeepsAllOfAStreamUntilItIsGivenUp)
{
    auto stock = std::make_shared<std::atomic<std::size_t>>(0);
    auto spool = std::make_unique<rtp::Spool>(stock);
    const std::string payload(160, '\xFF');
    for (int i = 0; i < 20000; ++i) {
        base::Packet packet;
        packet.time = kStart + i * 20ms;
        packet.payload = base::Blob::copy(payload);
        rtp::RtpPacket rtp;
        rtp.payload = packet.payload.text();
        spool->add(packet, rtp, *rtp::staticVoice(0));
    }
    EXPECT_EQ(spool->reel().pieces.size(), 20000U);
    EXPECT_GE(stock->load(), 20000U * 160);
    EXPECT_LE(stock->load(), 20000U * 200);
    const auto before = spool->reel(); // somebody plays it
    ASSERT_TRUE(spool->giveUp());
    EXPECT_FALSE(spool->giveUp());
    EXPECT_TRUE(spool->givenUp());
    EXPECT_EQ(stock->load(), 0U);
    EXPECT_TRUE(spool->reel().pieces.empty());
    EXPECT_EQ(before.pieces.back().payload(), payload) << "its bytes are still there";
    spool.reset();
    EXPECT_EQ(stock->load(), 0U);
}

TEST(Spool, BytesOfAMappedFileStayThere)
{
    auto stock = std::make_shared<std::atomic<std::size_t>>(0);
    rtp::Spool spool(stock);
    const std::string file(16000, '\x30');
    const auto owner = std::make_shared<int>(1);
    for (std::size_t i = 0; i < 100; ++i) {
        base::Packet packet;
        packet.payload = base::Blob::view(owner, std::string_view(file).substr(i * 160, 160));
        rtp::RtpPacket rtp;
        rtp.payload = packet.payload.text();
        spool.add(packet, rtp, *rtp::staticVoice(0));
    }
    EXPECT_LT(stock->load(), 100U * 32);
    EXPECT_EQ(spool.reel().pieces[99].data, file.data() + 99 * 160);
}

TEST(Spool, GoesAlongWithItsStream)
{
    rtp::StreamTable table;
    base::Packet packet;
    packet.time = base::Instant{1'000'000'000};
    packet.payload = base::Blob::copy(std::string(172, '\x30'));
    rtp::RtpPacket rtp;
    rtp.payload = packet.payload.text().substr(12);
    const auto voiced = table.add(packet, rtp);
    const auto before = table.snapshot(voiced);
    ASSERT_TRUE(before->tape && before->spool);
    rtp.sequence = 1;
    table.add(packet, rtp);
    EXPECT_EQ(table.snapshot(voiced)->spool, before->spool);
    EXPECT_EQ(before->spool->reel().pieces.size(), 2U);
    rtp.payloadType = 97; // nothing that we could listen to
    rtp.ssrc = 5;
    EXPECT_FALSE(table.snapshot(table.add(packet, rtp))->spool);
}

} // namespace
