// SPDX-License-Identifier: Apache-2.0
// Local ringback, key presses and RTCP of a whole media layer on loopback.
#include "media_fixture.h"

#include <rtp/dtmf.h>
#include <rtp/rtcp.h>
#include <rtp/rtp_packet.h>
#include <set>

namespace {

TEST_F(MediaTest, A180RingsUntilMediaComesAndAgainAfterIt)
{
    request.ringback = "DE";
    open();
    support::RtpSource peer(7);
    layer->remote(prepared.media, remote("tag", peer));
    EXPECT_FALSE(status().ringing);
    layer->progress(prepared.media, "tag", true);
    EXPECT_TRUE(support::stepUntil([&] { return status().ringing; }, 30s, [] {}));
    EXPECT_NE(status().why.find("rule 2"), std::string::npos) << status().why;
    EXPECT_TRUE(sendUntil(peer, [&] { return !status().ringing; }));
    EXPECT_NE(status().why.find("rule 3"), std::string::npos) << status().why;
    EXPECT_TRUE(support::stepUntil([&] { return status().ringing; }, 30s, [] {})); // it stopped
    layer->answered(prepared.media);
    EXPECT_TRUE(support::stepUntil([&] { return !status().ringing; }, 30s, [] {}));
}

TEST_F(MediaTest, WithoutA180NothingRings)
{
    request.ringback = "DE";
    open();
    support::RtpSource peer(7);
    layer->remote(prepared.media, remote("tag", peer));
    EXPECT_TRUE(support::stepUntil([&] { return status().why.find("rule 1") != std::string::npos; },
                                   30s, [] {}));
    EXPECT_FALSE(status().ringing);
}

TEST_F(MediaTest, KeysArePressedAndGoodbyeIsSaid)
{
    open();
    support::RtpSource peer(7);
    auto answer = remote("tag", peer);
    answer.send.push_back({101, "telephone-event", 8000, 1});
    answer.mux = true; // so that RTCP comes to the same socket
    layer->remote(prepared.media, answer);
    layer->press(prepared.media, "42");
    std::vector<rtp::Digit> digits;
    rtp::DtmfReader reader;
    bool bye = false;
    const auto look = [&] {
        for (std::string bytes = peer.receive(); !bytes.empty(); bytes = peer.receive()) {
            const auto rtp = rtp::parseRtp(bytes);
            if (rtp::isRtcp(bytes))
                bye = bye || bytes.find("\x81\xCB") != std::string::npos;
            else if (rtp && rtp->payloadType == 101)
                reader.add(base::now(), rtp->timestamp, 8000, rtp->payload, digits);
        }
    };
    EXPECT_TRUE(support::stepUntil([&] { return status().pressed == 2; }, 30s, look));
    look();
    ASSERT_EQ(digits.size(), 2U);
    EXPECT_EQ(digits[0].key, '4');
    EXPECT_EQ(digits[1].key, '2');
    EXPECT_TRUE(digits[1].ended);
    layer->release(prepared.media);
    EXPECT_TRUE(support::stepUntil([&] { return bye; }, 30s, look));
}

TEST_F(MediaTest, KeysThatCannotBeSentAreSaidSo)
{
    open();
    support::RtpSource peer(7);
    layer->remote(prepared.media, remote("tag", peer));
    std::mutex guard;
    std::optional<media::Presses> told;
    layer->press(prepared.media, "1", [&](const media::Presses &presses) {
        std::lock_guard lock(guard);
        told = presses;
    });
    ASSERT_TRUE(support::stepUntil(
        [&] {
            std::lock_guard lock(guard);
            return told.has_value();
        },
        30s, [] {}));
    EXPECT_EQ(told->taken, 0U);
    EXPECT_NE(told->trouble.find("takes no telephone events"), std::string::npos) << told->trouble;
}

TEST_F(MediaTest, NothingRingsOrIsSentAfterHangUp)
{
    request.ringback = "DE";
    open();
    support::RtpSource peer(7);
    auto answer = remote("tag", peer);
    answer.mux = true;
    layer->remote(prepared.media, answer);
    layer->progress(prepared.media, "tag", true);
    layer->progress(prepared.media, "without a description", true);
    bool bye = false;
    const auto look = [&] {
        for (std::string bytes = peer.receive(); !bytes.empty(); bytes = peer.receive()) {
            EXPECT_FALSE(bye) << "something came after the goodbye";
            bye = bye || (rtp::isRtcp(bytes) && bytes.find("\x81\xCB") != std::string::npos);
        }
    };
    ASSERT_TRUE(
        support::stepUntil([&] { return status().ringing && status().sent > 0; }, 30s, look));
    layer->quiet(prepared.media);
    EXPECT_TRUE(support::stepUntil([&] { return !status().ringing && bye; }, 30s, look));
    layer->progress(prepared.media, "tag", true); // what was under way yet
    layer->remote(prepared.media, answer);
    layer->release(prepared.media);
    (void)layer->recordings(prepared.media); // waits for it
    look();
    EXPECT_FALSE(status().ringing);
    EXPECT_GT(status().sent, 0U);
    EXPECT_EQ(status().control.sent, 1U); // the goodbye is counted
}

TEST_F(MediaTest, ASecondAnswerBringsWhatTheFirstLacked)
{
    open();
    support::RtpSource peer(7);
    // The first entry is none that we can send, so the second is what both answers mean.
    auto early = remote("tag", peer);
    early.send.insert(early.send.begin(), {18, "G729", 8000, 1});
    layer->remote(prepared.media, early);
    std::set<std::uint32_t> ssrcs;
    std::size_t events = 0, reports = 0;
    const auto look = [&] {
        for (std::string bytes = peer.receive(); !bytes.empty(); bytes = peer.receive()) {
            const auto rtp = rtp::parseRtp(bytes);
            if (rtp::isRtcp(bytes)) {
                ++reports;
            } else if (rtp) {
                ssrcs.insert(rtp->ssrc);
                events += rtp->payloadType == 101 ? 1 : 0;
            }
        }
    };
    ASSERT_TRUE(support::stepUntil([&] { return status().sent >= 3; }, 30s, look));
    auto final = early;
    final.send.push_back({101, "telephone-event", 8000, 1});
    final.mux = true;
    layer->remote(prepared.media, final);
    layer->press(prepared.media, "7");
    EXPECT_TRUE(support::stepUntil([&] { return events > 0; }, 30s, look));
    layer->release(prepared.media);
    EXPECT_TRUE(support::stepUntil([&] { return reports > 0; }, 30s, look)); // to RTP's port
    EXPECT_EQ(ssrcs.size(), 1U);
}

TEST_F(MediaTest, ComfortNoiseAndStrayTypesAreNoLoss)
{
    ASSERT_NO_FATAL_FAILURE(open());
    support::RtpSource source(0x77);
    layer->remote(prepared.media, remote("tag", source));
    rtp::RtpPacket packet;
    packet.ssrc = 0xABCD;
    const std::string voice(160, '\x7F'), noise("\x40"), other(33, '\0');
    auto due = std::chrono::steady_clock::now();
    ASSERT_TRUE(support::stepUntil(
        [&] { return status().packets >= 90; }, 30s,
        [&] {
            if (std::chrono::steady_clock::now() < due)
                return;
            due += 20ms;
            const bool quiet = packet.sequence % 3 == 1, stray = packet.sequence % 3 == 2;
            packet.payloadType = quiet ? 13 : stray ? 3 : 0; // GSM was not offered
            packet.payload = quiet ? noise : stray ? other : voice;
            source.raw(prepared.rtp, rtp::writeRtp(packet));
            ++packet.sequence;
            packet.timestamp += 160;
        }));
    EXPECT_EQ(status().lost, 0U);
    EXPECT_GE(status().wrongPayloadType, 20U);
    EXPECT_EQ(status().codec, "PCMU/8000");
}

TEST_F(MediaTest, AStrayPacketDoesNotEndTheRinging)
{
    request.ringback = "DE";
    open();
    support::RtpSource peer(7);
    layer->remote(prepared.media, remote("tag", peer));
    layer->progress(prepared.media, "tag", true);
    ASSERT_TRUE(support::stepUntil([&] { return status().ringing; }, 30s, [] {}));
    peer.tone(prepared.rtp, 440);
    ASSERT_TRUE(support::stepUntil([&] { return status().packets == 1; }, 30s,
                                   [&] { EXPECT_TRUE(status().ringing); }));
    peer.tone(prepared.rtp, 440);
    ASSERT_TRUE(support::stepUntil([&] { return status().packets == 2; }, 30s,
                                   [&] { EXPECT_TRUE(status().ringing); }));
    EXPECT_TRUE(sendUntil(peer, [&] { return !status().ringing; }));
    EXPECT_NE(status().why.find("were there an audio output"), std::string::npos) << status().why;
}

TEST_F(MediaTest, MediaThatMayNotBeHeardLeavesThePhoneRinging)
{
    request.ringback = "DE";
    open();
    support::RtpSource peer(7);
    layer->permit(prepared.media, "tag", {false, false}); // P-Early-Media: inactive
    layer->remote(prepared.media, remote("tag", peer));
    layer->progress(prepared.media, "tag", true);
    std::size_t sent = 0;
    ASSERT_TRUE(sendUntil(peer, [&] { return status().ringing && ++sent > 20; }));
    EXPECT_FALSE(status().playing);
    layer->permit(prepared.media, "tag", {true, true});
    EXPECT_TRUE(sendUntil(peer, [&] { return !status().ringing && status().playing; }));
}

/// What of RTP came to a peer.
struct Sources {
    std::set<std::uint32_t> ssrcs;
    std::size_t packets = 0, strides = 0; // sequence numbers that did not follow

    void take(support::RtpSource &peer)
    {
        for (std::string bytes = peer.receive(); !bytes.empty(); bytes = peer.receive()) {
            const auto rtp = rtp::parseRtp(bytes);
            if (rtp::isRtcp(bytes) || !rtp)
                continue;
            strides += packets > 0 && rtp->sequence != m_next ? 1 : 0;
            m_next = static_cast<std::uint16_t>(rtp->sequence + 1);
            ssrcs.insert(rtp->ssrc);
            ++packets;
        }
    }

private:
    std::uint16_t m_next = 0;
};

TEST_F(MediaTest, AHoldAndAMoveChangeNoSource)
{
    open();
    support::RtpSource peer(7);
    Sources heard;
    const auto more = [&](std::size_t count) {
        const auto wanted = heard.packets + count;
        return support::stepUntil([&] { return heard.packets >= wanted; }, 30s,
                                  [&] { heard.take(peer); });
    };
    layer->remote(prepared.media, remote("tag", peer));
    ASSERT_TRUE(more(5));
    auto held = remote("tag", peer);
    held.weMaySend = false;
    layer->remote(prepared.media, held);
    layer->remote(prepared.media, remote("tag", peer)); // and resumed
    ASSERT_TRUE(more(5));
    auto other = remote("tag", peer);
    other.send = {{8, "PCMA", 8000, 1}};
    layer->remote(prepared.media, other);
    ASSERT_TRUE(more(5));
    EXPECT_EQ(heard.ssrcs.size(), 1U); // RFC 3550 section 8
    EXPECT_EQ(heard.strides, 0U);
    support::RtpSource elsewhere(8);
    Sources moved;
    layer->remote(prepared.media, remote("tag", elsewhere));
    ASSERT_TRUE(
        support::stepUntil([&] { return moved.packets > 3; }, 30s, [&] { moved.take(elsewhere); }));
    EXPECT_EQ(moved.ssrcs, heard.ssrcs);
}

TEST_F(MediaTest, NothingIsSentBeforeTheAnswerWhereItIsNotAuthorised)
{
    open();
    support::RtpSource peer(7);
    layer->permit(prepared.media, "tag", {true, false}); // P-Early-Media: sendonly
    layer->remote(prepared.media, remote("tag", peer));
    ASSERT_TRUE(sendUntil(peer, [&] { return status().playing && status().packets > 20; }));
    EXPECT_EQ(status().sent, 0U); // RFC 5009 section 8
    layer->permit(prepared.media, "tag", {true, true});
    ASSERT_TRUE(support::stepUntil([&] { return status().sent > 3; }, 30s, [] {}));
    layer->permit(prepared.media, "tag", {true, false});
    layer->choose(prepared.media, "tag");
    layer->answered(prepared.media);
    const auto before = status().sent;
    EXPECT_TRUE(support::stepUntil([&] { return status().sent > before + 5; }, 30s, [] {}));
}

TEST_F(MediaTest, ManyForksAreAllSentTo)
{
    open();
    std::vector<std::unique_ptr<support::RtpSource>> peers;
    for (std::uint32_t i = 0; i < 20; ++i) {
        peers.push_back(std::make_unique<support::RtpSource>(i));
        layer->remote(prepared.media, remote("tag" + std::to_string(i), *peers.back()));
    }
    std::set<std::size_t> reached;
    EXPECT_TRUE(support::stepUntil([&] { return reached.size() == peers.size(); }, 30s,
                                   [&] {
                                       for (std::size_t i = 0; i < peers.size(); ++i)
                                           if (!peers[i]->receive().empty())
                                               reached.insert(i);
                                   }))
        << reached.size();
}

} // namespace
