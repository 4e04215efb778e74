// SPDX-License-Identifier: Apache-2.0
// The DTLS handshakes of a call: who begins, what is lost, whose certificate it is.
#include <gtest/gtest.h>
#include <map>
#include <media/dtls.h>
#include <netinet/in.h>
#include <set>
#include <support/step_until.h>

namespace {

using namespace std::chrono_literals;
using media::Dtls;

base::Endpoint at(std::uint16_t port)
{
    return {base::Address::v4(INADDR_LOOPBACK), port};
}

/// Two or more sides and the datagrams between them, in a world with a clock of its own but for
/// OpenSSL's.
class DtlsTest : public testing::Test
{
protected:
    struct Side {
        std::shared_ptr<const media::DtlsIdentity> identity;
        std::unique_ptr<Dtls> dtls;
        std::vector<Dtls::News> news;
    };
    struct Datagram {
        base::Endpoint from, to;
        std::string bytes;
    };

    Side &side(std::uint16_t port)
    {
        Side &out = m_sides[port];
        if (!out.dtls) {
            out.identity = *media::DtlsIdentity::make();
            out.dtls = std::make_unique<Dtls>(
                out.identity, [this, port](const base::Endpoint &to, std::string_view bytes) {
                    if (!m_lose || !m_lose(m_sent++))
                        m_wire.push_back({at(port), to, std::string(bytes)});
                });
        }
        return out;
    }
    media::DtlsPeer peer(std::uint16_t port, bool weBegin)
    {
        return {{side(port).identity->fingerprint()}, weBegin};
    }
    void expect(std::uint16_t here, std::uint16_t there, bool weBegin, const std::string &tag = "a")
    {
        side(here).dtls->expect(tag, at(there), peer(there, weBegin), m_now);
    }
    void step()
    {
        for (auto &[port, each] : m_sides) {
            each.dtls->turn(m_now);
            for (auto &news : each.dtls->takeNews())
                each.news.push_back(news);
        }
        const auto carried = std::exchange(m_wire, {});
        for (const Datagram &each : carried) {
            const auto to = m_sides.find(each.to.port);
            if (to != m_sides.end())
                to->second.dtls->received(m_natted ? at(9) : each.from, each.bytes, base::now(),
                                          m_now);
        }
    }
    std::optional<media::SrtpKeys> keys(std::uint16_t port, const std::string &tag = "a")
    {
        return side(port).dtls->keysOf(tag);
    }
    bool bothHaveKeys()
    {
        return support::stepUntil([&] { return keys(1) && keys(2); }, 20s, [&] { step(); });
    }

    std::map<std::uint16_t, Side> m_sides;
    std::vector<Datagram> m_wire;
    std::function<bool(int)> m_lose;
    int m_sent = 0;
    bool m_natted = false;
    base::Duration m_now = 100s;
};

TEST_F(DtlsTest, BothEndWithTheSameKeysCrossed)
{
    expect(2, 1, false);
    expect(1, 2, true);
    ASSERT_TRUE(bothHaveKeys());
    EXPECT_EQ(keys(1)->ours, keys(2)->theirs.at(0));
    EXPECT_EQ(keys(2)->ours, keys(1)->theirs.at(0));
    EXPECT_NE(keys(1)->ours.material, keys(2)->ours.material);
    EXPECT_EQ(keys(1)->ours.material.size(), 30U);
    EXPECT_EQ(keys(1)->ours.suite, rtp::SrtpSuite::AesCm128Sha80);
}

TEST_F(DtlsTest, LostDatagramsAreSentAgain)
{
    for (const int lost : {0, 1, 2, 3}) {
        m_sides.clear();
        m_sent = 0;
        m_lose = [lost](int number) { return number == lost; };
        expect(2, 1, false);
        expect(1, 2, true);
        EXPECT_TRUE(bothHaveKeys()) << "datagram " << lost << " was lost";
    }
}

TEST_F(DtlsTest, AHandshakeMayBeginBeforeTheAnswerIsHere)
{
    side(2);
    expect(1, 2, true); // whoever answers begins at once; we have no answer yet
    ASSERT_TRUE(support::stepUntil([&] { return keys(1).has_value(); }, 20s, [&] { step(); }));
    EXPECT_FALSE(keys(2));
    expect(2, 1, false);
    EXPECT_TRUE(keys(2));
    EXPECT_EQ(keys(1)->ours, keys(2)->theirs.at(0));
}

TEST_F(DtlsTest, ItMayComeFromAnotherAddressThanTheSdpSays)
{
    m_natted = true; // all that comes seems to come from port 9
    side(2).dtls->expect("a", at(77), peer(1, false), m_now);
    side(1).dtls->expect("a", at(2), peer(2, true), m_now);
    // What side 2 answers to port 9 is carried to side 1.
    ASSERT_TRUE(support::stepUntil([&] { return keys(1) && keys(2); }, 20s,
                                   [&] {
                                       for (auto &each : m_wire)
                                           each.to = each.to.port == 9
                                                         ? at(each.from.port == 2 ? 1 : 2)
                                                         : each.to;
                                       step();
                                   }));
}

TEST_F(DtlsTest, AnotherCertificateIsRefusedAndSaid)
{
    for (const bool begins : {true, false}) {
        m_sides.clear();
        const auto stranger = *media::DtlsIdentity::make();
        side(1).dtls->expect("a", at(2), {{stranger->fingerprint()}, begins}, m_now);
        expect(2, 1, !begins);
        ASSERT_TRUE(
            support::stepUntil([&] { return !side(1).news.empty(); }, 20s, [&] { step(); }));
        EXPECT_NE(side(1).news[0].trouble.find("not the one that its SDP announced"),
                  std::string::npos)
            << side(1).news[0].trouble;
        EXPECT_EQ(side(1).news[0].toTag, "a");
        EXPECT_FALSE(keys(1));
    }
}

TEST_F(DtlsTest, TheStrongestHashNamedDecides)
{
    const std::string right = side(2).identity->fingerprint();
    const std::string wrongStrong = "sha-512 " + std::string(191, 'A');
    side(1).dtls->expect("a", at(2), {{right, wrongStrong}, true}, m_now);
    expect(2, 1, false);
    ASSERT_TRUE(support::stepUntil([&] { return !side(1).news.empty(); }, 20s, [&] { step(); }));
    EXPECT_FALSE(keys(1));
    std::string lower = right;
    for (char &letter : lower)
        letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    m_sides[1] = {};
    side(1).dtls->expect("a", at(2), {{"md5 AA", lower}, true}, m_now);
    EXPECT_TRUE(support::stepUntil([&] { return keys(1).has_value(); }, 20s, [&] { step(); }));
}

TEST_F(DtlsTest, ForksWithOneAddressAreToldApartByTheirCertificates)
{
    expect(3, 1, true);
    expect(2, 1, true);
    side(1).dtls->expect("two", at(7), peer(2, false), m_now);
    side(1).dtls->expect("three", at(7), peer(3, false), m_now);
    ASSERT_TRUE(
        support::stepUntil([&] { return keys(1, "two") && keys(1, "three") && keys(2) && keys(3); },
                           20s, [&] { step(); }));
    EXPECT_EQ(keys(1, "two")->ours, keys(2)->theirs.at(0));
    EXPECT_EQ(keys(1, "three")->ours, keys(3)->theirs.at(0));
}

TEST_F(DtlsTest, SilenceIsSaidAfterFiveSeconds)
{
    side(1);
    side(1).dtls->expect("we", at(5), {{"sha-256 AA"}, true}, m_now);
    side(1).dtls->expect("they", at(6), {{"sha-256 BB"}, false}, m_now);
    m_now += 4900ms;
    step();
    EXPECT_TRUE(side(1).news.empty());
    m_now += 200ms;
    step();
    step();
    ASSERT_EQ(side(1).news.size(), 2U);
    EXPECT_NE(side(1).news[0].trouble.find("did not answer"), std::string::npos);
    EXPECT_NE(side(1).news[1].trouble.find("was to begin"), std::string::npos);
}

TEST_F(DtlsTest, TheSameAgainChangesNothingAnotherCertificateDoes)
{
    expect(2, 1, false);
    expect(1, 2, true);
    ASSERT_TRUE(bothHaveKeys());
    const auto before = keys(1);
    const int sent = m_sent;
    m_lose = [](int) { return false; };
    expect(1, 2, true);
    EXPECT_EQ(keys(1), before);
    step();
    EXPECT_EQ(m_sent, sent);
    side(1).dtls->expect("a", at(2), {{"sha-256 CC"}, true}, m_now);
    EXPECT_FALSE(keys(1));
}

TEST_F(DtlsTest, GarbageAndFloodsCostNothing)
{
    expect(1, 2, false);
    std::string hello(120, '\0');
    hello.replace(0, 3, "\x16\xFE\xFD");
    hello[13] = 1;
    for (int i = 0; i < 2000; ++i) {
        hello[30] = static_cast<char>(i);
        hello[31] = static_cast<char>(i >> 8);
        side(1).dtls->received(at(static_cast<std::uint16_t>(100 + i % 50)), hello, base::now(),
                               m_now);
        side(1).dtls->received(at(8), std::string(13, '\x16'), base::now(), m_now);
    }
    expect(2, 1, true);
    EXPECT_TRUE(bothHaveKeys()) << "and who is expected is still served";
}

TEST(DtlsIdentity, EachCallHasItsOwn)
{
    std::set<std::string> seen;
    for (int i = 0; i < 4; ++i)
        seen.insert((*media::DtlsIdentity::make())->fingerprint());
    EXPECT_EQ(seen.size(), 4U);
    EXPECT_EQ(seen.begin()->substr(0, 8), "sha-256 ");
    EXPECT_EQ(seen.begin()->size(), 8U + 32 * 3 - 1);
}

} // namespace
