// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <gtest/gtest.h>
#include <lab/lab.h>

namespace {

std::string problem(std::string_view toml)
{
    const auto read = lab::parseScenario("x", toml);
    return read ? "none" : read.error().sentence;
}

const std::string kGood = "title = \"t\"\nsummary = \"s\"\n[[callee.does]]\nstatus = "
                          "200\n[[step]]\ndo = \"call\"\ncaption = \"c\"\n";

} // namespace

TEST(Scenario, TheStoriesAreThere)
{
    std::vector<std::string> names;
    for (const auto &scenario : lab::scenarios()) {
        names.push_back(scenario.name);
        EXPECT_FALSE(scenario.title.empty());
        EXPECT_FALSE(scenario.summary.empty());
        EXPECT_FALSE(scenario.steps.empty());
        for (const auto &step : scenario.steps)
            EXPECT_FALSE(step.caption.empty());
        EXPECT_TRUE(std::is_sorted(scenario.findings.begin(), scenario.findings.end()));
    }
    EXPECT_EQ(names, (std::vector<std::string>{
                         "early-media", "flow-dead-bye", "flow-edge-closes", "flow-edge-restart",
                         "flow-failover", "flow-lost-edge", "flow-no-outbound", "flow-one-box",
                         "flow-only", "flow-silent-edge", "silent-183", "storm"}));
    EXPECT_EQ(lab::scenario("flow-failover")->edges, 2);
    EXPECT_TRUE(lab::scenario("flow-only")->answerIncoming);
    EXPECT_FALSE(lab::scenario("early-media")->hasAccount);
    EXPECT_EQ(lab::scenario("storm")->steps[1].kind, lab::StepKind::Crowd);
    EXPECT_EQ(lab::scenario("flow-only")->findings, (std::vector<std::string>{"flow-430-initial"}));
    const auto unknown = lab::scenario("nonsense");
    ASSERT_FALSE(unknown);
    EXPECT_NE(unknown.error().sentence.find("early-media"), std::string::npos);
}

TEST(Scenario, ErrorsNameTheLine)
{
    EXPECT_EQ(problem(kGood), "none");
    EXPECT_NE(problem("title = \"t\"\nsummary = \n").find("Line 2:"), std::string::npos);
    const std::vector<std::pair<std::string, std::string>> cases{
        {"summary = \"s\"\n", "\"title\" is missing"},
        {kGood + "bogus = 1\n", "Line 8: \"bogus\" is not known here"},
        {kGood + "[[step]]\ndo = \"dance\"\ncaption = \"c\"\n",
         "Line 9: \"dance\" is none of register, call"},
        {kGood + "[[step]]\ncaption = \"c\"\n", "Line 8: \"do\" is missing"},
        {kGood + "[[step]]\ndo = \"call\"\n", "\"caption\" is missing"},
        {kGood + "[[callee.does]]\nstatus = 99\n", "from 101 to 699"},
        {kGood + "[[callee.does]]\nstatus = 9999\n", "whole number from 0 to 699"},
        {kGood + "[[callee.does]]\nsdp = 1\n", "true or false"},
        {kGood + "[[callee.does]]\nplay = [\"jazz\"]\n", "\"jazz\" is none of"},
        {kGood + "[[callee.does]]\nafter_ms = 5\n[[callee.does]]\nafter_ms = 4\n", "has to grow"},
        {kGood + "[edge]\nforgets = 1\n", "an edge that is not there"},
        {"title = \"t\"\nsummary = \"s\"\n[[step]]\ndo = \"call\"\ncaption = \"c\"\n",
         "neither an [account]"},
        {"title = \"t\"\nsummary = \"s\"\n[account]\n", "no [[step]]"},
        {"title = 5\nsummary = \"s\"\n", "Line 1: \"title\" has to be a text"},
        {kGood + "step = 5\n", "is not known here"},
        {"title = \"t\"\nsummary = \"s\"\nedge = 5\nstep = 5\n", "[edge] has to be a section"},
    };
    for (const auto &[toml, piece] : cases)
        EXPECT_NE(problem(toml).find(piece), std::string::npos) << problem(toml) << "\n" << toml;
}

TEST(Scenario, ReadsStepsAndAccount)
{
    const auto read = lab::parseScenario(
        "x", "title=\"t\"\nsummary=\"s\"\nfindings=[\"a\",\"b\"]\n[account]\nedges=3\n[[step]]\ndo="
             "\"re-register\"\nwait_ms=250\ncaption=\"c\"\n");
    ASSERT_TRUE(read) << read.error().sentence;
    EXPECT_EQ(read->edges, 3);
    EXPECT_FALSE(read->answerIncoming);
    ASSERT_EQ(read->steps.size(), 1U);
    EXPECT_EQ(read->steps[0].kind, lab::StepKind::ReRegister);
    EXPECT_EQ(read->steps[0].wait, std::chrono::milliseconds(250));
    EXPECT_EQ(read->findings, (std::vector<std::string>{"a", "b"}));
    const auto waits = lab::parseScenario("x", "title=\"t\"\nsummary=\"s\"\n[account]\nedges=1\n"
                                               "[[step]]\ndo=\"recover\"\ncaption=\"c\"\n");
    ASSERT_TRUE(waits) << waits.error().sentence;
    EXPECT_EQ(waits->steps[0].kind, lab::StepKind::Recover);
}
