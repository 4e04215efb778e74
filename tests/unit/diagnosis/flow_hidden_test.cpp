// SPDX-License-Identifier: Apache-2.0
// A dead flow that nobody calls so: the disguises of a 430, and their doubles that are none.
#include <gmock/gmock.h>

#include "folded.h"

namespace {

using testing::HasSubstr;

/// Bob's registration over one flow, as the edge sees it; the token below names its connection.
constexpr std::string_view kRegistered = R"(
  0.000 bob>edge REGISTER tcp call=r "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.050 edge>bob 200 tcp call=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
)";
constexpr std::string_view kToken =
    "\"Route: <sip:AAECAwQFBgcICQLAAAICE8TAAAIUE8Q=@192.0.2.2;lr;ob>\"";

std::shared_ptr<diagnosis::Finding> hidden(const std::string &rest)
{
    return support::Folded(std::string(kRegistered) + rest).find("flow-hidden");
}

/// The home proxy asks the edge, which answers after `wait` seconds.
std::string asked(int code, double wait)
{
    return fmt::format("30.000 alice>home INVITE offer\n"
                       "30.001 home>edge INVITE offer {0}\n"
                       "30.002 edge>home 100\n"
                       "{2} edge>home {1} tag=e\n"
                       "{3} home>alice {1} tag=e\n",
                       kToken, code, 30.002 + wait, 30.003 + wait);
}

TEST(HiddenFlow, EveryDisguiseOfAFlowThatWasSeenToDie)
{
    for (const auto &[code, wait] :
         {std::pair(477, 0.001), std::pair(503, 0.002), std::pair(500, 0.001), std::pair(408, 30.0),
          std::pair(504, 30.0), std::pair(480, 0.01)}) {
        const auto found = hidden("20.000 bob>edge tcp fin\n" + asked(code, wait));
        ASSERT_NE(found, nullptr) << code;
        EXPECT_EQ(found->severity, diagnosis::Severity::Error) << code;
        EXPECT_THAT(found->text, HasSubstr("was closed 10.0 s before")) << code;
        EXPECT_THAT(found->text, HasSubstr(std::to_string(code)));
        EXPECT_FALSE(found->offers.empty());
    }
}

TEST(HiddenFlow, ATokenAndItsTimeAreEnoughForSomeCodes)
{
    for (const auto &[code, wait] :
         {std::pair(477, 0.001), std::pair(503, 0.002), std::pair(408, 30.0)}) {
        const support::Folded folded(asked(code, wait));
        const auto found = folded.find("flow-hidden");
        ASSERT_NE(found, nullptr) << code;
        EXPECT_EQ(found->severity, diagnosis::Severity::Warning);
    }
    for (const auto &[code, wait] :
         {std::pair(480, 0.01), std::pair(404, 0.01), std::pair(500, 0.01), std::pair(403, 0.2)}) {
        const auto found = support::Folded(asked(code, wait)).find("flow-hidden");
        ASSERT_NE(found, nullptr) << code;
        EXPECT_EQ(found->severity, diagnosis::Severity::Info) << "he may be out";
        EXPECT_EQ(found->grade, diagnosis::Grade::CannotTell);
    }
    EXPECT_EQ(support::Folded(asked(486, 0.01)).find("flow-hidden"), nullptr);
}

TEST(HiddenFlow, ACallThatNeverArrives)
{
    const auto found = hidden("20.000 bob>edge tcp reset\n"
                              "30.000 alice>edge INVITE offer\n"
                              "30.001 edge>alice 100\n"
                              "55.000 tick\n");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("was not answered in 25.0 s"));
    EXPECT_THAT(found->text, HasSubstr("the call does not arrive"));
}

TEST(HiddenFlow, NobodyHidesAnythingWhenAFlowLives)
{
    const std::string second =
        "1.000 bob>edge2 REGISTER tcp call=q \"Supported: path, "
        "outbound\" \"Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\\\"<urn:"
        "uuid:1>\\\"\"\n"
        "1.050 edge2>bob 200 tcp call=q \"Require: outbound\" \"Contact: "
        "<sip:bob@192.0.2.20;transport=tcp>;reg-id=2;+sip.instance=\\\"<urn:uuid:1>\\\";expires="
        "600\"\n";
    EXPECT_EQ(hidden(second + "20.000 bob>edge tcp fin\n"
                              "30.000 alice>home INVITE offer\n"
                              "30.010 home>alice 480 tag=h\n"),
              nullptr);
    EXPECT_EQ(hidden("30.000 alice>home INVITE offer\n"
                     "30.010 home>alice 480 tag=h\n"),
              nullptr)
        << "the flow lives: he does not want to be disturbed";
    EXPECT_EQ(hidden("20.000 bob>edge tcp fin\n"
                     "30.000 alice>edge INVITE offer\n"
                     "31.000 edge>alice 180 tag=b\n"
                     "61.000 edge>alice 408 tag=b\n"),
              nullptr)
        << "somebody rang";
    EXPECT_EQ(hidden("20.000 bob>edge tcp fin\n"
                     "30.000 alice>edge INVITE offer\n"
                     "30.100 edge>alice 200 tag=b answer\n"
                     "30.200 alice>edge ACK tag=b\n"),
              nullptr);
}

TEST(HiddenFlow, OfTheSenderIsNotTheCalleesFault)
{
    const auto found = hidden(fmt::format("20.000 bob>edge tcp fin\n"
                                          "30.001 home>edge INVITE reverse from=a {}\n"
                                          "30.003 edge>home 503\n",
                                          kToken));
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->impact, HasSubstr("The sender goes by a flow of its own"));
    EXPECT_EQ(found->fixes.back().party, "caller's user agent");
    for (const auto &fix : found->fixes)
        EXPECT_NE(fix.party, "callee's user agent") << fix.text;
    const auto targets = hidden("20.000 bob>edge tcp fin\n" + asked(503, 0.002));
    ASSERT_NE(targets, nullptr);
    EXPECT_EQ(targets->fixes.back().party, "callee's user agent");
}

TEST(HiddenFlow, LeavesA430ToItsOwnRule)
{
    const support::Folded folded(std::string(kRegistered) + "20.000 bob>edge tcp fin\n"
                                                            "30.000 alice>home INVITE offer\n"
                                                            "30.001 home>edge INVITE offer\n"
                                                            "30.002 edge>home 430 tag=e\n"
                                                            "30.003 home>alice 480 tag=e\n");
    EXPECT_EQ(folded.find("flow-hidden"), nullptr);
    EXPECT_NE(folded.find("flow-430-initial"), nullptr);
}

} // namespace
