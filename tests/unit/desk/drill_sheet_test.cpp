// SPDX-License-Identifier: Apache-2.0
#include <desk/drill_sheet.h>
#include <gtest/gtest.h>

using base::FlowState;
using desk::DrillSheet;
using desk::DrillVerdict;
using namespace std::chrono_literals;

namespace {

constexpr base::Instant kStart{1'700'000'000'000'000'000};

base::FlowReport flow(FlowState state, base::Duration at, const std::string &transport = "TCP")
{
    base::FlowReport out;
    out.aor = "sip:bob@example.test";
    out.regId = 2;
    out.edge = "sip:192.0.2.1";
    out.transport = transport;
    out.state = state;
    out.since = kStart + at;
    out.keepAlive = transport == "UDP" ? "STUN" : "CRLF";
    out.flowTimer = 20s;
    return out;
}

base::FlowReport lost(FlowState state, base::Duration at)
{
    auto out = flow(state, at);
    out.losses = 1;
    return out;
}

void recover(DrillSheet &sheet, base::Duration from)
{
    sheet.add(lost(FlowState::Failed, from));
    sheet.add(lost(FlowState::Connecting, from));
    sheet.add(lost(FlowState::Registering, from + 10ms));
    sheet.add(lost(FlowState::Provisional, from + 60ms));
}

const desk::DrillLine &lineWith(const std::vector<desk::DrillLine> &lines, std::string_view piece)
{
    for (const auto &line : lines)
        if (line.what.find(piece) != std::string::npos)
            return line;
    ADD_FAILURE() << piece;
    return lines.front();
}

} // namespace

TEST(DrillSheet, ACutThatIsRepairedInTimePasses)
{
    DrillSheet sheet(engine::Drill::Cut, flow(FlowState::Up, -5s), kStart, {});
    EXPECT_EQ(sheet.verdict(), DrillVerdict::Fail) << "nothing has recovered yet";
    recover(sheet, 5ms);
    EXPECT_FALSE(sheet.over()) << "its first pong is due";
    sheet.add(lost(FlowState::Up, 1060ms));
    EXPECT_TRUE(sheet.over());
    EXPECT_EQ(sheet.verdict(), DrillVerdict::Pass) << sheet.table();
    const auto lines = sheet.lines();
    EXPECT_EQ(lineWith(lines, "loss is noticed").measured, 5ms);
    EXPECT_EQ(lineWith(lines, "REGISTER").measured, 10ms);
    EXPECT_EQ(lineWith(lines, "Registered again").measured, 60ms);
    EXPECT_EQ(lineWith(lines, "first keep-alive").measured, 995ms);
    EXPECT_NE(sheet.table().find("PASS: UP again 1.060 s after the drill began, out of reach for "
                                 "0.060 s."),
              std::string::npos)
        << sheet.table();
}

TEST(DrillSheet, AREGISTERThatWaitsForNothingFails)
{
    DrillSheet sheet(engine::Drill::Cut, flow(FlowState::Up, -5s), kStart, {});
    sheet.add(lost(FlowState::Failed, 0ms));
    sheet.add(lost(FlowState::Registering, 4s));
    sheet.add(lost(FlowState::Provisional, 5s));
    sheet.add(lost(FlowState::Up, 6s));
    EXPECT_EQ(lineWith(sheet.lines(), "REGISTER").verdict, DrillVerdict::Fail);
    EXPECT_EQ(sheet.verdict(), DrillVerdict::Fail);
}

TEST(DrillSheet, SwallowedPongsAreAFailureAfterTenSeconds)
{
    for (const auto silence : {10s, 12s}) {
        DrillSheet sheet(engine::Drill::SwallowPongs, flow(FlowState::Up, -5s), kStart, {});
        EXPECT_GE(sheet.latest(), kStart + 82s);
        auto silent = flow(FlowState::Suspect, 18s);
        silent.lastPing = kStart + 16s;
        sheet.add(silent);
        auto failed = lost(FlowState::Failed, 16s + silence);
        failed.lastPing = silent.lastPing;
        sheet.add(failed);
        recover(sheet, 16s + silence);
        sheet.add(lost(FlowState::Up, 30s));
        EXPECT_EQ(lineWith(sheet.lines(), "next keep-alive").measured, 16s);
        EXPECT_EQ(lineWith(sheet.lines(), "silence").measured, silence);
        EXPECT_EQ(sheet.verdict(), silence == 10s ? DrillVerdict::Pass : DrillVerdict::Fail)
            << sheet.table();
    }
}

TEST(DrillSheet, TheBackOffHasToLieBetweenHalfOfWAndW)
{
    for (const auto wait : {31s, 29s, 61s}) {
        DrillSheet sheet(engine::Drill::Cut, flow(FlowState::Up, -5s), kStart, {});
        sheet.add(lost(FlowState::Failed, 0ms));
        sheet.add(lost(FlowState::Registering, 1ms));
        auto backing = lost(FlowState::BackingOff, 2ms);
        backing.failures = 1;
        backing.waitMost = 60s;
        backing.nextAttempt = backing.since + wait;
        sheet.add(backing);
        EXPECT_GE(sheet.latest(), backing.nextAttempt);
        EXPECT_LE(sheet.latest(), kStart + 10min);
        sheet.add(lost(FlowState::Provisional, wait));
        sheet.add(lost(FlowState::Up, wait + 1s));
        EXPECT_EQ(lineWith(sheet.lines(), "half of W").verdict,
                  wait == 31s ? DrillVerdict::Pass : DrillVerdict::Fail);
    }
}

TEST(DrillSheet, WithoutKeepAlivesNoPongCanBeSwallowed)
{
    auto plain = flow(FlowState::UpPlain, -5s);
    plain.keepAlive.clear();
    DrillSheet sheet(engine::Drill::SwallowPongs, plain, kStart, {});
    EXPECT_EQ(sheet.verdict(), DrillVerdict::NotSeen);
    EXPECT_NE(sheet.table().find("nothing can be swallowed"), std::string::npos);
}

TEST(DrillSheet, ARefusalEndsTheDrill)
{
    DrillSheet sheet(engine::Drill::Cut, flow(FlowState::Up, -5s), kStart, {});
    sheet.add(lost(FlowState::Failed, 0ms));
    auto refused = lost(FlowState::Rejected, 20ms);
    refused.reason = "403 Forbidden.";
    sheet.add(refused);
    EXPECT_TRUE(sheet.over());
    EXPECT_EQ(sheet.verdict(), DrillVerdict::Fail);
    EXPECT_NE(sheet.table().find("FAIL: 403 Forbidden."), std::string::npos) << sheet.table();
}

TEST(DrillSheet, OtherFlowsAndCallsBeforeTheLossDoNotCount)
{
    DrillSheet sheet(engine::Drill::Cut, flow(FlowState::Up, -5s), kStart, {});
    sheet.incoming(kStart + 1ms);
    auto other = lost(FlowState::Failed, 3ms);
    other.regId = 1;
    sheet.add(other);
    EXPECT_FALSE(lineWith(sheet.lines(), "loss is noticed").measured);
    recover(sheet, 5ms);
    sheet.incoming(kStart + 905ms);
    EXPECT_EQ(lineWith(sheet.lines(), "A call comes in").measured, 900ms);
}

TEST(DrillSheet, ASilentLossIsNoticedByTheKeepAlive)
{
    DrillSheet sheet(engine::Drill::Silence, flow(FlowState::Up, -5s), kStart, {});
    EXPECT_GE(sheet.latest(), kStart + 82s);
    auto silent = flow(FlowState::Suspect, 18s);
    silent.lastPing = kStart + 16s;
    sheet.add(silent);
    auto failed = lost(FlowState::Failed, 26s);
    failed.lastPing = silent.lastPing;
    sheet.add(failed);
    recover(sheet, 26s);
    sheet.add(lost(FlowState::Up, 30s));
    EXPECT_EQ(lineWith(sheet.lines(), "silence").measured, 10s);
    EXPECT_EQ(sheet.verdict(), DrillVerdict::Pass) << sheet.table();
}

TEST(DrillSheet, ARegisterFromThePortThatFailedIsNoNewFlow)
{
    const auto local = [](base::FlowReport report, const char *text) {
        report.transport = "UDP";
        report.local = base::Endpoint::parse(text).value();
        return report;
    };
    for (const char *port : {"192.0.2.9:40002", "192.0.2.9:40001"}) {
        DrillSheet sheet(engine::Drill::Cut,
                         local(flow(FlowState::Up, -5s, "UDP"), "192.0.2.9:40001"), kStart, {});
        sheet.add(local(lost(FlowState::Failed, 1ms), "192.0.2.9:40001"));
        sheet.add(local(lost(FlowState::Registering, 2ms), port));
        sheet.add(local(lost(FlowState::Provisional, 3ms), port));
        sheet.add(local(lost(FlowState::Up, 4ms), port));
        const bool other = std::string_view(port).ends_with('2');
        EXPECT_EQ(sheet.verdict(), other ? DrillVerdict::Pass : DrillVerdict::Fail)
            << sheet.table();
        EXPECT_EQ(sheet.conclusion().find("no new flow") == std::string::npos, other);
    }
}

/// A proxy that has nothing to fail over from is not praised for it, nor blamed.
TEST(DrillSheet, ACallThatLeftWhenTheFlowWasBackIsNoneOfMeanwhile)
{
    DrillSheet sheet(engine::Drill::Cut, flow(FlowState::Up, -5s), kStart, {});
    recover(sheet, 5ms);
    sheet.add(lost(FlowState::Up, 1060ms));
    ASSERT_TRUE(sheet.back());
    sheet.called({false, std::nullopt, kStart + 1500ms, 0, "430 Flow Failed"});
    const auto told = lineWith(sheet.lines(), "440 ms after the flow was back");
    EXPECT_EQ(told.verdict, DrillVerdict::NotSeen);
    EXPECT_FALSE(told.measured);
    EXPECT_EQ(sheet.verdict(), DrillVerdict::Pass);
}

TEST(DrillSheet, TheProxyIsTimedByCallsToOurOwnAddress)
{
    for (const bool brought : {true, false}) {
        DrillSheet sheet(engine::Drill::Cut, flow(FlowState::Up, -5s), kStart, {});
        recover(sheet, 5ms);
        sheet.add(lost(FlowState::Up, 1060ms));
        EXPECT_TRUE(sheet.back());
        DrillSheet::Call meanwhile;
        if (brought)
            meanwhile.took = 8s;
        meanwhile.left = kStart + 10ms; // while the flow was broken
        meanwhile.cameBy = brought ? 1 : 0;
        meanwhile.refusal = brought ? "" : "480 Temporarily Unavailable";
        sheet.called(meanwhile);
        sheet.called({true, 20ms, kStart + 2s, 2, {}});
        const auto lines = sheet.lines();
        EXPECT_EQ(lineWith(lines, brought ? "by flow 1" : "480").verdict,
                  brought ? DrillVerdict::Pass : DrillVerdict::Fail);
        EXPECT_EQ(lineWith(lines, "brings a call again").measured, 20ms);
        EXPECT_EQ(sheet.verdict(), brought ? DrillVerdict::Pass : DrillVerdict::Fail);
    }
}
