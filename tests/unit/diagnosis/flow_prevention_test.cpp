// SPDX-License-Identifier: Apache-2.0
// What a 430 is explained with beyond what happened: what should have, who acts, how to prevent it.
#include <diagnosis/explain.h>
#include <gmock/gmock.h>

#include "folded.h"

namespace {

using testing::HasSubstr;
using testing::Not;

diagnosis::Explanation explained(const std::string &text)
{
    const support::Folded folded(text);
    const auto evidence = folded.evidence();
    return diagnosis::explain(evidence, folded.row(430), diagnosis::diagnose(evidence).list);
}

std::string fixesOf(const diagnosis::Explanation &out)
{
    std::string all;
    for (const auto &fix : out.fixes)
        all += fix.party + ": " + fix.text + "\n";
    return all;
}

constexpr const char *kInitial = R"(
  0.000 alice>home INVITE offer
  0.001 home>edge INVITE offer "Route: <sip:token@192.0.2.2;lr;ob>"
  0.004 edge>home 430 tag=e {}
  0.006 home>alice 430 tag=e
)";

TEST(FlowPrevention, SaysWhatTheRfcWantsAndWhoActsFirst)
{
    const auto out = explained(fmt::format(kInitial, ""));
    EXPECT_THAT(out.happened, HasSubstr("tries another flow of the same instance after a 430"));
    EXPECT_THAT(out.happened, HasSubstr("First to act: the home proxy"));
    const auto fixes = fixesOf(out);
    for (const char *product : {"In Kamailio:", "In OpenSIPS:", "In Flexisip:", "In repro"})
        EXPECT_THAT(fixes, HasSubstr(product));
}

TEST(FlowPrevention, SpeaksOfTheEdgeThatTellsItsName)
{
    const auto fixes =
        fixesOf(explained(fmt::format(kInitial, "\"Server: kamailio (5.6.3 (x86_64/linux))\"")));
    EXPECT_THAT(fixes, HasSubstr("tcp_connection_lifetime=60"));
    EXPECT_THAT(fixes, HasSubstr("flow_token_secret"));
    EXPECT_THAT(fixes, Not(HasSubstr("OpenSIPS")));
}

} // namespace
