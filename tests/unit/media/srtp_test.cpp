// SPDX-License-Identifier: Apache-2.0
// SRTP of whole calls on loopback: what is heard, what is refused, whose key tells whose it is.
#include "media_fixture.h"

#include <rtp/rtcp_write.h>
#include <rtp/rtp_packet.h>
#include <rtp/srtp.h>

namespace {

media::SrtpKeys freshKeys(rtp::SrtpSuite suite = rtp::SrtpSuite::AesCm128Sha80)
{
    return {rtp::freshKey(suite, 1), {rtp::freshKey(suite, 1)}};
}

/// The other end of a dialog's keys.
class SecurePeer
{
public:
    explicit SecurePeer(const media::SrtpKeys &keys, std::uint32_t ssrc = 7)
        : source(ssrc), m_keys(keys)
    {
        key(keys.theirs.front());
        m_opener = rtp::SrtpOpener::open(keys.ours);
    }
    void key(const rtp::SdesKey &theirs)
    {
        m_sealer = rtp::SrtpSealer::open(theirs);
        source.sealedBy([this](const std::string &clear) {
            std::string sealed;
            return m_sealer->rtp(clear, sealed) ? sealed : std::string();
        });
    }
    media::Remote answer(const std::string &tag) const
    {
        media::Remote out{tag, source.local(), {{0, "PCMU", 8000, 1}}, true, true};
        out.keys = m_keys;
        out.mux = true; // so that RTCP comes to the same socket
        return out;
    }
    /// Looks at what came.
    void look()
    {
        std::string plain;
        for (std::string bytes = source.receive(); !bytes.empty(); bytes = source.receive()) {
            const bool control = rtp::looksLikeRtcp(bytes);
            const auto result =
                control ? m_opener->rtcp(bytes, plain) : m_opener->rtp(bytes, plain);
            const bool opened = result == rtp::SrtpOpener::Result::Opened;
            ++(!opened ? closed : control ? reports : packets);
        }
    }

    support::RtpSource source;
    int packets = 0, reports = 0, closed = 0;

private:
    media::SrtpKeys m_keys;
    std::unique_ptr<rtp::SrtpSealer> m_sealer;
    std::unique_ptr<rtp::SrtpOpener> m_opener;
};

class Srtp : public MediaTest
{
protected:
    Srtp() { request.srtp = media::Srtp::Required; }
    bool waits(const std::function<bool()> &condition)
    {
        return support::stepUntil(condition, 30s, [] {});
    }
};

class SrtpSuite : public Srtp, public testing::WithParamInterface<rtp::SrtpSuite>
{
};

TEST_P(SrtpSuite, BothWaysAreProtectedAndHeard)
{
    open();
    SecurePeer peer(freshKeys(GetParam()));
    layer->remote(prepared.media, peer.answer("tag"));
    ASSERT_TRUE(waits([&] { return !status().srtp.suite.empty(); })); // media knows the keys
    const auto both = [&] {
        peer.look();
        return status().playing && status().level > -20 && peer.packets > 10 && peer.reports > 0;
    };
    EXPECT_TRUE(sendUntil(peer.source, both));
    EXPECT_EQ(peer.closed, 0) << "something left without protection";
    const auto figures = status();
    EXPECT_EQ(figures.toTag, "tag");
    EXPECT_EQ(figures.srtp.suite, rtp::suiteName(GetParam()));
    EXPECT_EQ(figures.srtp.refused, 0U);
    EXPECT_EQ(figures.srtp.keyless, 0U);
    EXPECT_EQ(figures.lost, 0U);
    // What goes to the ladder is what was on the wire.
    bool clear = false;
    const std::string silence(40, '\xff');
    for (const auto &packet : packets.take(base::Duration{0}, 65536))
        clear = clear || packet.hint == base::PayloadHint::Rtcp ||
                (rtp::parseRtp(packet.payload.text()) &&
                 packet.payload.text().find(silence) != std::string_view::npos);
    EXPECT_FALSE(clear);
}

INSTANTIATE_TEST_SUITE_P(All, SrtpSuite,
                         testing::Values(rtp::SrtpSuite::AesCm128Sha80,
                                         rtp::SrtpSuite::AesCm128Sha32, rtp::SrtpSuite::AesGcm128,
                                         rtp::SrtpSuite::AesGcm256));

TEST_F(Srtp, AnotherKeyIsCountedAndNotHeard)
{
    open();
    SecurePeer peer(freshKeys());
    layer->remote(prepared.media, peer.answer("tag"));
    peer.key(rtp::freshKey(rtp::SrtpSuite::AesCm128Sha80, 1));
    EXPECT_TRUE(sendUntil(peer.source, [&] { return status().srtp.refused >= 20; }));
    EXPECT_FALSE(status().playing);
    EXPECT_EQ(status().packets, 0U);
    EXPECT_TRUE(status().heard.empty());
}

TEST_F(Srtp, ReportsInTheClearAreCountedAsWhatTheyAre)
{
    open();
    const auto keys = freshKeys();
    SecurePeer peer(keys);
    layer->remote(prepared.media, peer.answer("tag"));
    rtp::SenderInfo sender;
    sender.ssrc = 7;
    sender.packets = 1;
    const std::string goodbye = rtp::writeReport(sender, {}, "bob", true);
    std::uint64_t sent = 0; // the first may come before the keys are known
    EXPECT_TRUE(waits([&] {
        peer.source.raw(prepared.rtp, goodbye); // as peers do whose keys are gone before it
        ++sent;
        return status().srtp.clear >= 3;
    }));
    EXPECT_EQ(status().srtp.refused, 0U);
    EXPECT_EQ(status().control.received, 0U) << "anybody could have sent it";
    EXPECT_FALSE(status().control.bye);

    auto sealer = rtp::SrtpSealer::open(keys.theirs.front());
    EXPECT_TRUE(waits([&] {
        std::string sealed;
        EXPECT_TRUE(sealer->rtcp(goodbye, sealed));
        sealed.back() ^= 1; // on its way
        peer.source.raw(prepared.rtp, sealed);
        return status().srtp.refused >= 3;
    }));
    EXPECT_LE(status().srtp.clear, sent) << "what does not authenticate is not in the clear";
}

TEST_F(Srtp, PlainSoundIsNotHeardWhereProtectionIsRequired)
{
    open();
    support::RtpSource before(1);
    EXPECT_TRUE(sendUntil(before, [&] { return status().srtp.keyless >= 5; })); // no answer yet
    auto plain = remote("plain", before);
    plain.closed = true;
    layer->remote(prepared.media, plain);
    const auto counted = status().srtp.keyless;
    EXPECT_TRUE(sendUntil(before, [&] { return status().srtp.keyless >= counted + 5; }));
    EXPECT_FALSE(status().playing);
    EXPECT_TRUE(before.receive().empty()) << "something was sent to who agreed on no keys";
}

TEST_F(Srtp, OfferedItMayBePlainOnceTheAnswerSaysSo)
{
    request.srtp = media::Srtp::Offered;
    open();
    support::RtpSource peer(1);
    EXPECT_TRUE(sendUntil(peer, [&] { return status().srtp.keyless >= 5; }));
    EXPECT_FALSE(status().playing) << "it may have been encrypted: noise";
    layer->remote(prepared.media, remote("tag", peer));
    EXPECT_TRUE(sendUntil(peer, [&] { return status().playing && status().level > -20; }));
    EXPECT_TRUE(waits([&] { return rtp::parseRtp(peer.receive()).has_value(); }));
    EXPECT_TRUE(status().srtp.suite.empty());
}

TEST_F(Srtp, TheKeyTellsWhichForkItIs)
{
    open();
    SecurePeer a(freshKeys(), 1), b(freshKeys(), 2);
    // Both say that they would send from elsewhere, as behind a relay.
    auto first = a.answer("a"), second = b.answer("b");
    const auto elsewhere = *base::Endpoint::parse("127.0.0.2:9");
    first.rtp = second.rtp = elsewhere;
    layer->remote(prepared.media, first);
    layer->remote(prepared.media, second);
    layer->choose(prepared.media, "a");
    EXPECT_TRUE(sendUntil(a.source, [&] { return status().playing; }));
    EXPECT_EQ(status().toTag, "a");
    layer->choose(prepared.media, "b");
    EXPECT_TRUE(sendUntil(b.source, [&] { return status().playing && status().toTag == "b"; }));
    EXPECT_EQ(status().srtp.refused, 0U);
}

TEST_F(Srtp, ANewKeyTakesOverAndTheSameOneChangesNothing)
{
    open();
    auto keys = freshKeys();
    SecurePeer peer(keys);
    layer->remote(prepared.media, peer.answer("tag"));
    EXPECT_TRUE(sendUntil(peer.source, [&] { return status().packets >= 10; }));
    layer->remote(prepared.media, peer.answer("tag")); // the 200 after the 183
    const auto before = status().packets;
    EXPECT_TRUE(sendUntil(peer.source, [&] { return status().packets >= before + 10; }));
    keys.theirs = {rtp::freshKey(rtp::SrtpSuite::AesCm128Sha80, 1)};
    auto changed = peer.answer("tag");
    changed.keys = keys;
    layer->remote(prepared.media, changed);
    const auto old = status().packets; // what is still on its way has the former key
    EXPECT_TRUE(sendUntil(peer.source, [&] { return status().packets >= old + 5; }));
    peer.key(keys.theirs.front());
    const auto rekeyed = status().packets;
    EXPECT_TRUE(sendUntil(peer.source, [&] { return status().packets >= rekeyed + 10; }));
    EXPECT_EQ(status().srtp.refused, 0U);
    const int sent = peer.packets;
    EXPECT_TRUE(waits([&] {
        peer.look();
        return peer.packets > sent + 10;
    }));
    EXPECT_EQ(peer.closed, 0) << "ours went on under our own key";
}

TEST_F(Srtp, WhatComesTwiceIsCountedAsACopy)
{
    open();
    SecurePeer peer(freshKeys());
    layer->remote(prepared.media, peer.answer("tag"));
    auto sealer = std::shared_ptr<rtp::SrtpSealer>(
        rtp::SrtpSealer::open(peer.answer("tag").keys->theirs.front()));
    peer.source.sealedBy([&, sealer](const std::string &clear) {
        std::string sealed;
        sealer->rtp(clear, sealed);
        peer.source.raw(prepared.rtp, sealed); // and once more by the source itself
        return sealed;
    });
    EXPECT_TRUE(sendUntil(peer.source, [&] { return status().duplicates >= 10; }));
    EXPECT_EQ(status().srtp.refused, 0U);
}

} // namespace
