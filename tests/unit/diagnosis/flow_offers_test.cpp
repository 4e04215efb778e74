// SPDX-License-Identifier: Apache-2.0
// What a failed flow lets us do from here: only what can work, and why the rest cannot.
#include <diagnosis/explain.h>
#include <diagnosis/flow_facts.h>
#include <gmock/gmock.h>

#include "folded.h"

namespace {

using diagnosis::Action;
using testing::HasSubstr;

std::map<Action, diagnosis::Offer> offersOf(const support::Folded &folded, bool live, int status)
{
    auto evidence = folded.evidence();
    evidence.live = live;
    std::map<Action, diagnosis::Offer> out;
    for (const auto &offer :
         diagnosis::explain(evidence, folded.row(status), diagnosis::diagnose(evidence).list)
             .offers)
        out[offer.action] = offer;
    return out;
}

constexpr const char *kInitial = R"(
  own alice
  0.000 alice>edge flow up
  0.000 alice>edge2 flow {} reg=2 port=5070
  1.000 alice>edge INVITE tcp offer
  1.002 edge>alice 430 tcp tag=e
  1.003 alice>edge ACK tcp tag=e
)";
constexpr const char *kInDialog = R"(
  own alice
  0.000 alice>edge flow {}
  1.000 alice>edge INVITE tcp offer
  1.500 edge>alice 200 tcp tag=b answer "Contact: <{}>"
  1.510 alice>edge ACK tcp tag=b
  9.000 alice>edge INVITE tcp tag=b cseq=2 offer
  9.002 edge>alice 430 tcp tag=b
  9.003 alice>edge ACK tcp tag=b cseq=2
)";

TEST(FlowOffers, AnotherFlowThatIsUpTakesTheCall)
{
    const auto offers = offersOf(support::Folded(fmt::format(kInitial, "up")), true, 430);
    ASSERT_EQ(offers.size(), 5U);
    EXPECT_TRUE(offers.at(Action::PingFlow).possible) << offers.at(Action::PingFlow).text;
    EXPECT_THAT(offers.at(Action::PingFlow).text, HasSubstr("flow 1"));
    EXPECT_TRUE(offers.at(Action::ReRegister).possible);
    EXPECT_TRUE(offers.at(Action::CallOverOtherFlow).possible)
        << offers.at(Action::CallOverOtherFlow).text;
    EXPECT_THAT(offers.at(Action::CallOverOtherFlow).text, HasSubstr("flow 2"));
    EXPECT_FALSE(offers.at(Action::CallReplacing).possible);
    EXPECT_THAT(offers.at(Action::CallReplacing).text, HasSubstr("before there was a dialog"));
    EXPECT_FALSE(offers.at(Action::HangUp).possible);
    EXPECT_THAT(offers.at(Action::HangUp).text, HasSubstr("over already"));
}

TEST(FlowOffers, SaysWhyAnotherFlowCannot)
{
    const auto offers = offersOf(support::Folded(fmt::format(kInitial, "failed")), true, 430);
    EXPECT_FALSE(offers.at(Action::CallOverOtherFlow).possible);
    EXPECT_THAT(offers.at(Action::CallOverOtherFlow).text, HasSubstr("no other flow is up"));
}

TEST(FlowOffers, NothingForACallOfOthersOrOfAFile)
{
    const support::Folded file(fmt::format(kInitial, "up"));
    for (const auto &[action, offer] : offersOf(file, false, 430)) {
        EXPECT_FALSE(offer.possible) << offer.text;
        EXPECT_THAT(offer.text, HasSubstr("read from a file"));
    }
    const support::Folded foreign(std::string(fmt::format(kInitial, "up")).erase(0, 12));
    for (const auto &[action, offer] : offersOf(foreign, true, 430)) {
        EXPECT_FALSE(offer.possible) << offer.text;
        EXPECT_THAT(offer.text, HasSubstr("seen on the wire"));
    }
}

TEST(FlowOffers, OurOwnRegisterNeedsNoCall)
{
    const support::Folded folded(R"(
  own alice
  0.000 alice>edge flow up
  1.000 alice>edge REGISTER tcp "Contact: <sip:alice@192.0.2.10;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:a>\""
  1.050 edge>alice 430 tcp tag=r
)");
    const auto offers = offersOf(folded, true, 430);
    ASSERT_EQ(offers.size(), 5U);
    EXPECT_TRUE(offers.at(Action::PingFlow).possible) << offers.at(Action::PingFlow).text;
    EXPECT_TRUE(offers.at(Action::ReRegister).possible) << offers.at(Action::ReRegister).text;
    for (const auto action : {Action::CallOverOtherFlow, Action::CallReplacing, Action::HangUp})
        EXPECT_THAT(offers.at(action).text, HasSubstr("there is no call here"));
    EXPECT_FALSE(offersOf(folded, false, 430).at(Action::PingFlow).possible); // of a file
}

TEST(FlowOffers, ADialogIsReplacedAtTheAddressOfRecord)
{
    const support::Folded folded(fmt::format(kInDialog, "up", "sip:bob@192.0.2.20"));
    const auto offers = offersOf(folded, true, 430);
    EXPECT_TRUE(offers.at(Action::CallReplacing).possible) << offers.at(Action::CallReplacing).text;
    EXPECT_TRUE(offers.at(Action::HangUp).possible);
    EXPECT_THAT(offers.at(Action::CallOverOtherFlow).text, HasSubstr("only one flow"));
    const auto plan = diagnosis::replacementOf(folded.evidence());
    ASSERT_TRUE(plan.has_value());
    EXPECT_EQ(plan->target, "sip:bob@example.test");
    EXPECT_EQ(plan->replaces, "c1@example.test;to-tag=b;from-tag=a"); // RFC 3891: to-tag is theirs
}

TEST(FlowOffers, ADeviceWithAGruuIsAskedItself)
{
    const support::Folded folded(
        fmt::format(kInDialog, "up", "sip:bob@example.test;gr=urn:uuid:7"));
    const auto plan = diagnosis::replacementOf(folded.evidence());
    ASSERT_TRUE(plan.has_value());
    EXPECT_EQ(plan->target, "sip:bob@example.test;gr=urn:uuid:7");
}

TEST(FlowOffers, ADialogNeedsAFlowToLeaveBy)
{
    const support::Folded folded(fmt::format(kInDialog, "failed", "sip:bob@192.0.2.20"));
    const auto offers = offersOf(folded, true, 430);
    EXPECT_FALSE(offers.at(Action::CallReplacing).possible);
    EXPECT_FALSE(offers.at(Action::PingFlow).possible);
    EXPECT_THAT(offers.at(Action::PingFlow).text, HasSubstr("FAILED"));
    EXPECT_TRUE(offers.at(Action::ReRegister).possible);
}

TEST(FlowOffers, DisguisesOfADeadFlowHaveThemToo)
{
    std::string text = fmt::format(kInitial, "up");
    for (auto at = text.find("430"); at != std::string::npos; at = text.find("430"))
        text.replace(at, 3, "477");
    EXPECT_TRUE(offersOf(support::Folded(text), true, 477).empty()); // nothing hints at a flow
    text.replace(text.find("alice>edge INVITE tcp offer"), 27,
                 "alice>edge INVITE tcp offer "
                 "\"Route: <sip:AAECAwQFBgcICQLAAAICE8TAAAIUhwc=@192.0.2.2;lr;ob>\"");
    EXPECT_EQ(offersOf(support::Folded(text), true, 477).size(), 5U);
}

TEST(FlowOffers, EveryActionHasANameOfItsOwn)
{
    std::set<std::string_view> names;
    for (int i = 1; i <= static_cast<int>(Action::HangUp); ++i)
        names.insert(diagnosis::actionName(static_cast<Action>(i)));
    EXPECT_EQ(names.size(), static_cast<std::size_t>(Action::HangUp));
    EXPECT_FALSE(names.contains(""));
}

} // namespace
