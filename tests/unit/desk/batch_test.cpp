// SPDX-License-Identifier: Apache-2.0
// Repeated calls: when each is due, what stands in their table, the figures over all, exports.
#include <desk/batch.h>
#include <gmock/gmock.h>

using desk::Batch;
using desk::CallInfo;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

namespace {

constexpr base::Instant kThen{1'700'000'000'000'000'000};

desk::BatchPlan plan(int count, double rate = 10)
{
    desk::BatchPlan out;
    out.call.target = "sip:bob@example.test";
    out.call.hangUpAfter = 2s;
    out.call.cancelAfter = 60s;
    out.count = count;
    out.perSecond = rate;
    return out;
}

CallInfo info(std::uint32_t handle, int status, bool over = true)
{
    CallInfo out;
    out.handle = engine::CallHandle{handle};
    out.callId = "call-" + std::to_string(handle);
    out.status = status;
    out.phrase = status == 200 ? "OK" : "Busy Here";
    out.stage = over ? CallInfo::Stage::Ended : CallInfo::Stage::Calling;
    return out;
}

/// All that are due by `now`, with handles counted from 1.
void placeAll(Batch &batch, base::Instant now)
{
    while (batch.due(now))
        batch.placed(engine::CallHandle{static_cast<std::uint32_t>(batch.results().size()) + 1},
                     now);
}

TEST(Batch, PlacesThemAtTheRateThatWasAskedFor)
{
    Batch batch(plan(3), kThen);
    placeAll(batch, kThen);
    EXPECT_EQ(batch.results().size(), 1U);
    placeAll(batch, kThen + 99ms);
    EXPECT_EQ(batch.results().size(), 1U);
    placeAll(batch, kThen + 100ms);
    EXPECT_EQ(batch.results().size(), 2U);
    placeAll(batch, kThen + 10s);
    EXPECT_EQ(batch.results().size(), 3U) << "no more than were asked for";
    EXPECT_FALSE(batch.over(kThen + 10s));
    for (std::uint32_t handle = 1; handle <= 3; ++handle)
        batch.add(info(handle, 200));
    EXPECT_TRUE(batch.over(kThen + 10s));
}

TEST(Batch, WaitsWhereTooManyAreUnderWay)
{
    Batch batch(plan(300, 50), kThen);
    placeAll(batch, kThen + 100s);
    EXPECT_EQ(batch.results().size(), desk::kMostBatchAtOnce);
    EXPECT_TRUE(batch.heldBack());
    batch.add(info(1, 200));
    placeAll(batch, kThen + 100s);
    EXPECT_EQ(batch.results().size(), desk::kMostBatchAtOnce + 1);
}

TEST(Batch, IsStoppedAndIgnoresCallsOfOthers)
{
    Batch batch(plan(5), kThen);
    placeAll(batch, kThen);
    batch.add(info(99, 200));
    EXPECT_EQ(batch.results()[0].code, 0);
    batch.stop();
    EXPECT_FALSE(batch.due(kThen + 10s));
    EXPECT_FALSE(batch.over(kThen + 10s)) << "one is under way";
    EXPECT_EQ(batch.underWay().size(), 1U);
    batch.add(info(1, 487));
    EXPECT_TRUE(batch.over(kThen + 10s));
}

TEST(Batch, IsNotWaitedForBeyondReason)
{
    Batch batch(plan(1), kThen);
    placeAll(batch, kThen);
    EXPECT_FALSE(batch.over(kThen + 131s));
    EXPECT_TRUE(batch.over(kThen + 133s)) << "cancel, hang up, and 70 s for their answers";
}

TEST(Batch, HasTheMosOfWhatWasHeardAndOnlyThen)
{
    Batch batch(plan(2), kThen);
    placeAll(batch, kThen + 1s);
    auto heard = info(1, 200);
    heard.media.emplace();
    heard.media->quality.emplace();
    heard.media->quality->mos = 4.4091;
    batch.add(heard);
    auto deaf = info(2, 200);
    deaf.media.emplace();
    batch.add(deaf);
    EXPECT_DOUBLE_EQ(*batch.results()[0].mos, 4.41);
    EXPECT_FALSE(batch.results()[1].mos);
    EXPECT_EQ(desk::summaryOf(batch).mos->count, 1U);
}

TEST(Batch, CountsCodesAndSpreadsFigures)
{
    Batch batch(plan(4, 50), kThen);
    placeAll(batch, kThen + 1s);
    for (std::uint32_t handle = 1; handle <= 3; ++handle)
        batch.add(info(handle, 200));
    auto local = info(4, 503);
    local.local = true;
    batch.add(local);
    const auto summary = desk::summaryOf(batch);
    EXPECT_EQ(summary.answered, 3);
    EXPECT_EQ(summary.codes.at("200"), 3);
    EXPECT_EQ(summary.codes.at("503 local"), 1);
    EXPECT_FALSE(summary.pdd) << "no ladder was looked at";
    EXPECT_THAT(desk::summaryText(summary), HasSubstr("4 placed, 3 answered; codes: 3 x 200"));
    EXPECT_THAT(desk::batchJson(batch), HasSubstr("\"calls_per_second\""));
}

TEST(Batch, WhatEndedHereIsToldInWordsAndNotByACodeOfTheNetworks)
{
    Batch batch(plan(3), kThen);
    placeAll(batch, kThen + 10s);
    for (const std::uint32_t number : {1U, 2U}) {
        auto unsent = info(number, 0);
        unsent.phrase.clear();
        unsent.sentence = "No free pair of ports lies in 42000 to 42001.";
        unsent.stage = desk::CallInfo::Stage::Failed;
        unsent.local = true;
        batch.add(unsent);
    }
    auto closed = info(3, 503);
    closed.phrase = "Service Unavailable";
    closed.sentence = "192.0.2.1:5999 refused the request: nobody listens there.";
    closed.local = true;
    closed.stage = desk::CallInfo::Stage::Failed;
    batch.add(closed);
    const auto table = desk::batchTable(batch);
    EXPECT_THAT(table, HasSubstr("No free pair of ports lies in 42000 to 42001."));
    EXPECT_THAT(table, HasSubstr("nobody listens there. (a local 503)"));
    EXPECT_THAT(table, Not(HasSubstr("Service Unavailable")));
    EXPECT_THAT(desk::summaryText(desk::summaryOf(batch)),
                HasSubstr("\n2 x No free pair of ports"));
    EXPECT_THAT(desk::batchCsv(batch), HasSubstr("No free pair of ports"));
    EXPECT_THAT(desk::batchJson(batch), HasSubstr("\"text\": \"No free pair of ports"));
}

TEST(Batch, CsvHoldsWhatASpreadsheetCannotRun)
{
    Batch batch(plan(1), kThen);
    placeAll(batch, kThen);
    auto odd = info(1, 486);
    odd.phrase = "=HYPERLINK(\"x\",\"y\")";
    batch.add(odd);
    const auto csv = desk::batchCsv(batch);
    EXPECT_THAT(csv, HasSubstr("1,call-1,486,\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\",no,,,,,,,\r\n"));
}

TEST(Batch, RefusesWhatIsBeyondTheCaps)
{
    EXPECT_TRUE(desk::checkBatch(plan(1)));
    EXPECT_FALSE(desk::checkBatch(plan(0)));
    EXPECT_FALSE(desk::checkBatch(plan(desk::kMostBatchCalls + 1)));
    EXPECT_FALSE(desk::checkBatch(plan(1, 0)));
    EXPECT_FALSE(desk::checkBatch(plan(1, 51)));
    EXPECT_FALSE(desk::checkBatch(plan(1, std::numeric_limits<double>::quiet_NaN())));
    auto endless = plan(1);
    endless.call.hangUpAfter = {};
    EXPECT_FALSE(desk::checkBatch(endless)) << "nothing would end it";
}

TEST(Plot, HasAScaleThatHoldsTheGreatest)
{
    for (const double greatest : {0.0, 0.0004, 0.013, 1.0, 7.3, 99.0, 12345.0, 1e300}) {
        const auto scale = desk::scaleFor(greatest);
        EXPECT_GE(scale.top() * 1.0000001, std::min(greatest, 1e12)) << greatest;
        EXPECT_GE(scale.steps, 1);
        EXPECT_LE(scale.steps, 6);
    }
    EXPECT_EQ(desk::scaleFor(0.013).decimals, 3);
}

TEST(Plot, EscapesForeignTextAndColoursByCode)
{
    desk::Plot plot{"<script>", "call", "seconds", "PDD", "answer", {}};
    plot.points = {{1, 0.2, 1.4, 200}, {2, std::nullopt, std::nullopt, 486}};
    const auto svg = desk::svgOf(plot);
    EXPECT_THAT(svg, Not(HasSubstr("<script>")));
    EXPECT_THAT(svg, HasSubstr("<circle"));
    EXPECT_THAT(svg, HasSubstr("1 x 486"));
    EXPECT_THAT(desk::spokenPlot(plot), HasSubstr("1 x 200"));
}

} // namespace
