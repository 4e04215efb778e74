// SPDX-License-Identifier: Apache-2.0
// A crowd of user agents that lose their edge and come back as RFC 5626 section 4.5 says.
#include <algorithm>
#include <support/step_until.h>

#include "flow_stage.h"

namespace {

constexpr auto kCrowd = "[crowd]\nmembers=40\nscale=50\nbase_ms=300\nmost_ms=2400\n";

class Storm : public test::Flow
{
protected:
    bool allUp() const { return m_lab->crowd().up == m_lab->crowd().members; }
    void gather()
    {
        m_lab->startCrowd();
        ASSERT_TRUE(support::stepUntil([&] { return allUp(); }, std::chrono::seconds(30)));
    }
};

} // namespace

TEST_F(Storm, TheReturnIsSpreadByTheBackOff)
{
    start(1,
          std::string("[edge]\nrestarts=1\nat=\"step\"\ndown_ms=400\nkeeps_key=true\n") + kCrowd);
    gather();
    EXPECT_EQ(m_lab->crowd().lost, 0U);
    EXPECT_TRUE(m_lab->crowd().attempts.empty()) << "the first registration is no return";
    m_lab->strike();
    ASSERT_TRUE(
        support::stepUntil([&] { return m_lab->crowd().lost == 40; }, std::chrono::seconds(30)));
    ASSERT_TRUE(support::stepUntil([&] { return allUp(); }, std::chrono::seconds(30)));
    const auto crowd = m_lab->crowd();
    ASSERT_EQ(crowd.returns.size(), 40U);
    EXPECT_TRUE(std::is_sorted(crowd.returns.begin(), crowd.returns.end()));
    // One attempt each at once, refused; the next from half of W = 2 * base on, so none before.
    EXPECT_GE(crowd.attempts.size(), 80U);
    EXPECT_LT(crowd.attempts[39], std::chrono::milliseconds(290));
    EXPECT_GE(crowd.attempts[40], std::chrono::milliseconds(290));
    EXPECT_GE(crowd.returns.front(), std::chrono::milliseconds(380));
    EXPECT_LT(crowd.busiestReturn(), 35U) << crowd.table();
}

TEST_F(Storm, FlowsThatAreOnlyCutComeBackAtOnce)
{
    start(1, std::string("[edge]\nrestarts=1\nat=\"step\"\n") + kCrowd);
    gather();
    m_lab->strike();
    ASSERT_TRUE(support::stepUntil([&] { return m_lab->crowd().returns.size() == 40; },
                                   std::chrono::seconds(30)));
    EXPECT_EQ(m_lab->crowd().attempts.size(), 40U) << "one REGISTER for each loss";
}

TEST_F(Storm, AKeptKeyMakesItA430InsteadOfA403)
{
    for (const bool kept : {true, false}) {
        m_edges.clear();
        start(1, fmt::format("[registrar]\nrelay430=true\n[edge]\nrestarts=1\nat=\"step\"\n"
                             "keeps_key={}\n",
                             kept));
        test::Phone bob(m_edges[0]);
        bind(bob, 1, 1);
        m_lab->strike();
        EXPECT_EQ(bob.receive(), "") << "closed by the edge";
        const auto call = fmt::format("call-{}", kept);
        invite(call, call);
        EXPECT_TRUE(m_alice.awaitStatus(kept ? 430 : 403, "INVITE"));
    }
}

TEST(CrowdReport, CountsTheBusiestWindowAndTellsScaledTimes)
{
    using namespace std::chrono_literals;
    lab::CrowdReport crowd;
    EXPECT_TRUE(crowd.sentence().empty());
    EXPECT_TRUE(crowd.table().empty());
    crowd.members = 4;
    EXPECT_EQ(crowd.sentence(), "0 of 4 user agents are registered");
    crowd.scale = 50;
    crowd.backOffBase = 600ms;
    crowd.backOffMost = 36s;
    crowd.lost = 4;
    crowd.attempts = {0ms, 0ms, 0ms, 0ms, 600ms, 650ms, 699ms, 1000ms};
    crowd.returns = {600ms, 650ms, 699ms, 1000ms};
    EXPECT_EQ(crowd.window(), 100ms);
    EXPECT_EQ(crowd.busiestReturn(), 3U);
    EXPECT_EQ(crowd.bars(crowd.returns),
              (std::vector<std::size_t>{0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 1}));
    EXPECT_EQ(
        crowd.sentence(),
        "4 of 4 are back after 8 REGISTERs, the first after 30 s, half of them after 34 s, the "
        "last after 50 s; at most 3 returned within any 5 s");
    EXPECT_NE(crowd.table().find("       30      3     3  "), std::string::npos) << crowd.table();
}
