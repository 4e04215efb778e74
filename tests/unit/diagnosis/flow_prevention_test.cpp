// SPDX-License-Identifier: Apache-2.0
// What a 430 is explained with beyond what happened: what should have, who acts, how to prevent it.
#include <diagnosis/explain.h>
#include <gmock/gmock.h>

#include "folded.h"

namespace {

using testing::HasSubstr;
using testing::Not;

diagnosis::Explanation explained(const std::string &text, int status = 430)
{
    const support::Folded folded(text);
    const auto evidence = folded.evidence();
    return diagnosis::explain(evidence, folded.row(status), diagnosis::diagnose(evidence).list);
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
    EXPECT_THAT(out.expected, HasSubstr("tries another flow of the same instance after a 430"));
    EXPECT_THAT(out.actor, HasSubstr("First to act: the home proxy"));
    const auto fixes = fixesOf(out);
    for (const char *product : {"In Kamailio:", "In OpenSIPS:", "In Flexisip:", "In repro"})
        EXPECT_THAT(fixes, HasSubstr(product));
}

/// Whatever code the flow's trouble shows itself by, and wherever the request was.
TEST(FlowPrevention, SpeaksOfKeepAlivesASecondFlowAndTheEdgesSettingsInEveryCase)
{
    struct Case {
        const char *name, *text;
        int status;
    };
    const Case cases[] = {{"relayed to the caller", R"(
  0.000 alice>home INVITE offer
  0.001 home>edge INVITE offer "Route: <sip:token@192.0.2.2;lr;ob>"
  0.004 edge>home 430 tag=e
  0.006 home>alice 430 tag=e
)",
                           430},
                          {"one box", R"(
  0.000 alice>edge INVITE offer
  0.004 edge>alice 430 tag=e "Warning: 399 edge Flow no longer exists"
)",
                           430},
                          {"within a dialog", R"(
  0.000 alice>edge INVITE offer
  0.100 edge>alice 200 tag=b answer "Record-Route: <sip:token@192.0.2.2;lr>"
  0.101 alice>edge ACK tag=b
  9.000 alice>edge BYE tag=b branch=two cseq=2 "Route: <sip:token@192.0.2.2;lr>"
  9.004 edge>alice 430 BYE tag=b branch=two cseq=2
)",
                           430},
                          {"403 of an edge with another key", R"(
  0.000 alice>home INVITE offer
  0.001 home>edge INVITE offer "Route: <sip:token@192.0.2.2;lr;ob>"
  0.004 edge>home 403 tag=e
)",
                           403},
                          {"480 in its place", R"(
  0.000 alice>home INVITE offer
  0.001 home>edge INVITE offer "Route: <sip:token@192.0.2.2;lr;ob>"
  0.004 edge>home 480 tag=e
)",
                           480}};
    for (const auto &each : cases) {
        const auto fixes = fixesOf(explained(each.text, each.status));
        EXPECT_THAT(fixes, HasSubstr("24 to 29 s over UDP")) << each.name;
        EXPECT_THAT(fixes, HasSubstr("a second flow over another edge")) << each.name;
        EXPECT_THAT(fixes, HasSubstr("\nmodparam(\"registrar\", \"flow_timer\", 30)")) << each.name;
    }
}

TEST(FlowPrevention, A439IsPreventedByAnEdgeThatDoesOutbound)
{
    const auto fixes = fixesOf(explained(R"(
  0.000 alice>edge REGISTER "Contact: <sip:alice@192.0.2.1>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.004 edge>alice 439 REGISTER tag=r
)",
                                         439));
    EXPECT_THAT(fixes, HasSubstr("\nadd_path();"));
    EXPECT_THAT(fixes, HasSubstr("In OpenSIPS:\n# It has no module for RFC 5626"));
    EXPECT_THAT(fixes, HasSubstr("nat-traversal-strategy=flow-token"));
    EXPECT_THAT(fixes, HasSubstr("DisableOutbound = false"));
    EXPECT_THAT(fixes, Not(HasSubstr("24 to 29 s")));
}

TEST(FlowPrevention, A403WithoutAnyFlowIsNoFlowsMatter)
{
    const auto fixes = fixesOf(explained(R"(
  0.000 alice>home INVITE offer
  0.004 home>alice 403 tag=h
)",
                                         403));
    EXPECT_THAT(fixes, Not(HasSubstr("In Kamailio")));
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
