// SPDX-License-Identifier: Apache-2.0
// Both conversations of every rule through the real stream: packets into a Session, findings out.
#include <algorithm>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <session/session.h>
#include <support/conversation.h>

namespace {

/// Every finding of every call after the conversation was told, as "rule: text".
std::vector<std::string> findingsOf(std::string_view conversation, bool withDecisive = true)
{
    const support::Conversation spoken(conversation, withDecisive);
    EXPECT_EQ(spoken.error(), "");
    session::Options options;
    options.live = false;
    auto session = session::Session::open(options);
    EXPECT_TRUE(session.has_value());
    if (!session)
        return {};
    for (const auto &packet : spoken.packets())
        EXPECT_TRUE((*session)->inbox().push(packet));
    EXPECT_TRUE((*session)->settle(std::chrono::seconds(20)));
    std::vector<std::string> found;
    for (const auto &view : (*session)->calls())
        for (const auto &finding : view->findings)
            found.push_back(std::string(finding.rule) + ": " + finding.text);
    return found;
}

bool fires(const std::vector<std::string> &findings, std::string_view rule)
{
    return std::any_of(findings.begin(), findings.end(), [&](const std::string &text) {
        return text.compare(0, rule.size() + 1, std::string(rule) + ":") == 0;
    });
}

std::string joined(const std::vector<std::string> &findings)
{
    std::string text;
    for (const auto &finding : findings)
        text += finding + "\n";
    return text;
}

class EachRule : public testing::TestWithParam<const diagnosis::Rule *>
{
};

TEST_P(EachRule, FiresOnItsConversation)
{
    const auto &rule = *GetParam();
    const auto found = findingsOf(rule.firesOn);
    EXPECT_TRUE(fires(found, rule.id)) << joined(found);
    const auto without = findingsOf(rule.firesOn, false);
    EXPECT_FALSE(fires(without, rule.id)) << joined(without);
}

TEST_P(EachRule, StaysQuietOnTheOther)
{
    const auto &rule = *GetParam();
    const auto found = findingsOf(rule.quietOn);
    EXPECT_FALSE(fires(found, rule.id)) << joined(found);
    if (!support::Conversation(rule.quietOn).hasDecisive())
        return;
    const auto without = findingsOf(rule.quietOn, false);
    EXPECT_TRUE(fires(without, rule.id)) << joined(without);
}

TEST(ContentLength, thatTakesInTheNextMessageIsTold)
{
    // The whole start line and more, the start line's beginning, and one that is right.
    for (const auto &[more, wrong] : {std::pair(60, true), {40, true}, {12, true}, {0, false}}) {
        const auto found = findingsOf(fmt::format("0.00 alice>bob INVITE offer tcp\n"
                                                  "1.00 bob>alice 183 tag=b answer tcp off={}\n"
                                                  "2.00 bob>alice 200 tag=b answer tcp\n"
                                                  "2.05 alice>bob ACK tag=b tcp\n"
                                                  "3.00 bob>alice BYE tag=b reverse tcp\n",
                                                  more));
        EXPECT_EQ(fires(found, "neg-content-length"), wrong) << more << " " << joined(found);
        EXPECT_EQ(joined(found).find("takes in the beginning") != std::string::npos, wrong)
            << more << " " << joined(found);
    }
}

std::vector<const diagnosis::Rule *> rules()
{
    const auto all = diagnosis::rules::all();
    return {all.begin(), all.end()};
}

INSTANTIATE_TEST_SUITE_P(Catalogue, EachRule, testing::ValuesIn(rules()), [](const auto &which) {
    std::string name(which.param->id);
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
});

} // namespace
