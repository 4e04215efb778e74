// SPDX-License-Identifier: Apache-2.0
// A 430 where the trace knows more of the flow than that its edge has it no more: it lives, the
// registrar should not have used it, or its user agent ended it.
#include "folded.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace {

using testing::HasSubstr;
using testing::Not;

std::string bob(double when, int regId, const char *more, const char *ends = "bob>edge")
{
    return fmt::format(
        "{0} {3} REGISTER tcp call=r{1}{2} branch=r{0} cseq={4} \"Supported: path, outbound\" "
        "\"Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id={1};+sip.instance="
        "\\\"<urn:uuid:1>\\\"\"\n",
        when, regId, more, ends, static_cast<int>(when) + 1);
}
std::string granted(double when, int regId, const char *more, int expires,
                    const char *ends = "edge>bob", double asked = 0)
{
    return fmt::format("{0} {5} 200 REGISTER tcp call=r{1}{3} branch=r{6} cseq={7} tag=r "
                       "\"Require: outbound\" \"Path: "
                       "<sip:flow-{1}@192.0.2.2;lr;ob>\" \"Contact: "
                       "<sip:bob@192.0.2.20;transport=tcp>;reg-id={1};+sip.instance="
                       "\\\"<urn:uuid:1>\\\";expires={4}\"\n",
                       when, regId, "", more, expires, ends, asked, static_cast<int>(asked) + 1);
}
std::string refused(double when)
{
    return fmt::format("{0} alice>home INVITE offer\n"
                       "{1} home>edge INVITE offer \"Route: <sip:flow-1@192.0.2.2;lr;ob>\"\n"
                       "{2} edge>home 430 tag=e\n"
                       "{3} home>alice 480 tag=h\n",
                       when, when + 0.001, when + 0.003, when + 0.005);
}
std::string first()
{
    return bob(0, 1, "") + granted(0.05, 1, "", 600);
}

std::shared_ptr<diagnosis::Finding> told(const std::string &text)
{
    return support::Folded(text).find("flow-430-initial");
}

TEST(FlowPast, AConnectionThatAnswersBehindThe430IsTheEdgesFault)
{
    const auto alive =
        told(first() + refused(20) + "30 bob>edge tcp ping\n30.005 edge>bob tcp pong\n31 tick\n");
    ASSERT_NE(alive, nullptr);
    EXPECT_THAT(alive->text, HasSubstr("answered a ping 10.0 s later"));
    EXPECT_EQ(alive->fixes.front().party, "edge proxy");
    const auto dead = told(first() + refused(20) + "31 tick\n");
    ASSERT_NE(dead, nullptr);
    EXPECT_THAT(dead->text, HasSubstr("no longer has"));
}

TEST(FlowPast, ABindingThatRanOutIsTheRegistrarsFault)
{
    const auto over = told(bob(0, 1, "") + granted(0.05, 1, "", 60) + refused(120));
    ASSERT_NE(over, nullptr);
    EXPECT_THAT(over->text, HasSubstr("had run out"));
    EXPECT_EQ(over->fixes.front().party, "home proxy");
}

TEST(FlowPast, WhoeverEndedTheConnectionIsNamed)
{
    const auto own = told(first() + "15 bob>edge tcp fin\n" + refused(20));
    ASSERT_NE(own, nullptr);
    EXPECT_THAT(own->text, HasSubstr("The user agent itself ended that connection 5.0 s before"));
    const auto edges = told(first() + "15 edge>bob tcp fin\n" + refused(20));
    ASSERT_NE(edges, nullptr);
    EXPECT_THAT(edges->text, Not(HasSubstr("itself ended")));
}

TEST(FlowPast, AnAnswerOfTheCalleeBeforeItIsNoTimer)
{
    const auto found = told(first() + "20 alice>home INVITE offer\n"
                                      "20.001 home>edge INVITE offer \"Route: "
                                      "<sip:flow-1@192.0.2.2;lr;ob>\"\n"
                                      "20.5 edge>home 183 tag=b answer\n"
                                      "50.5 edge>home 430 tag=b\n"
                                      "50.6 home>alice 480 tag=h\n");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("a provisional answer had come back over the flow"));
    EXPECT_THAT(found->text, Not(HasSubstr("timer")));
}

/// Taken at the home proxy: of the flow itself there is nothing but its Path.
TEST(FlowPast, ABindingThatWasTakenAwayIsToldWhereOnlyItsPathIsSeen)
{
    const auto asked = [](double when, int expires) {
        return fmt::format("{0} edge>home REGISTER call=r1 branch=r{0} cseq={1} \"Supported: path, "
                           "outbound\" \"Path: <sip:flow-1@192.0.2.2;lr;ob>\" \"Contact: "
                           "<sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance="
                           "\\\"<urn:uuid:1>\\\";expires={2}\"\n",
                           when, static_cast<int>(when) + 1, expires);
    };
    const auto taken = told(asked(0, 600) + granted(0.05, 1, "", 600, "home>edge") + asked(10, 0) +
                            "10.05 home>edge 200 REGISTER call=r1 branch=r10 cseq=11 tag=r\n" +
                            refused(20) + "31 tick\n");
    ASSERT_NE(taken, nullptr);
    EXPECT_THAT(taken->text, HasSubstr("had been taken back"));
    EXPECT_EQ(taken->fixes.front().party, "home proxy");
}

} // namespace
