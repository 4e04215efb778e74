// SPDX-License-Identifier: Apache-2.0
// What the tests of early media ask of a conversation.
#pragma once

#include <diagnosis/announced.h>
#include <diagnosis/early_sound.h>
#include <diagnosis/explain.h>
#include <diagnosis/facts.h>
#include <diagnosis/in_force.h>
#include <gmock/gmock.h>

#include "folded.h"

namespace early {

using diagnosis::Light;
using support::Folded;
using testing::HasSubstr;

inline diagnosis::Verdict judged(const Folded &folded, std::uint32_t dialog = 0)
{
    return diagnosis::earlyMediaVerdict(folded.evidence(), dialog);
}

/// The verdict card of the n-th response with that status.
inline diagnosis::Verdict of18x(const Folded &folded, int status, int n = 0)
{
    const auto verdict = diagnosis::provisionalVerdict(folded.evidence(), folded.row(status, n));
    EXPECT_TRUE(verdict.has_value());
    return verdict.value_or(diagnosis::Verdict{});
}

inline std::string rulesOf(const Folded &folded)
{
    std::string all;
    for (const auto &finding : folded.findings())
        if (finding.rule != "neg-o-line") // all descriptions of the line language have the same
            all += fmt::format("{}: {}\n", finding.rule, finding.text);
    return all;
}

/// Nothing is wrong with it.
inline void expectGood(const Folded &folded, std::string_view type)
{
    const auto verdict = judged(folded);
    EXPECT_EQ(verdict.light, Light::Green) << verdict.sentence;
    EXPECT_EQ(verdict.facts.at(2).value, type);
    EXPECT_EQ(rulesOf(folded), "");
}

inline std::string reliably(std::string_view rest, std::string_view prack = {},
                            std::string_view ok = {})
{
    return fmt::format("0.00 alice>bob INVITE sdp=0,8 \"Supported: 100rel\"\n"
                       "0.20 bob>alice 183 tag=b sdp=0 rseq=1\n"
                       "0.25 alice>bob PRACK tag=b rack=1/1 {}\n"
                       "0.30 bob>alice 200 tag=b for=PRACK {}\n{}"
                       "5.00 bob>alice 200 tag=b for=INVITE\n"
                       "5.05 alice>bob ACK tag=b\n",
                       prack, ok, rest);
}

} // namespace early
