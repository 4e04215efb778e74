// SPDX-License-Identifier: Apache-2.0
// Legs in one ladder: every row once, in order, and each tie of a row holds.
#include <ladder/outline.h>
#include <ladder/together.h>

#include <gtest/gtest.h>

namespace {

class Together : public ::testing::Test
{
protected:
    trace::RowId at(std::int64_t ms)
    {
        base::Packet packet;
        packet.time = base::Instant{ms * 1'000'000};
        return m_trace.add(trace::RowKind::Local, packet, {}, sip::Digest{});
    }
    static void place(calls::Call &call, trace::RowId row, std::uint32_t transaction,
                      std::uint32_t dialog)
    {
        calls::CallRow entry;
        entry.row = row;
        entry.transaction = transaction;
        entry.earlyDialog = dialog;
        call.rows.push_back(entry);
        call.transactions.resize(std::max<std::size_t>(call.transactions.size(), transaction + 1));
        call.earlyDialogs.resize(std::max<std::size_t>(call.earlyDialogs.size(), dialog + 1));
    }
    static diagnosis::BoundStream bound(std::uint32_t id, std::uint32_t dialog,
                                        diagnosis::Certainty certainty)
    {
        auto stream = std::make_shared<rtp::Stream>();
        stream->id = rtp::StreamId{id};
        diagnosis::BoundStream out;
        out.stream = stream;
        out.earlyDialog = dialog;
        out.certainty = certainty;
        return out;
    }
    std::vector<std::uint32_t> rows(const ladder::Together &all) const
    {
        std::vector<std::uint32_t> out;
        for (const calls::CallRow &row : all.call.rows)
            out.push_back(row.row.value);
        return out;
    }

    trace::Trace m_trace;
};

TEST_F(Together, RowsStandInOrderOfTimeAndKeepTheirTies)
{
    calls::Call one, two;
    one.from = "alice";
    const auto a = at(0), b = at(10), c = at(20), d = at(30);
    place(one, a, 0, 0);
    place(one, d, 1, 0);
    place(two, b, 0, 0);
    place(two, c, 0, 1);
    const std::vector<ladder::Leg> legs{{&one, {}, {}}, {&two, {}, {}}};
    const auto all = ladder::together(m_trace, legs);
    EXPECT_EQ(all.call.from, "alice");
    EXPECT_EQ(rows(all), (std::vector<std::uint32_t>{a.value, b.value, c.value, d.value}));
    EXPECT_EQ(all.call.transactions.size(), 3U);
    EXPECT_EQ(all.call.earlyDialogs.size(), 3U);
    EXPECT_EQ(all.call.rows[1].transaction, 2U);
    EXPECT_EQ(all.call.rows[2].earlyDialog, 2U);
    EXPECT_EQ(all.call.rows[3].transaction, 1U);
}

TEST_F(Together, ARowNeverStandsAboveItsCauseThoughItsStampIsEarlier)
{
    calls::Call one, two;
    const auto invite = at(10), early = at(5), other = at(7);
    place(one, invite, 0, 0);
    place(one, early, 0, 0); // its call put it behind the INVITE
    place(two, other, 0, 0);
    const std::vector<ladder::Leg> legs{{&one, {}, {}}, {&two, {}, {}}};
    EXPECT_EQ(rows(ladder::together(m_trace, legs)),
              (std::vector<std::uint32_t>{other.value, invite.value, early.value}));
}

TEST_F(Together, AStreamOfTwoLegsIsShownOnceByItsSurestTie)
{
    calls::Call one, two;
    place(one, at(0), 0, 0);
    place(two, at(1), 0, 0);
    const std::vector first{bound(7, 0, diagnosis::Certainty::Guess)};
    const std::vector second{bound(7, 0, diagnosis::Certainty::Exact),
                             bound(8, ~0U, diagnosis::Certainty::Likely)};
    const std::vector<ladder::Leg> legs{{&one, first, {}}, {&two, second, {}}};
    const auto all = ladder::together(m_trace, legs);
    ASSERT_EQ(all.streams.size(), 2U);
    EXPECT_EQ(all.streams[0].certainty, diagnosis::Certainty::Exact);
    EXPECT_EQ(all.streams[0].earlyDialog, 1U);
    EXPECT_EQ(all.streams[1].earlyDialog, ~0U);
}

TEST_F(Together, EveryRowSaysWhichLegItIsOf)
{
    const auto said = [&](std::int64_t ms, const std::string &callId) {
        base::Packet packet;
        packet.time = base::Instant{ms * 1'000'000};
        const std::string text = "OPTIONS sip:bob@example.test SIP/2.0\r\nCall-ID: " + callId +
                                 "\r\nCSeq: 1 OPTIONS\r\n\r\n";
        const auto message = sip::parse(text);
        return m_trace.add(trace::RowKind::Message, packet, text, &*message);
    };
    calls::Call one, two;
    const auto a = said(0, "one"), b = said(10, "two"), c = said(20, "one");
    place(one, a, 0, 0);
    place(two, b, 0, 0);
    place(one, c, 1, 0);
    const auto badges = [&](const ladder::Together &all) {
        const diagnosis::Evidence evidence{all.call, m_trace, all.streams, {}, base::Instant{1}};
        std::vector<std::string> out;
        const auto outline = ladder::outline(evidence, {}, {});
        for (const ladder::Step &step : outline.steps)
            out.push_back(step.badges.empty() ? "" : step.badges.front().text);
        return out;
    };
    const std::vector<ladder::Leg> both{{&one, {}, {}}, {&two, {}, {}}}, alone{{&one, {}, {}}};
    EXPECT_EQ(badges(ladder::together(m_trace, both)),
              (std::vector<std::string>{"leg 1", "leg 2", "leg 1"}));
    EXPECT_EQ(badges(ladder::together(m_trace, alone)), (std::vector<std::string>{"", ""}));
}

TEST_F(Together, NothingIsNothing)
{
    EXPECT_TRUE(ladder::together(m_trace, {}).call.rows.empty());
}

} // namespace
