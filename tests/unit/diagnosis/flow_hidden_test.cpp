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

/// An edge that restarts ends its connections and, with its key, its tokens.
TEST(HiddenFlow, A403BehindAnEndOfTheFlowHasALostKeyForItsCause)
{
    const std::string closed = "20.000 edge>bob tcp fin\n";
    for (const auto &[code, wait] : {std::pair(403, 0.2), std::pair(503, 0.002)}) {
        const auto found = hidden(closed + asked(code, wait));
        ASSERT_NE(found, nullptr) << code;
        const bool key =
            found->fixes.front().text.find("key of the flow tokens") != std::string::npos;
        EXPECT_EQ(key, code == 403);
    }
    const support::Folded atOnce(std::string(kRegistered) + closed + asked(403, 0.002));
    EXPECT_EQ(atOnce.find("flow-hidden"), nullptr);
    const auto token = atOnce.find("flow-403-token");
    ASSERT_NE(token, nullptr);
    EXPECT_THAT(token->text, HasSubstr("by the edge, as a restart does"));
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

/// The edge hands the INVITE to Bob over his flow; what he (or nobody) does, and what is told.
std::string handed(std::string_view after)
{
    return fmt::format("30.000 alice>home INVITE offer\n"
                       "30.001 home>edge INVITE offer {}\n"
                       "30.002 edge>home 100\n"
                       "30.003 edge>bob INVITE tcp offer\n{}",
                       kToken, after);
}

TEST(HiddenFlow, NothingComesBackOverAFlowThatLooksAlive)
{
    const std::string gaveUp = "38.003 home>alice 408 tag=h\n";
    const auto found = hidden(handed(gaveUp));
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->severity, diagnosis::Severity::Warning);
    EXPECT_THAT(found->text, HasSubstr("was not answered in 8.0 s"));
    EXPECT_THAT(found->text, HasSubstr("not even a 100"));
    EXPECT_THAT(found->text, HasSubstr("[2], and nothing"));
    EXPECT_THAT(found->text, HasSubstr("The caller got 408 Request Timeout [3]"));
    EXPECT_EQ(found->evidence.size(), 3U);
    EXPECT_EQ(hidden(handed("31.000 bob>edge 100\n" + gaveUp)), nullptr) << "it came back";
    EXPECT_EQ(support::Folded(handed(gaveUp)).find("flow-hidden"), nullptr)
        << "no registration: it may be anybody";
}

/// Its device has another flow that lives: whoever gave up could have taken it.
TEST(HiddenFlow, TheOtherFlowOfASilentOneWasNotTried)
{
    const std::string second =
        "1.000 bob>edge2 REGISTER tcp call=r2 sport=5062 \"Supported: path, outbound\" \"Contact: "
        "<sip:bob@192.0.2.20:5062;transport=tcp>;reg-id=2;+sip.instance=\\\"<urn:uuid:1>\\\"\"\n"
        "1.050 edge2>bob 200 tcp call=r2 dport=5062 tag=r \"Require: outbound\" \"Contact: "
        "<sip:bob@192.0.2.20:5062;transport=tcp>;reg-id=2;+sip.instance=\\\"<urn:uuid:1>\\\";"
        "expires=600\"\n";
    const std::string gaveUp = "38.003 home>alice 408 tag=h\n";
    const support::Folded folded(std::string(kRegistered) + second + handed(gaveUp));
    const auto found = folded.find("flow-failover-missing");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->severity, diagnosis::Severity::Warning);
    EXPECT_THAT(found->text, HasSubstr("reg-id 2"));
    EXPECT_FALSE(
        support::Folded(std::string(kRegistered) + handed(gaveUp)).has("flow-failover-missing"));
    EXPECT_FALSE(support::Folded(
                     std::string(kRegistered) + second +
                     handed("34.000 edge2>bob INVITE tcp dport=5062 branch=two offer\n" + gaveUp))
                     .has("flow-failover-missing"));
}

TEST(HiddenFlow, WhatTheDeviceItselfSaysIsNoWordOfItsEdge)
{
    const auto answered = [](int code) {
        return support::Folded(std::string(kRegistered) +
                               handed(fmt::format("30.020 bob>edge {0} tcp tag=b\n"
                                                  "30.021 edge>home {0} tag=b\n"
                                                  "30.022 home>alice {0} tag=b\n",
                                                  code)));
    };
    EXPECT_FALSE(answered(403).has("flow-403-token"));
    EXPECT_FALSE(answered(403).has("flow-hidden"));
    const auto misuse = answered(430).find("flow-430-initial");
    ASSERT_NE(misuse, nullptr);
    EXPECT_THAT(misuse->text, HasSubstr("the user agent itself, answered 430"));
    EXPECT_THAT(misuse->text, testing::Not(HasSubstr("connection is gone")));
}

/// RFC 3261 section 16.7: of 430 and 486 the caller is told the 486.
TEST(HiddenFlow, A430ThatWasTakenForTheBetterAnswerIsAFault)
{
    const auto busy = [](int told) {
        return support::Folded(fmt::format("30.000 alice>home INVITE offer\n"
                                           "30.001 home>edge INVITE offer {0}\n"
                                           "30.005 edge>home 430 tag=e\n"
                                           "30.006 home>edge2 INVITE branch=two offer\n"
                                           "30.300 edge2>home 486 tag=b\n"
                                           "30.301 home>alice {1} tag=b\n",
                                           kToken, told));
    };
    const auto found = busy(430).find("flow-430-initial");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("486 Busy Here, yet the 430 went all the way"));
    EXPECT_FALSE(busy(430).has("flow-failover-ok"));
    EXPECT_FALSE(busy(486).has("flow-430-initial"));
    EXPECT_TRUE(busy(486).has("flow-failover-ok"));
}

TEST(HiddenFlow, WhoeverAnsweredIsNamedNoSurerThanIsKnown)
{
    const auto far =
        support::Folded("30.000 alice>home INVITE offer\n30.020 home>alice 430 tag=e\n")
            .find("flow-430-initial");
    ASSERT_NE(far, nullptr);
    EXPECT_THAT(far->text, HasSubstr("or a proxy behind it"));
    const auto near = support::Folded(asked(430, 0.003)).find("flow-430-initial");
    ASSERT_NE(near, nullptr);
    EXPECT_THAT(near->text, testing::Not(HasSubstr("or a proxy behind it")));
}

} // namespace
