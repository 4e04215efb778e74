// SPDX-License-Identifier: Apache-2.0
// Lanes of a call that forked.
#include <ladder/outline.h>

#include <gmock/gmock.h>
#include <unit/ladder/made_call.h>

namespace {

using ladder::StepKind;
using std::chrono::milliseconds;

ladder::Outline outlineOf(const made::Call &call)
{
    const auto snapshot = call.call();
    return ladder::outline(call.evidence(*snapshot), call.findings, {});
}

std::vector<std::string> laneNames(const ladder::Outline &outline)
{
    std::vector<std::string> names;
    for (const auto &lane : outline.lanes)
        names.push_back(lane.name);
    return names;
}

const ladder::Step *stepOf(const ladder::Outline &outline, std::string_view label)
{
    for (const auto &step : outline.steps)
        if (step.label == label)
            return &step;
    return nullptr;
}

const made::Says kInvite{"INVITE sip:bob@example.test"};

TEST(Forks, ForksOfOneHostHaveALaneEachAndTheWinnerIsMarked)
{
    made::Call call;
    const auto *const us = "10.0.0.1:5060", *const proxy = "10.0.0.5:5060";
    call.say(us, proxy, kInvite);
    call.say(proxy, us, {"100 Trying"});
    call.wait(milliseconds(10));
    call.say(proxy, us, {"183 Session Progress", "INVITE", "z9hG4bKbranch1", "A1"});
    const auto early = call.say(proxy, us, {"180 Ringing", "INVITE", "z9hG4bKbranch1", "B2"});
    call.wait(milliseconds(10));
    const auto answer = call.say(proxy, us, {"200 OK", "INVITE", "z9hG4bKbranch1", "B2"});
    call.wait(milliseconds(10));
    const auto ack = call.say(us, proxy, {"ACK sip:bob@example.test", "ACK", "z9hG4bKack", "B2"});
    const auto bye =
        call.say(proxy, us, {"BYE sip:alice@example.test", "BYE", "z9hG4bKbye", "other"});
    call.talk("10.0.0.9:5002", "10.0.0.1:4000", 20, 0, true, 1);
    const auto out = outlineOf(call);
    EXPECT_EQ(laneNames(out),
              (std::vector<std::string>{"10.0.0.1", "10.0.0.5", "tag A1", "tag B2"}));
    EXPECT_EQ(out.lanes[2].address, "fork 1, over");
    EXPECT_TRUE(out.lanes[2].ended.known());
    EXPECT_EQ(out.lanes[2].dialog, 0U);
    EXPECT_FALSE(out.lanes[2].winner);
    EXPECT_TRUE(out.lanes[3].winner);
    EXPECT_EQ(titleOf(out.lanes[3]), "✓ tag B2");
    EXPECT_FALSE(out.lanes[3].ended.known());
    const auto runs = [&](trace::RowId row, std::uint32_t from, std::uint32_t to) {
        const auto *step = out.stepOf({ladder::TargetKind::Row, row.value});
        return step != nullptr && step->from == from && step->to == to;
    };
    EXPECT_EQ(stepOf(out, "100 Trying")->from, 1U); // no early dialog's
    EXPECT_EQ(stepOf(out, "183 Session Progress")->from, 2U);
    EXPECT_TRUE(runs(early, 3, 0));
    EXPECT_TRUE(runs(answer, 3, 0));
    EXPECT_TRUE(runs(ack, 0, 3));
    EXPECT_FALSE(bye.valid() && runs(bye, 3, 0)); // a tag of nobody's stays with the host
    const auto media = std::find_if(out.steps.begin(), out.steps.end(),
                                    [](const auto &step) { return step.kind == StepKind::Media; });
    ASSERT_NE(media, out.steps.end());
    EXPECT_EQ(media->from, 3U);
}

TEST(Forks, ForksThatEndAtHostsOfTheirOwnGetNoOthers)
{
    made::Call call;
    const auto *const us = "10.0.0.1:5060", *const proxy = "10.0.0.5:5060";
    call.say(us, proxy, kInvite);
    int branch = 0;
    for (const auto *phone : {"10.0.0.7:5060", "10.0.0.8:5060"}) {
        const std::string leg = "z9hG4bKleg" + std::to_string(++branch);
        const std::string tag = "phone" + std::to_string(branch);
        call.say(proxy, phone, {"INVITE sip:bob@example.test", "INVITE", leg});
        call.say(phone, proxy, {"180 Ringing", "INVITE", leg, tag});
        call.say(proxy, us, {"180 Ringing", "INVITE", "z9hG4bKbranch1", tag});
    }
    call.say("10.0.0.8:5060", proxy, {"200 OK", "INVITE", "z9hG4bKleg2", "phone2"});
    call.say(proxy, us, {"200 OK", "INVITE", "z9hG4bKbranch1", "phone2"});
    const auto out = outlineOf(call);
    EXPECT_EQ(laneNames(out),
              (std::vector<std::string>{"10.0.0.1", "10.0.0.5", "10.0.0.7", "10.0.0.8"}));
    EXPECT_FALSE(out.lanes[1].winner);
    EXPECT_FALSE(out.lanes[2].winner);
    EXPECT_TRUE(out.lanes[3].winner);
    EXPECT_EQ(out.lanes[2].dialog, 0U);
    EXPECT_EQ(out.lanes[3].dialog, 1U);
}

TEST(Forks, OneEarlyDialogNeedsNoLaneAndManyDoNotFloodTheLadder)
{
    for (const int forks : {1, 40}) {
        made::Call call;
        call.say("10.0.0.1:5060", "10.0.0.5:5060", kInvite);
        for (int i = 0; i < forks; ++i)
            call.say("10.0.0.5:5060", "10.0.0.1:5060",
                     {"180 Ringing", "INVITE", "z9hG4bKbranch1", "tag" + std::to_string(i)});
        EXPECT_EQ(outlineOf(call).lanes.size(), forks == 1 ? 2U : 14U);
    }
}

} // namespace
