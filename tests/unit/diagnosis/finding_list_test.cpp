// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/finding_list.h>

#include <gtest/gtest.h>
#include <thread>

namespace {

using diagnosis::Finding;
using diagnosis::FindingList;

Finding made(std::uint32_t call)
{
    Finding out;
    out.rule = "rule-of-mine";
    out.severity = diagnosis::Severity::Warning;
    out.grade = diagnosis::Grade::Likely;
    out.call = calls::CallId{call};
    out.text = "Call " + std::to_string(call) + std::string(300, 'x') + std::string("\0y", 2);
    out.impact = "The caller hears silence.";
    out.evidence = {{trace::RowId{call}, {}, flows::FlowId{0}, 70'000, 3, "seen here"},
                    {{}, rtp::StreamId{4'000'000'000U}, {}, 0, 0, ""}};
    out.fixes = {{"Send RTP before the answer.", "gateway or SBC", diagnosis::Action::CallAgain}};
    out.offers = {{diagnosis::Action::PingFlow, true, "Ping it.", flows::FlowId{7}}};
    return out;
}

void expectSame(const Finding &a, const Finding &b)
{
    EXPECT_EQ(a.rule, b.rule);
    EXPECT_EQ(a.severity, b.severity);
    EXPECT_EQ(a.grade, b.grade);
    EXPECT_EQ(a.call, b.call);
    EXPECT_EQ(a.text, b.text);
    EXPECT_EQ(a.impact, b.impact);
    ASSERT_EQ(a.evidence.size(), b.evidence.size());
    for (std::size_t i = 0; i < a.evidence.size(); ++i) {
        EXPECT_EQ(a.evidence[i].row, b.evidence[i].row);
        EXPECT_EQ(a.evidence[i].stream, b.evidence[i].stream);
        EXPECT_EQ(a.evidence[i].flow, b.evidence[i].flow);
        EXPECT_EQ(a.evidence[i].offset, b.evidence[i].offset);
        EXPECT_EQ(a.evidence[i].length, b.evidence[i].length);
        EXPECT_EQ(a.evidence[i].note, b.evidence[i].note);
    }
    ASSERT_EQ(a.fixes.size(), b.fixes.size());
    for (std::size_t i = 0; i < a.fixes.size(); ++i) {
        EXPECT_EQ(a.fixes[i].text, b.fixes[i].text);
        EXPECT_EQ(a.fixes[i].party, b.fixes[i].party);
        EXPECT_EQ(a.fixes[i].action, b.fixes[i].action);
    }
    ASSERT_EQ(a.offers.size(), b.offers.size());
    for (std::size_t i = 0; i < a.offers.size(); ++i) {
        EXPECT_EQ(a.offers[i].action, b.offers[i].action);
        EXPECT_EQ(a.offers[i].possible, b.offers[i].possible);
        EXPECT_EQ(a.offers[i].text, b.offers[i].text);
        EXPECT_EQ(a.offers[i].flow, b.offers[i].flow);
    }
}

TEST(FindingList, PackedItSaysTheSame)
{
    const auto pool = std::make_shared<diagnosis::TextPool>();
    for (std::uint32_t call = 0; call < 5; ++call) { // from the third on all texts are numbers
        const std::vector<Finding> whole{made(call), Finding{}, made(9)};
        const FindingList list(whole, pool);
        ASSERT_EQ(list.size(), 3U);
        EXPECT_EQ(list.head(0).rule, "rule-of-mine");
        EXPECT_EQ(list.head(2).severity, diagnosis::Severity::Warning);
        EXPECT_TRUE(list.any([](const auto &head) { return head.rule.empty(); }));
        const FindingList copy(list);
        for (std::size_t i = 0; i < whole.size(); ++i) {
            expectSame(list.once()[i], whole[i]);
            expectSame(list[i], whole[i]);
            expectSame(copy[i], whole[i]);
        }
    }
}

TEST(FindingList, KeptWholeItIsTheSameToo)
{
    const FindingList list(std::vector<Finding>{made(1), made(2)});
    const FindingList copy(list);
    ASSERT_EQ(copy.size(), 2U);
    EXPECT_EQ(copy.head(1).grade, diagnosis::Grade::Likely);
    expectSame(copy[1], made(2));
    expectSame(list.once()[0], made(1));
}

TEST(FindingList, NothingFoundTakesNothing)
{
    EXPECT_TRUE(FindingList(std::vector<Finding>{}).empty());
    EXPECT_TRUE(FindingList().list().empty());
    EXPECT_FALSE(FindingList().any([](const auto &) { return true; }));
    EXPECT_EQ(FindingList().begin(), FindingList().end());
}

TEST(FindingList, SeveralThreadsMayUnpackIt)
{
    const auto pool = std::make_shared<diagnosis::TextPool>();
    const FindingList list({made(1), made(2)}, pool);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            expectSame(list[1], made(2));
            const FindingList more({made(3), made(3), made(3)}, pool);
            expectSame(more[2], made(3));
        });
    for (std::thread &thread : threads)
        thread.join();
}

TEST(TextPool, NumbersWhatComesAgainAndOnlyThat)
{
    diagnosis::TextPool pool;
    EXPECT_FALSE(pool.number("Send RTP at once."));
    const auto known = pool.number("Send RTP at once.");
    ASSERT_TRUE(known);
    EXPECT_EQ(pool.number("Send RTP at once."), known);
    EXPECT_EQ(pool.text(*known), "Send RTP at once.");
    EXPECT_FALSE(pool.number("said once"));
}

TEST(TextPool, IsBounded)
{
    diagnosis::TextPool pool;
    std::uint32_t most = 0;
    for (int i = 0; i < 100'000; ++i) {
        const std::string text = "sentence " + std::to_string(i);
        (void)pool.number(text);
        if (const auto known = pool.number(text))
            most = std::max(most, *known);
    }
    EXPECT_LT(most, 1U << 16U);
    const std::string long1(9U << 20U, 'x');
    (void)pool.number(long1);
    EXPECT_FALSE(pool.number(long1));
}

} // namespace
