// SPDX-License-Identifier: Apache-2.0
// Two captures of one conversation, with clocks that differ: what is estimated from them.
#include "talk.h"

#include <session/clock_offset.h>

using namespace talk;
using session::ClockOffset;
using session::Sightings;

namespace {

/// A conversation seen at two points `delay` apart; the second one's clock runs `ahead`.
class TwoPoints
{
public:
    TwoPoints(base::Duration ahead, base::Duration delay) : m_ahead(ahead), m_delay(delay) {}

    /// `seconds` into the conversation; `hops` Vias are added on the way.
    void request(int number, double seconds, unsigned hops = 0)
    {
        const auto at = talk::at(static_cast<std::int64_t>(seconds * 1000));
        see(first, number, 0, 1, at);
        see(second, number, 0, 1 + hops, at + m_delay + m_ahead);
    }
    void response(int number, double seconds, unsigned hops = 0)
    {
        const auto at = talk::at(static_cast<std::int64_t>(seconds * 1000));
        see(second, number, 200, 1 + hops, at + m_ahead);
        see(first, number, 200, 1, at + m_delay);
    }
    static void see(Sightings &where, int number, int status, unsigned vias, base::Instant time)
    {
        std::string text = status == 0 ? "OPTIONS sip:b@example.test SIP/2.0\r\n"
                                       : fmt::format("SIP/2.0 {} x\r\n", status);
        for (unsigned via = vias; via > 0; --via)
            text += fmt::format("Via: SIP/2.0/UDP 192.0.2.{};branch=z9hG4bK{}-{}\r\n", via, number,
                                via);
        text += fmt::format("From: <sip:a@example.test>;tag=a\r\nTo: <sip:b@example.test>\r\n"
                            "Call-ID: c{}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
                            number);
        const auto message = sip::parse(text);
        const bool back = status != 0;
        where.add(*message, time, (back ? kCallee : kCaller).address,
                  (back ? kCaller : kCallee).address);
    }
    ClockOffset estimate() const { return session::estimateClock(first, second); }

    Sightings first, second;

private:
    base::Duration m_ahead, m_delay;
};

void expectAbout(base::Duration value, base::Duration wanted, base::Duration within)
{
    EXPECT_LE(std::abs((value - wanted).count()), within.count())
        << value.count() << " ns, wanted " << wanted.count();
}

} // namespace

TEST(ClockOffset, delayDoesNotCountWhereMessagesWentBothWays)
{
    for (const unsigned hops : {0U, 1U, 2U}) {
        for (const auto ahead : {1234ms, -5000ms, 0ms}) {
            TwoPoints points(ahead, 30ms);
            for (int i = 0; i < 10; ++i) {
                points.request(i, i, hops);
                points.response(i, i + 0.1, hops);
            }
            const ClockOffset found = points.estimate();
            EXPECT_EQ(found.messages, 20U);
            EXPECT_TRUE(found.bothWays);
            expectAbout(found.offset, ahead, 1us);
            expectAbout(found.within, 30ms, 1us);
        }
    }
}

TEST(ClockOffset, isToldWhereItIsMoreThanNobodyCanTell)
{
    ClockOffset clock;
    clock.messages = 7;
    clock.bothWays = true;
    clock.within = 2ms;
    const auto told = [&] { return session::clockSentence(clock, "b.pcap", "a.pcap"); };
    EXPECT_EQ(told(), "");
    clock.offset = -2ms;
    EXPECT_EQ(told(), "");
    clock.offset = -2001us;
    EXPECT_THAT(told(), testing::HasSubstr("runs 0.002001 s behind a.pcap, from 7 messages seen"));
    clock.messages = 1;
    EXPECT_THAT(told(), testing::HasSubstr("from 1 message seen"));
    clock.offset = clock.within = {};
    EXPECT_EQ(told(), "");
    clock.given = clock.applied = true;
    EXPECT_THAT(told(), testing::HasSubstr("as given"));
}

TEST(ClockOffset, outliersDoNotMoveIt)
{
    TwoPoints points(2s, 10ms);
    for (int i = 0; i < 9; ++i) {
        points.request(i, i);
        points.response(i, i + 0.5);
    }
    for (int i = 20; i < 23; ++i) { // held up on the way for seconds
        TwoPoints::see(points.first, i, 0, 1, at(i * 1000));
        TwoPoints::see(points.second, i, 0, 1, at(i * 1000 + 2000 + 7000));
    }
    expectAbout(points.estimate().offset, 2s, 1ms);
}

TEST(ClockOffset, oneDirectionAloneIsTold)
{
    TwoPoints points(0s, 40ms);
    points.request(1, 0);
    points.request(2, 1);
    const ClockOffset found = points.estimate();
    EXPECT_FALSE(found.bothWays);
    EXPECT_EQ(found.messages, 2U);
    expectAbout(found.offset, 40ms, 1us);
}

TEST(ClockOffset, repetitionsPairUpOnlyWhereBothHoldThem)
{
    TwoPoints points(1s, 1ms);
    points.request(1, 0);
    points.request(1, 0.5); // the same bytes again, seen by both
    points.response(1, 0.6);
    TwoPoints::see(points.first, 2, 0, 1, at(5000));
    TwoPoints::see(points.first, 2, 0, 1, at(5500)); // of these only one came through
    TwoPoints::see(points.second, 2, 0, 1, at(5500 + 1000 + 1));
    const ClockOffset found = points.estimate();
    EXPECT_EQ(found.messages, 3U);
    expectAbout(found.offset, 1s, 1us);
}

TEST(ClockOffset, strangersHaveNothingInCommon)
{
    TwoPoints one(0s, 0s), two(0s, 0s);
    one.request(1, 0);
    two.request(2, 0);
    EXPECT_EQ(session::estimateClock(one.first, two.first).messages, 0U);
}
