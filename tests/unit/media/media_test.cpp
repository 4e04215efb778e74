// SPDX-License-Identifier: Apache-2.0
// The whole layer on loopback with a silent output: what arrives, is played, sent, counted and
// recorded.
#include "media_fixture.h"

#include <cstring>
#include <fstream>
#include <media/samples.h>
#include <rtp/rtp_packet.h>
#include <support/null_sink.h>

namespace {

TEST_F(MediaTest, EveryPacketJoinsTheStreamOfPackets)
{
    request.sending.kind = media::SendKind::Nothing;
    ASSERT_NO_FATAL_FAILURE(open());
    EXPECT_EQ(prepared.rtp.port % 2, 0);
    EXPECT_EQ(prepared.rtcp.port, prepared.rtp.port + 1);
    support::RtpSource source(0x11);
    source.tone(prepared.rtp, 440);
    source.raw(prepared.rtcp,
               std::string("\x80\xc9\x00\x01\x00\x00\x00\x07", 8)); // an RTCP receiver report
    source.raw(prepared.rtp, "neither");
    source.raw(prepared.rtp, "");
    std::vector<base::Packet> got;
    ASSERT_TRUE(support::stepUntil([&] {
        for (auto &packet : packets.take(0ms))
            got.push_back(packet);
        return got.size() >= 4;
    }));
    for (const auto &packet : got) {
        EXPECT_EQ(packet.origin, base::Origin::Media);
        EXPECT_EQ(packet.transport, base::Transport::Udp);
        EXPECT_EQ(packet.source, source.local());
        EXPECT_FALSE(packet.outgoing);
        EXPECT_TRUE(packet.time.known());
        const bool control = packet.destination == prepared.rtcp;
        EXPECT_TRUE(control || packet.destination == prepared.rtp);
        const auto expected = control                        ? base::PayloadHint::Rtcp
                              : packet.payload.size() == 172 ? base::PayloadHint::Rtp
                                                             : base::PayloadHint::Unknown;
        EXPECT_EQ(packet.hint, expected);
    }
}

TEST_F(MediaTest, PlaysAndCountsWhatArrives)
{
    ASSERT_NO_FATAL_FAILURE(open());
    support::RtpSource source(0x22);
    layer->remote(prepared.media, remote("tag-a", source));
    ASSERT_TRUE(sendUntil(
        source, [&] { return status().packets >= 20 && status().waveform.size() >= 10; }));
    const auto s = status();
    EXPECT_TRUE(s.playing);
    EXPECT_EQ(s.toTag, "tag-a");
    EXPECT_EQ(s.codec, "PCMU/8000");
    EXPECT_NEAR(s.level, -9.2, 1);
    EXPECT_NEAR(s.peak, -6.2, 1);
    EXPECT_EQ(s.lost, 0U);
    EXPECT_EQ(s.wrongPayloadType, 0U);
    EXPECT_EQ(s.refused, 0U);
    EXPECT_TRUE(s.firstPacket.known() && s.firstSample.known());
    EXPECT_GE(s.firstSample, s.firstPacket);
    EXPECT_EQ(s.dscp, 0);
    EXPECT_GT(s.ttl, 0);
    EXPECT_GT(statuses.load(), 1);
    EXPECT_TRUE(support::stepUntil([&] { return !status().playing; })); // and stops
    EXPECT_EQ(status().level, -96);
}

TEST_F(MediaTest, AWrongPayloadTypeIsCountedNotPlayed)
{
    ASSERT_NO_FATAL_FAILURE(open());
    support::RtpSource source(0x33, 3); // GSM was not offered
    ASSERT_TRUE(sendUntil(source, [&] { return status().wrongPayloadType >= 5; }));
    EXPECT_FALSE(status().playing);
    EXPECT_EQ(status().packets, 0U);
    EXPECT_TRUE(status().waveform.empty());
}

TEST_F(MediaTest, RtpBeforeTheAnswerIsNotLost)
{
    options.recordFolder = folder;
    ASSERT_NO_FATAL_FAILURE(open());
    support::RtpSource source(0x44);
    for (int i = 0; i < 10; ++i) { // all before anybody knows the To-tag
        source.tone(prepared.rtp, 440);
        std::this_thread::yield();
    }
    ASSERT_TRUE(support::stepUntil([&] { return status().packets >= 10; }));
    EXPECT_EQ(status().toTag, "");
    layer->remote(prepared.media, remote("tag-late", source));
    ASSERT_TRUE(sendUntil(source, [&] { return status().packets >= 30; }));
    EXPECT_EQ(status().toTag, "tag-late");
    layer->release(prepared.media);
    const auto recordings = recorded();
    ASSERT_EQ(recordings.size(), 1U);
    EXPECT_EQ(recordings[0].toTag, "tag-late");
    EXPECT_GE(recordings[0].length, base::Duration(590ms));
    const auto file = media::readWav(recordings[0].path);
    ASSERT_TRUE(file);
    EXPECT_GE(file->mono.size(), 29U * 160);
    EXPECT_NEAR(support::strongest(std::span(file->mono).last(1600), 8000), 440, 5);
}

TEST_F(MediaTest, ChoosesBetweenTwoEarlyDialogsAndRecordsBoth)
{
    ASSERT_NO_FATAL_FAILURE(open());
    layer->record(prepared.media, folder + "/made", "call");
    support::RtpSource a(0xA), b(0xB);
    layer->remote(prepared.media, remote("tag-a", a));
    layer->remote(prepared.media, remote("tag-b", b));
    const auto both = [&](const std::function<bool()> &condition) {
        auto due = std::chrono::steady_clock::now();
        return support::stepUntil(condition, 10s, [&] {
            if (std::chrono::steady_clock::now() < due)
                return;
            due += 20ms;
            a.tone(prepared.rtp, 440);
            b.tone(prepared.rtp, 1000);
        });
    };
    layer->choose(prepared.media, "tag-a");
    ASSERT_TRUE(both([&] { return status().toTag == "tag-a" && status().packets > 10; }));
    layer->choose(prepared.media, "tag-b");
    ASSERT_TRUE(both([&] { return status().toTag == "tag-b"; }));
    layer->ended(prepared.media, "tag-b");
    layer->choose(prepared.media, "");
    ASSERT_TRUE(both([&] { return status().toTag == "tag-a" && status().packets > 30; }));
    layer->release(prepared.media);
    const auto recordings = recorded();
    ASSERT_EQ(recordings.size(), 2U);
    for (const auto &recording : recordings) {
        const auto file = media::readWav(recording.path);
        ASSERT_TRUE(file) << file.error().sentence;
        EXPECT_NEAR(support::strongest(file->mono, 8000), recording.toTag == "tag-a" ? 440 : 1000,
                    5);
        EXPECT_NEAR(recording.meanLevel, -9.2, 1.5);
    }
}

TEST_F(MediaTest, SendsFromTheSamePortOnceTheRemoteIsKnown)
{
    request.sending.kind = media::SendKind::Tone;
    ASSERT_NO_FATAL_FAILURE(open());
    support::RtpSource peer(0x55);
    EXPECT_EQ(status().sent, 0U);
    layer->remote(prepared.media, remote("tag", peer));
    std::vector<std::string> got;
    ASSERT_TRUE(support::stepUntil([&] {
        for (std::string packet = peer.receive(); !packet.empty(); packet = peer.receive())
            got.push_back(packet);
        return got.size() >= 25;
    }));
    const auto first = rtp::parseRtp(got[0]), last = rtp::parseRtp(got.back());
    ASSERT_TRUE(first && last);
    EXPECT_EQ(first->payloadType, 0);
    EXPECT_NEAR(*rtp::g711Level(0, last->payload), -10, 1);
    std::vector<base::Instant> times;
    for (const auto &packet : packets.take(0ms)) {
        ASSERT_TRUE(packet.outgoing);
        EXPECT_EQ(packet.source, prepared.rtp);
        EXPECT_EQ(packet.destination, peer.local());
        times.push_back(packet.time);
    }
    ASSERT_GE(times.size(), 25U);
    // Paced by an absolute schedule: however late single packets are, 24 steps take 480 ms.
    EXPECT_GT(times[24] - times[0], base::Duration(400ms));
    EXPECT_TRUE(support::stepUntil([&] { return status().sent >= 25; }));
}

TEST_F(MediaTest, SendsNothingWhereItMayNot)
{
    ASSERT_NO_FATAL_FAILURE(open());
    support::RtpSource peer(0x56), other(0x57);
    auto quiet = remote("quiet", peer);
    quiet.weMaySend = false;
    layer->remote(prepared.media, quiet);
    layer->remote(prepared.media,
                  {"held", {base::Address::v4(0), 4000}, {{0, "PCMU", 8000, 1}}, true, true});
    layer->remote(prepared.media, remote("open", other));
    ASSERT_TRUE(support::stepUntil([&] { return !other.receive().empty() && status().sent >= 3; }));
    EXPECT_TRUE(peer.receive().empty());
}

TEST_F(MediaTest, OpusGoesThereAndBack)
{
    ASSERT_NO_FATAL_FAILURE(open());
    auto sending = request;
    sending.sending.kind = media::SendKind::Tone;
    sending.sending.toneHertz = 1000;
    const auto peer = layer->prepare(sending);
    ASSERT_TRUE(peer) << peer.error().sentence;
    layer->record(prepared.media, folder, "opus");
    layer->remote(peer->media, {"x", prepared.rtp, {{96, "opus", 48000, 2}}, true, true});
    ASSERT_TRUE(support::stepUntil([&] { return status().packets >= 40; }));
    EXPECT_EQ(status().codec, "opus/48000");
    EXPECT_NEAR(status().level, -10, 2);
    layer->release(prepared.media);
    const auto recordings = recorded();
    ASSERT_EQ(recordings.size(), 1U);
    const auto file = media::readWav(recordings[0].path);
    ASSERT_TRUE(file);
    EXPECT_EQ(file->rate, 48000U);
    EXPECT_NEAR(support::strongest(std::span(file->mono).last(9600), 48000), 1000, 5);
}

TEST_F(MediaTest, BothDirectionsAreRecordedEachForItselfAndTogether)
{
    request.sending.kind = media::SendKind::Tone;
    request.sending.toneHertz = 1000;
    ASSERT_NO_FATAL_FAILURE(open());
    support::RtpSource peer(0x77);
    layer->record(prepared.media, folder);
    layer->remote(prepared.media, remote("tag", peer));
    ASSERT_TRUE(sendUntil(
        peer, [&] { return status().packets >= 50 && status().sent >= 50; }, 425));
    layer->release(prepared.media);
    const auto theirs = recorded(), ours = recorded(media::Recorded::Sent),
               both = recorded(media::Recorded::Both);
    ASSERT_EQ(theirs.size(), 1U);
    ASSERT_EQ(ours.size(), 1U);
    ASSERT_EQ(both.size(), 1U);
    for (const auto &[info, hertz, level] :
         {std::tuple(theirs[0], 425.0, -9.2), std::tuple(ours[0], 1000.0, -10.0)}) {
        EXPECT_EQ(info.toTag, "tag");
        const auto file = media::readWav(info.path);
        ASSERT_TRUE(file) << file.error().sentence;
        EXPECT_NEAR(support::strongest(file->mono, 8000), hertz, 5);
        EXPECT_NEAR(info.meanLevel, level, 0.5);
        EXPECT_GE(info.length, base::Duration(900ms));
    }
    std::ifstream in(both[0].path, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    std::vector<std::int16_t> left, right;
    for (std::size_t at = 44; at + 4 <= bytes.size(); at += 4) {
        std::int16_t pair[2];
        std::memcpy(pair, &bytes[at], 4);
        left.push_back(pair[0]);
        right.push_back(pair[1]);
    }
    ASSERT_GE(left.size(), 7200U);
    EXPECT_NEAR(support::strongest(left, 8000), 425, 5);
    EXPECT_NEAR(support::strongest(right, 8000), 1000, 5);
    EXPECT_LT(support::powerAt(left, 1000, 8000), -50); // nothing of the other side
    EXPECT_LT(support::powerAt(right, 425, 8000), -50);
}

TEST_F(MediaTest, SendsAFile)
{
    {
        std::vector<std::int16_t> second(16000);
        for (std::size_t i = 0; i < second.size(); ++i)
            second[i] = static_cast<std::int16_t>(i % 20 < 10 ? 12000 : -12000); // 800 Hz at 16 kHz
        std::string data(reinterpret_cast<const char *>(second.data()), second.size() * 2);
        std::ofstream out(folder + "/in.wav", std::ios::binary);
        const auto number = [](std::uint32_t v) {
            return std::string(reinterpret_cast<const char *>(&v), 4);
        };
        out << "RIFF" << number(36 + 32000) << "WAVEfmt " << number(16)
            << std::string("\1\0\1\0", 4) << number(16000) << number(32000)
            << std::string("\2\0\20\0", 4) << "data" << number(32000) << data;
    }
    request.sending.kind = media::SendKind::File;
    request.sending.file = folder + "/in.wav";
    ASSERT_NO_FATAL_FAILURE(open());
    support::RtpSource peer(0x66);
    layer->remote(prepared.media, remote("tag", peer));
    std::string packet;
    int seen = 0;
    ASSERT_TRUE(support::stepUntil([&] {
        for (std::string next = peer.receive(); !next.empty(); next = peer.receive()) {
            packet = next;
            ++seen;
        }
        return seen >= 10;
    }));
    EXPECT_NEAR(*rtp::g711Level(0, rtp::parseRtp(packet)->payload), -8.7, 1.5);
}

TEST_F(MediaTest, BadRequestsGiveASentence)
{
    ASSERT_NO_FATAL_FAILURE(open());
    auto bad = request;
    bad.sending.kind = media::SendKind::File;
    bad.sending.file = "/nonexistent.wav";
    const auto file = layer->prepare(bad);
    ASSERT_FALSE(file);
    EXPECT_NE(file.error().sentence.find("/nonexistent.wav"), std::string::npos);
    bad = request;
    bad.local = *base::Address::parse("192.0.2.200");
    EXPECT_FALSE(layer->prepare(bad));
    EXPECT_TRUE(layer->prepare(request)); // and the layer lives on
    layer->release(media::MediaHandle{12345});
    EXPECT_TRUE(layer->recordings(media::MediaHandle{12345}).empty());
}

} // namespace
