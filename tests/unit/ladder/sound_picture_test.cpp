// SPDX-License-Identifier: Apache-2.0
#include <ladder/sound_picture.h>

#include <gmock/gmock.h>
#include <unit/ladder/made_call.h>

namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

const std::string kAlice = "10.0.0.1:5060", kBob = "10.0.0.2:5060";

/// INVITE, 100, 183 with audio both ways, PRACK, 200 after 3 s, BYE after 10 s.
struct Played {
    made::Call call;
    base::Instant start = call.clock;
    trace::RowId invite, progress, answer, bye;

    Played()
    {
        invite = call.say(kAlice, kBob,
                          {"INVITE sip:bob@example.test", "INVITE", "z9hG4bKa", "", "",
                           made::sdp("10.0.0.1", 4000)});
        call.say(kBob, kAlice, {"100 Trying", "INVITE", "z9hG4bKa"});
        call.wait(200ms);
        progress = call.say(kBob, kAlice,
                            {"183 Session Progress", "INVITE", "z9hG4bKa", "b",
                             "Require: 100rel\r\nRSeq: 1\r\n", made::sdp("10.0.0.2", 5000, "0")});
        call.say(kBob, kAlice,
                 {"183 Session Progress", "INVITE", "z9hG4bKa", "b",
                  "Require: 100rel\r\nRSeq: 1\r\n", made::sdp("10.0.0.2", 5000, "0")});
        call.talk("10.0.0.1:4000", "10.0.0.2:5000", 100);
        call.streams.back().towardsCaller = false;
        call.wait(20ms);
        call.talk("10.0.0.2:5000", "10.0.0.1:4000", 140);
        call.say(
            kAlice, kBob,
            {"PRACK sip:bob@10.0.0.2", "PRACK", "z9hG4bKp", "b", "RAck: 1 1 INVITE\r\n", "", 2});
        call.say(kBob, kAlice, {"200 OK", "PRACK", "z9hG4bKp", "b", "", "", 2});
        call.wait(2780ms);
        answer = call.say(kBob, kAlice, {"200 OK", "INVITE", "z9hG4bKa", "b"});
        call.say(kAlice, kBob, {"ACK sip:bob@10.0.0.2", "ACK", "z9hG4bKk", "b"});
        call.wait(7s);
        bye = call.say(kAlice, kBob, {"BYE sip:bob@10.0.0.2", "BYE", "z9hG4bKx", "b", "", "", 3});
    }
    ladder::SoundPicture picture() const
    {
        const auto snapshot = call.call();
        return ladder::soundPicture(call.evidence(*snapshot));
    }
    trace::RowId rowAt(base::Instant at) const
    {
        const auto snapshot = call.call();
        return ladder::rowAt(call.evidence(*snapshot), at);
    }
};

TEST(SoundPicture, HasALanePerStreamOnTheLaddersClock)
{
    const Played played;
    const auto picture = played.picture();
    EXPECT_EQ(picture.from, played.start);
    EXPECT_EQ(picture.to, played.start + 10s);
    EXPECT_EQ(picture.answered, played.start + 3s);
    ASSERT_EQ(picture.lanes.size(), 2U);
    EXPECT_TRUE(picture.lanes[0].towardsCaller) << "what the caller hears comes first";
    EXPECT_EQ(picture.lanes[0].direction, "to the caller");
    EXPECT_EQ(picture.lanes[0].codec, "PCMU");
    EXPECT_EQ(picture.lanes[1].direction, "to the callee");
    EXPECT_EQ(picture.lanes[0].stream->loudness.start(), played.start + 220ms);
}

TEST(SoundPicture, MarksWhatMattersToTheEarOnce)
{
    const Played played;
    const auto picture = played.picture();
    std::vector<std::string> texts;
    for (const auto &mark : picture.marks)
        texts.push_back(mark.text);
    EXPECT_THAT(texts, ElementsAre("INVITE", "183", "PRACK", "200", "BYE"));
    EXPECT_EQ(picture.marks[1].row, played.progress);
    EXPECT_EQ(picture.marks[1].role, ladder::Role::Provisional);
    EXPECT_EQ(picture.marks[3].at, played.start + 3s);
}

TEST(SoundPicture, AMomentLeadsToTheRowThatStoodLast)
{
    const Played played;
    EXPECT_EQ(played.rowAt(played.start - 1s), played.invite);
    EXPECT_EQ(played.rowAt(played.start + 9999ms).value, played.bye.value - 1) << "the ACK";
    EXPECT_EQ(played.rowAt(played.start + 10s), played.bye);
    EXPECT_EQ(played.rowAt(played.start + 1h), played.bye);
}

TEST(SoundPicture, TellsTheForksApartAndCountsWhatFindsNoRoom)
{
    made::Call call;
    call.say(
        kAlice, kBob,
        {"INVITE sip:bob@example.test", "INVITE", "z9hG4bKa", "", "", made::sdp("10.0.0.1", 4000)});
    for (int i = 0; i < 8; ++i) {
        const std::string host = fmt::format("10.0.0.{}", 10 + i);
        call.wait(10ms);
        call.say(kBob, kAlice,
                 {"183 Session Progress", "INVITE", "z9hG4bKa", fmt::format("t{}", i), "",
                  made::sdp(host, 5000, "0")});
        call.talk(host + ":5000", "10.0.0.1:4000", 5, 0, true, static_cast<std::uint32_t>(i));
    }
    const auto snapshot = call.call();
    const auto picture = ladder::soundPicture(call.evidence(*snapshot));
    ASSERT_EQ(picture.lanes.size(), ladder::SoundPicture::kMostLanes);
    EXPECT_EQ(picture.moreLanes, 2U);
    EXPECT_EQ(picture.lanes[1].direction, "to the caller, dialog 2");
    EXPECT_FALSE(picture.answered.known());
}

TEST(SoundPicture, OfRowsWithoutAClockThereIsNone)
{
    made::Call call;
    call.clock = base::Instant{1}; // an order, no time
    call.say(kAlice, kBob, {"INVITE sip:bob@example.test"});
    const auto snapshot = call.call();
    const auto evidence = call.evidence(*snapshot);
    EXPECT_FALSE(ladder::soundPicture(evidence).from.known());
    EXPECT_FALSE(ladder::rowAt(evidence, base::Instant{5}).valid());
}

} // namespace
