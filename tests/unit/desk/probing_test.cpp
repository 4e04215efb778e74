// SPDX-License-Identifier: Apache-2.0
// A series of probes: what is sent when, what an answer means, and bytes as somebody types them.
#include <desk/probing.h>
#include <gmock/gmock.h>

using desk::ProbeKind;
using desk::Probing;
using testing::HasSubstr;
using namespace std::chrono_literals;

namespace {

constexpr base::Instant kThen{1'700'000'000'000'000'000};

desk::ProbePlan plan(ProbeKind kind, int count = 3)
{
    desk::ProbePlan out;
    out.kind = kind;
    out.request.target = "sip:bob@example.test";
    out.count = count;
    out.interval = 1s;
    out.wait = 4s;
    return out;
}

engine::ProbeEvent answer(std::uint32_t handle, int status, base::Duration after = 20ms)
{
    engine::ProbeEvent out;
    out.probe = engine::ProbeHandle{handle};
    out.status = status;
    out.phrase = status == 483 ? "Too Many Hops" : "OK";
    out.roundTrip = after;
    out.remote = *base::Endpoint::parse("192.0.2.1:5060");
    return out;
}

TEST(Probing, SendsTheNextOptionsAfterTheInterval)
{
    Probing probing(plan(ProbeKind::Options, 2));
    ASSERT_TRUE(probing.due(kThen));
    probing.sent(engine::ProbeHandle{1}, kThen);
    EXPECT_FALSE(probing.due(kThen + 10ms)) << "its answer is awaited";
    probing.add(answer(1, 200));
    EXPECT_FALSE(probing.due(kThen + 500ms)) << "the interval is not over";
    ASSERT_TRUE(probing.due(kThen + 1s));
    probing.sent(engine::ProbeHandle{2}, kThen + 1s);
    EXPECT_FALSE(probing.over());
    probing.add(answer(2, 200, 40ms));
    EXPECT_TRUE(probing.over());
    const auto figures = probing.figures();
    EXPECT_EQ(figures.answered, 2);
    EXPECT_DOUBLE_EQ(*figures.least, 20);
    EXPECT_DOUBLE_EQ(*figures.mean, 30);
    EXPECT_DOUBLE_EQ(*figures.most, 40);
}

TEST(Probing, GivesUpAfterTheWaitButTakesALateAnswer)
{
    Probing probing(plan(ProbeKind::Options, 2));
    probing.sent(engine::ProbeHandle{1}, kThen);
    ASSERT_TRUE(probing.due(kThen + 4s));
    EXPECT_EQ(desk::answerText(probing.lines()[0]), "no answer in time");
    probing.sent(engine::ProbeHandle{2}, kThen + 4s);
    probing.add(answer(1, 200, 4100ms));
    EXPECT_TRUE(desk::isAnswered(probing.lines()[0]));
    EXPECT_FALSE(probing.over()) << "the second is still awaited";
    EXPECT_FALSE(probing.due(kThen + 9s));
    EXPECT_TRUE(probing.over());
    EXPECT_THAT(probing.conclusion(), HasSubstr("2 sent, 1 answered"));
}

TEST(Probing, FollowsTheHopsUntilTheTargetAnswers)
{
    Probing probing(plan(ProbeKind::Trace));
    for (std::uint32_t hop = 1; hop <= 3; ++hop) {
        const auto request = probing.due(kThen);
        ASSERT_TRUE(request);
        EXPECT_EQ(request->maxForwards, static_cast<int>(hop) - 1);
        probing.sent(engine::ProbeHandle{hop}, kThen);
        probing.add(answer(hop, hop == 3 ? 200 : 483));
    }
    EXPECT_TRUE(probing.over());
    EXPECT_THAT(probing.conclusion(), HasSubstr("answered at hop 3: 200 OK"));
    EXPECT_THAT(probing.table(), HasSubstr("483 Too Many Hops"));
}

TEST(Probing, NamesAHopThatIsSilent)
{
    auto silent = plan(ProbeKind::Trace);
    silent.hops = 1;
    Probing probing(silent);
    probing.sent(engine::ProbeHandle{1}, kThen);
    EXPECT_FALSE(probing.due(kThen + 5s));
    EXPECT_TRUE(probing.over());
    EXPECT_FALSE(probing.good());
    EXPECT_THAT(probing.conclusion(), HasSubstr("Nobody answered at hop 1"));
}

TEST(Probing, IgnoresProbesOfOthersAndStopsWhenTold)
{
    Probing probing(plan(ProbeKind::Options));
    probing.sent(engine::ProbeHandle{1}, kThen);
    probing.add(answer(9, 200));
    EXPECT_FALSE(probing.lines()[0].event);
    probing.stop();
    EXPECT_TRUE(probing.over());
    EXPECT_FALSE(probing.due(kThen + 10s));
}

TEST(Probing, SendsBytesOnceAndWaitsForWhatComes)
{
    auto raw = plan(ProbeKind::Raw);
    EXPECT_FALSE(desk::checkProbe(raw)) << "there are no bytes";
    raw.request.raw = "no SIP";
    ASSERT_TRUE(desk::checkProbe(raw));
    Probing probing(raw);
    EXPECT_EQ(probing.due(kThen)->raw, "no SIP");
    probing.sent(engine::ProbeHandle{1}, kThen);
    auto left = answer(1, 0);
    probing.add(left);
    EXPECT_FALSE(probing.over()) << "what comes back is waited for";
    EXPECT_TRUE(probing.good());
    EXPECT_FALSE(probing.due(kThen + 4s));
    EXPECT_TRUE(probing.over());
}

TEST(Probing, BytesAreWaitedForFromWhenTheyLeft)
{
    auto raw = plan(ProbeKind::Raw);
    raw.request.raw = "no SIP";
    raw.wait = std::chrono::milliseconds(200);
    Probing probing(raw);
    ASSERT_TRUE(probing.due(kThen));
    probing.sent(engine::ProbeHandle{1}, kThen);
    EXPECT_FALSE(probing.due(kThen + 2s)); // its name is still looked up
    EXPECT_FALSE(probing.over());
    probing.add(answer(1, 0));
    EXPECT_FALSE(probing.due(kThen + 2s));
    EXPECT_FALSE(probing.due(kThen + 2100ms));
    EXPECT_FALSE(probing.over());
    EXPECT_FALSE(probing.due(kThen + 2200ms));
    EXPECT_TRUE(probing.over());
    EXPECT_TRUE(probing.good());
    Probing never(raw);
    ASSERT_TRUE(never.due(kThen));
    never.sent(engine::ProbeHandle{1}, kThen);
    EXPECT_FALSE(never.due(kThen + 4s));
    EXPECT_TRUE(never.over());
    EXPECT_FALSE(never.good());
}

TEST(Probing, RefusesFiguresBeyondTheCaps)
{
    EXPECT_FALSE(desk::checkProbe(plan(ProbeKind::Options, 0)));
    EXPECT_FALSE(desk::checkProbe(plan(ProbeKind::Options, desk::kMostProbeRequests + 1)));
    auto raw = plan(ProbeKind::Raw);
    raw.request.raw.assign(desk::kLargestProbe + 1, 'x');
    EXPECT_FALSE(desk::checkProbe(raw));
}

TEST(TypedBytes, KnowsLineEndsAndEscapes)
{
    EXPECT_EQ(*desk::typedBytes("a\nb\r\n"), "a\r\nb\r\n");
    EXPECT_EQ(*desk::typedBytes("\\x00\\xfF\\0\\\\\\r"), std::string("\0\xff\0\\\r", 5));
    for (const char *bad : {"\\", "\\q", "\\x1", "\\xzz"}) {
        const auto got = desk::typedBytes(bad);
        ASSERT_FALSE(got) << bad;
        EXPECT_THAT(got.error().sentence, HasSubstr("is no byte"));
    }
}

} // namespace
