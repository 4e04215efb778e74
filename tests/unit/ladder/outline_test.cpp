// SPDX-License-Identifier: Apache-2.0
#include <ladder/outline.h>

#include <gmock/gmock.h>
#include <unit/ladder/made_call.h>

namespace {

using ladder::StepKind;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

ladder::Outline outlineOf(const made::Call &call, const ladder::Options &options = {})
{
    const auto snapshot = call.call();
    return ladder::outline(call.evidence(*snapshot), call.findings, options);
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

bool hasBadge(const ladder::Step &step, std::string_view text)
{
    return std::any_of(step.badges.begin(), step.badges.end(),
                       [&](const auto &badge) { return badge.text == text; });
}

const made::Says kInvite{"INVITE sip:bob@example.test"};

TEST(Outline, LanesStandInTheOrderTheRequestsTravel)
{
    made::Call call;
    made::flowStory(call);
    ladder::Options options;
    options.names = made::storyNames();
    EXPECT_EQ(laneNames(outlineOf(call, options)),
              (std::vector<std::string>{"alice", "proxy", "edge-b", "edge-a", "bob"}));
    EXPECT_EQ(
        laneNames(outlineOf(call)),
        (std::vector<std::string>{"10.0.0.1", "10.0.0.5", "10.0.0.7", "10.0.0.6", "10.0.0.2"}));
}

TEST(Outline, OurOneSocketHasTheNameOfWhoeverSpeaksInThisCall)
{
    ladder::Options options; // as a lab story left it
    options.names = {{"10.0.0.1:5060", "alice"}, {"10.0.0.2:5060", "bob"}};
    for (const bool placed : {true, false}) {
        made::Call call;
        call.origin = base::Origin::Tap;
        call.outgoing = placed;
        (placed ? call.from : call.to) = "sip:zoe@example.test";
        const auto *const us = "10.0.0.1:5060", *const them = "10.0.0.2:5060";
        call.say(placed ? us : them, placed ? them : us, kInvite);
        EXPECT_EQ(laneNames(outlineOf(call, options)),
                  (placed ? std::vector<std::string>{"zoe", "bob"}
                          : std::vector<std::string>{"bob", "zoe"}));
    }
}

TEST(Outline, ACallOfWhichNoMessageTellsIsTitledAsWhatItIs)
{
    made::Call call;
    call.local(base::LocalKind::Unresolvable, 503, "The host does not resolve.");
    EXPECT_EQ(outlineOf(call).title.substr(0, 42), "A request that did not leave this computer");
}

TEST(Outline, ResponseSeenFirstStillPutsItsReceiverLeft)
{
    made::Call call;
    call.say("10.0.0.2:5060", "10.0.0.1:5060", {"183 Session Progress", "INVITE", "z9hG4bKa", "b"});
    EXPECT_EQ(laneNames(outlineOf(call)), (std::vector<std::string>{"10.0.0.1", "10.0.0.2"}));
}

TEST(Outline, HostsOfOneAddressThatTalkToEachOtherAreLanesByPort)
{
    made::Call call;
    call.say("127.0.0.1:5090", "127.0.0.1:5070", kInvite);
    call.say("127.0.0.1:5070", "127.0.0.1:5090", {"180 Ringing", "INVITE", "z9hG4bKbranch1", "b"});
    const auto outline = outlineOf(call);
    EXPECT_EQ(laneNames(outline), (std::vector<std::string>{"127.0.0.1:5090", "127.0.0.1:5070"}));
    EXPECT_EQ(outline.steps[1].from, 1U);
    EXPECT_EQ(outline.steps[1].to, 0U);
}

TEST(Outline, ANameOfTheAddressAloneKeepsItsPortsApart)
{
    made::Call call;
    call.say("127.0.0.1:5090", "127.0.0.1:5070", kInvite);
    call.say("127.0.0.1:5070", "192.0.2.7:5060", {"INVITE sip:bob@example.test", "INVITE", "z9h"});
    ladder::Options options;
    options.names = {{"127.0.0.1", "localhost"}, {"192.0.2.7", "edge"}};
    EXPECT_EQ(laneNames(outlineOf(call, options)),
              (std::vector<std::string>{"localhost:5090", "localhost:5070", "edge"}));
}

TEST(Outline, APassingTcpPortIsTheHostItsViaNames)
{
    made::Call call;
    call.transport = base::Transport::Tcp;
    const std::string invite = call.write(kInvite, "127.0.0.1:5090");
    call.raw("127.0.0.1:40001", "127.0.0.1:5070", invite);
    call.say("127.0.0.1:5070", "127.0.0.1:40001", {"180 Ringing", "INVITE", "z9hG4bKbranch1", "b"});
    ladder::Options options;
    options.names = {{"127.0.0.1:5090", "us"}, {"127.0.0.1:5070", "edge"}};
    EXPECT_EQ(laneNames(outlineOf(call, options)), (std::vector<std::string>{"us", "edge"}));
}

/// The flow went down while it rang, and the answer leaves over a fresh connection.
TEST(Outline, OurOwnSideIsOneLaneWhateverItSendsFrom)
{
    made::Call call;
    call.origin = base::Origin::Tap;
    call.transport = base::Transport::Tcp;
    call.say("127.0.0.1:5090", "127.0.0.1:40001", kInvite);
    call.outgoing = true;
    call.say("127.0.0.1:40001", "127.0.0.1:5090", {"180 Ringing", "INVITE", "z9hG4bKbranch1", "b"});
    call.say("127.0.0.1:51425", "127.0.0.1:5091", {"603 Decline", "INVITE", "z9hG4bKbranch1", "b"});
    const auto lanes = [&](std::map<std::string, std::string> names) {
        ladder::Options options;
        options.names.insert(names.begin(), names.end());
        return laneNames(outlineOf(call, options));
    };
    EXPECT_THAT(
        lanes({{"127.0.0.1:40001", "bob"}, {"127.0.0.1:5090", "A"}, {"127.0.0.1:5091", "B"}}),
        testing::UnorderedElementsAre("A", "B", "bob"));
    EXPECT_THAT(
        lanes({{"127.0.0.1:51425", "bob"}, {"127.0.0.1:5090", "A"}, {"127.0.0.1:5091", "B"}}),
        testing::UnorderedElementsAre("A", "B", "bob"));
    EXPECT_EQ(lanes({}).size(), 3U);
    EXPECT_EQ(lanes({{"127.0.0.1:51425", "carol"}, {"127.0.0.1:40001", "bob"}}).size(), 4U)
        << "two accounts";
}

TEST(Outline, TwoUserAgentsOfOursThatTalkToEachOtherStayTwo)
{
    made::Call call;
    call.origin = base::Origin::Tap;
    call.outgoing = true;
    call.say("127.0.0.1:5090", "127.0.0.1:40001", kInvite);
    call.say("127.0.0.1:40001", "127.0.0.1:5090", {"180 Ringing", "INVITE", "z9hG4bKbranch1", "b"});
    EXPECT_EQ(laneNames(outlineOf(call)).size(), 2U);
}

TEST(Outline, MoreHostsThanLanesShareTheLastOneAndSayHowMany)
{
    made::Call call;
    for (int i = 1; i <= 9; ++i)
        call.say("10.0.0.1:5060", fmt::format("10.0.1.{}:5060", i),
                 {"INVITE sip:bob@example.test", "INVITE", fmt::format("z9hG4bK{}", i)});
    ladder::Options options;
    options.mostLanes = 4;
    const auto outline = outlineOf(call, options);
    ASSERT_EQ(outline.lanes.size(), 4U);
    EXPECT_EQ(outline.lanes.back().name, "7 more hosts");
    EXPECT_EQ(outline.steps.back().to, 3U);
}

TEST(Outline, AMessageToTheSenderItselfStaysOnItsLane)
{
    made::Call call;
    call.say("10.0.0.1:5060", "10.0.0.1:5060", kInvite);
    const auto outline = outlineOf(call);
    ASSERT_EQ(outline.lanes.size(), 1U);
    EXPECT_EQ(outline.steps[0].from, outline.steps[0].to);
    EXPECT_THAT(outline.steps[0].spoken, HasSubstr("within 10.0.0.1"));
}

TEST(Outline, RepeatsFoldIntoTheirOriginalAndLeadBackToIt)
{
    made::Call call;
    const auto first = call.say("10.0.0.1:5060", "10.0.0.2:5060", kInvite);
    call.wait(milliseconds(500));
    const auto again = call.say("10.0.0.1:5060", "10.0.0.2:5060", kInvite);
    call.wait(milliseconds(1000));
    call.say("10.0.0.1:5060", "10.0.0.2:5060", kInvite);
    call.wait(milliseconds(100));
    call.say("10.0.0.2:5060", "10.0.0.1:5060", {"200 OK", "INVITE", "z9hG4bKbranch1", "b"});
    const auto outline = outlineOf(call);
    ASSERT_EQ(outline.counted, 2U);
    EXPECT_TRUE(hasBadge(outline.steps[0], "x3"));
    EXPECT_EQ(outline.stepOf({ladder::TargetKind::Row, again.value}), &outline.steps[0]);
    EXPECT_EQ(outline.stepOf({ladder::TargetKind::Row, first.value}), &outline.steps[0]);
    EXPECT_EQ(outline.steps[1].kind, StepKind::Gap);
    EXPECT_EQ(outline.steps[1].label, "1.6 s with nothing but 2 repeats");

    ladder::Options all;
    all.foldRepeats = false;
    const auto unfolded = outlineOf(call, all);
    EXPECT_EQ(unfolded.counted, 4U);
    EXPECT_EQ(unfolded.stepOf({ladder::TargetKind::Row, again.value})->style,
              ladder::LineStyle::Dotted);
}

TEST(Outline, KeepAlivesFoldIntoOneRow)
{
    made::Call call;
    call.transport = base::Transport::Tcp;
    call.say("10.0.0.1:5060", "10.0.0.2:5060", kInvite);
    const auto snapshot = call.call();
    calls::Call with = *snapshot; // keep-alives belong to no call by themselves
    for (int i = 0; i < 3; ++i) {
        call.wait(milliseconds(10));
        with.rows.push_back(
            {call.raw("10.0.0.1:5060", "10.0.0.2:5060", "\r\n\r\n", trace::RowKind::Ping), {}});
        with.rows.push_back(
            {call.raw("10.0.0.2:5060", "10.0.0.1:5060", "\r\n", trace::RowKind::Pong), {}});
    }
    const auto outline = ladder::outline(call.evidence(with), {}, {});
    ASSERT_EQ(outline.steps.size(), 2U);
    EXPECT_EQ(outline.steps[1].label, "keep-alive, 3 pings, 3 pongs");
    EXPECT_EQ(outline.stepOf({ladder::TargetKind::Row, with.rows.back().row.value}),
              &outline.steps[1]);
}

TEST(Outline, ProvisionalsAreDashedAnd183And430AreHighlighted)
{
    made::Call call;
    made::flowStory(call);
    const auto outline = outlineOf(call);
    const auto *progress = stepOf(outline, "183 Session Progress");
    const auto *failed = stepOf(outline, "430 Flow Failed");
    const auto *trying = stepOf(outline, "100 Trying");
    ASSERT_TRUE(progress && failed && trying);
    EXPECT_TRUE(progress->highlight && failed->highlight);
    EXPECT_FALSE(trying->highlight);
    EXPECT_EQ(progress->style, ladder::LineStyle::Dashed);
    EXPECT_EQ(failed->style, ladder::LineStyle::Solid);
    EXPECT_NE(progress->glyph, failed->glyph);
    EXPECT_NE(ladder::glyphOfStatus(430), ladder::glyphOfStatus(404));
    EXPECT_TRUE(hasBadge(*progress, "100rel") && hasBadge(*progress, "SDP"));
    EXPECT_EQ(progress->news, "SDP PCMU 10.0.0.2:5002");
}

TEST(Outline, MediaRunsBetweenTheOwnersOfItsSockets)
{
    made::Call call;
    made::flowStory(call);
    const auto outline = outlineOf(call);
    const auto *rtp = stepOf(outline, "RTP PCMU");
    ASSERT_NE(rtp, nullptr);
    EXPECT_EQ(outline.lanes[rtp->from].name, "10.0.0.2");
    EXPECT_EQ(outline.lanes[rtp->to].name, "10.0.0.1");
    EXPECT_EQ(rtp->style, ladder::LineStyle::Wave);
    EXPECT_EQ(rtp->role, ladder::Role::EarlyMedia);
    EXPECT_TRUE(hasBadge(*rtp, "early media"));
    EXPECT_EQ(rtp->news, "620 packets 12.3 s, loss 0, jitter 0.0 ms");
    EXPECT_EQ(ladder::streamText(*call.streams[0].stream, "PCMU"),
              "RTP PCMU 620 packets 12.3 s, loss 0, jitter 0.0 ms");
    // It stands where its first packet came: after the 183 reached alice, before the 200.
    const auto at = rtp - outline.steps.data();
    EXPECT_EQ(outline.steps[static_cast<std::size_t>(at - 1)].status, 183);
}

TEST(Outline, MediaFromAnUnknownRelayRunsBetweenCallerAndCallee)
{
    made::Call call;
    call.say(
        "10.0.0.1:5060", "10.0.0.2:5060",
        {"INVITE sip:bob@example.test", "INVITE", "z9hG4bKa", "", "", made::sdp("10.0.0.1", 4000)});
    call.say(
        "10.0.0.2:5060", "10.0.0.1:5060",
        {"183 Session Progress", "INVITE", "z9hG4bKa", "b", "", made::sdp("10.0.0.2", 5000, "0")});
    call.talk("192.0.2.77:9000", "10.0.0.1:4000", 3);
    const auto outline = outlineOf(call);
    const auto *rtp = stepOf(outline, "RTP PCMU");
    ASSERT_NE(rtp, nullptr);
    EXPECT_EQ(outline.lanes[rtp->from].name, "10.0.0.2");
    EXPECT_EQ(outline.lanes[rtp->to].name, "10.0.0.1");
}

TEST(Outline, LocalEventsStandOnOurLaneAndSayThatTheNetworkDidNotAnswer)
{
    made::Call call;
    call.origin = base::Origin::Tap;
    call.outgoing = true;
    call.say("10.0.0.9:5060", "10.0.0.2:5060", kInvite);
    call.wait(milliseconds(2));
    call.local(base::LocalKind::ConnectionRefused, 503, "Nobody listens at 10.0.0.2:5060.");
    const auto outline = outlineOf(call);
    ASSERT_EQ(outline.steps.size(), 2U);
    const auto &event = outline.steps[1];
    EXPECT_EQ(event.kind, StepKind::Local);
    EXPECT_EQ(outline.lanes[event.from].name, "10.0.0.9");
    EXPECT_THAT(event.label, HasSubstr("local 503, not from the network"));
    EXPECT_EQ(event.news, "Nobody listens at 10.0.0.2:5060.");
    EXPECT_EQ(event.status, 0);
}

TEST(Outline, ACallWithoutAnyMessageStillHasALane)
{
    made::Call call;
    call.local(base::LocalKind::Unresolvable, 503, "The name does not resolve.");
    ASSERT_TRUE(call.id.valid());
    const auto outline = outlineOf(call);
    ASSERT_EQ(outline.lanes.size(), 1U);
    EXPECT_EQ(outline.lanes[0].name, "Earshot");
}

TEST(Outline, FindingsBadgeTheirRowsUnlessTheyAreOnlyNotes)
{
    made::Call call;
    const auto row = call.say("10.0.0.1:5060", "10.0.0.2:5060", kInvite);
    call.find("made-up", diagnosis::Severity::Info, "A note.", {row});
    EXPECT_TRUE(outlineOf(call).steps[0].badges.empty());
    call.find("made-up", diagnosis::Severity::Error, "An error.", {row, row});
    call.find("made-up-2", diagnosis::Severity::Warning, "A warning.", {row});
    const auto step = outlineOf(call).steps[0];
    ASSERT_TRUE(hasBadge(step, "! 2 findings"));
    EXPECT_EQ(step.badges[0].role, ladder::Role::FindingError);
    EXPECT_THAT(step.spoken, HasSubstr("2 findings"));
}

TEST(Outline, TimesAreDeltasSecondsOrTheClock)
{
    made::Call call;
    call.say("10.0.0.1:5060", "10.0.0.2:5060", kInvite);
    call.wait(milliseconds(20));
    call.say("10.0.0.2:5060", "10.0.0.1:5060", {"100 Trying"});
    call.wait(milliseconds(4200));
    call.say("10.0.0.2:5060", "10.0.0.1:5060",
             {"430 Flow Failed", "INVITE", "z9hG4bKbranch1", "b"});
    ladder::Options options;
    const auto delta = outlineOf(call, options);
    EXPECT_EQ(delta.steps[0].when, "0.000");
    EXPECT_EQ(delta.steps[1].when, "+0.020");
    EXPECT_EQ(delta.steps[2].label, "4.2 s without signalling");
    EXPECT_EQ(delta.steps[3].spoken,
              "3 of 3, plus 4.2 seconds, 430 Flow Failed, client error, from 10.0.0.2 to 10.0.0.1");
    options.time = ladder::TimeMode::SinceStart;
    EXPECT_EQ(outlineOf(call, options).steps[3].when, "4.220");
    options.time = ladder::TimeMode::Absolute;
    EXPECT_EQ(outlineOf(call, options).steps[3].when, base::utc(call.clock).substr(11));
}

TEST(Outline, ForeignTextIsMadePrintable)
{
    made::Call call;
    call.say("10.0.0.1:5060", "10.0.0.2:5060", kInvite);
    call.say("10.0.0.2:5060", "10.0.0.1:5060",
             {"486 Busy\x1b[31m \xE2\x80\xAE here", "INVITE", "z9hG4bKbranch1", "b"});
    const auto outline = outlineOf(call);
    EXPECT_EQ(outline.steps[1].label, "486 Busy\\x1b[31m \\u202e here");
}

} // namespace
