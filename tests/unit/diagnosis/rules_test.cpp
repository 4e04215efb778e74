// SPDX-License-Identifier: Apache-2.0
// Every rule against its own two conversations, and each conversation without its decisive lines.
#include <diagnosis/rule.h>
#include <diagnosis/texts.h>
#include <regex>
#include <set>

#include "folded.h"

namespace {

std::string listOf(const support::Folded &folded)
{
    std::string text;
    for (const auto &finding : folded.findings())
        text += std::string(finding.rule) + ": " + finding.text + "\n";
    return text;
}

/// [n] in the text count the evidence, in order and without holes.
void expectNumbered(const diagnosis::Finding &finding)
{
    static const std::regex kNumber(R"(\[(\d+)\])");
    std::set<std::size_t> numbers;
    for (std::sregex_iterator it(finding.text.begin(), finding.text.end(), kNumber), end; it != end;
         ++it)
        numbers.insert(std::stoul((*it)[1]));
    EXPECT_FALSE(finding.evidence.empty()) << finding.text;
    for (std::size_t n = 1; n <= finding.evidence.size(); ++n)
        EXPECT_EQ(numbers.count(n), 1U) << n << " in " << finding.text;
    EXPECT_TRUE(numbers.empty() || *numbers.rbegin() <= finding.evidence.size()) << finding.text;
}

class EachRule : public testing::TestWithParam<const diagnosis::Rule *>
{
};

TEST_P(EachRule, SaysWhatItIs)
{
    const auto &rule = *GetParam();
    EXPECT_FALSE(rule.title.empty());
    EXPECT_FALSE(rule.source.empty());
    EXPECT_FALSE(diagnosis::article(rule.article).empty()) << rule.article;
    EXPECT_EQ(diagnosis::rule(rule.id), &rule);
}

TEST_P(EachRule, FiresWhereItSays)
{
    const auto &rule = *GetParam();
    const support::Folded folded(rule.firesOn);
    const auto finding = folded.find(rule.id);
    ASSERT_NE(finding, nullptr) << listOf(folded);
    EXPECT_EQ(finding->severity, rule.severity) << finding->text;
    EXPECT_FALSE(finding->impact.empty());
    EXPECT_FALSE(finding->fixes.empty());
    for (const auto &fix : finding->fixes)
        EXPECT_TRUE(!fix.text.empty() && !fix.party.empty());
    for (const auto &other : folded.findings())
        expectNumbered(other);
}

TEST_P(EachRule, IsQuietWhereItSays)
{
    const support::Folded folded(GetParam()->quietOn);
    EXPECT_FALSE(folded.has(GetParam()->id)) << listOf(folded);
    for (const auto &finding : folded.findings())
        EXPECT_NE(finding.severity, diagnosis::Severity::Error) << finding.text;
}

TEST_P(EachRule, NeedsTheDecisiveLines)
{
    const auto &rule = *GetParam();
    ASSERT_TRUE(support::Conversation(rule.firesOn).hasDecisive());
    const support::Folded folded(rule.firesOn, false);
    EXPECT_FALSE(folded.has(rule.id)) << listOf(folded);
}

/// "alice>bob INVITE" of each line, without times and words.
std::multiset<std::string> stepsOf(std::string_view conversation)
{
    std::multiset<std::string> steps;
    for (auto line : base::split(conversation, '\n')) {
        line = base::trim(line);
        if (line.starts_with("*"))
            line = base::trim(line.substr(1));
        if (const auto opening = support::spoken::openingOf(line); !opening.empty())
            steps.merge(stepsOf(opening));
        const auto words = support::spoken::wordsOf(line);
        if (words.size() >= 2)
            steps.insert(words[1].key + (words.size() > 2 ? " " + words[2].key : ""));
    }
    return steps;
}

/// What keeps quiet has to look like what fires: half of the steps at least, unless the lines that
/// make the difference are marked (FiresWithoutTheDecisiveLines).
TEST_P(EachRule, ComparesWhatLooksAlike)
{
    const auto &rule = *GetParam();
    if (support::Conversation(rule.quietOn).hasDecisive())
        return;
    const auto fires = stepsOf(rule.firesOn), quiet = stepsOf(rule.quietOn);
    std::vector<std::string> shared;
    std::set_intersection(fires.begin(), fires.end(), quiet.begin(), quiet.end(),
                          std::back_inserter(shared));
    EXPECT_GE(2 * shared.size(), std::min(fires.size(), quiet.size())) << rule.quietOn;
}

class KeptQuiet : public EachRule
{
};

TEST_P(KeptQuiet, FiresWithoutTheDecisiveLines)
{
    const support::Folded folded(GetParam()->quietOn, false);
    EXPECT_TRUE(folded.has(GetParam()->id)) << listOf(folded);
}

std::vector<const diagnosis::Rule *> rules()
{
    const auto all = diagnosis::rules::all();
    return {all.begin(), all.end()};
}

std::vector<const diagnosis::Rule *> keptQuiet()
{
    auto found = rules();
    std::erase_if(found, [](const auto *rule) {
        return !support::Conversation(rule->quietOn).hasDecisive();
    });
    return found;
}

std::string nameOf(const testing::TestParamInfo<const diagnosis::Rule *> &which)
{
    std::string name(which.param->id);
    std::replace(name.begin(), name.end(), '-', '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(Catalogue, EachRule, testing::ValuesIn(rules()), nameOf);
INSTANTIATE_TEST_SUITE_P(Catalogue, KeptQuiet, testing::ValuesIn(keptQuiet()), nameOf);

} // namespace
