// SPDX-License-Identifier: Apache-2.0
#include "stage.h"
#include <calls/call_ref.h>
#include <gtest/gtest.h>
#include <thread>

namespace {

using calls::CallRef;
using calls_test::Stage;

TEST(CallRef, foldsTheRowsThereWereThen)
{
    Stage stage;
    stage.request("INVITE");
    stage.response(180);
    const CallRef early(stage.book, stage.book.chain(stage.last));
    stage.response(486);
    const CallRef late(stage.book, stage.book.chain(stage.last));
    EXPECT_FALSE(early.folded());
    EXPECT_EQ(early.id(), stage.last);
    EXPECT_EQ(early.rows().size(), 2U);
    EXPECT_FALSE(early.folded()) << "names and rows need no fold";
    EXPECT_EQ(early->rows.size(), 2U);
    EXPECT_EQ(early->state, calls::State::Proceeding);
    EXPECT_TRUE(early.folded());
    EXPECT_EQ(late->state, calls::State::Failed);
    EXPECT_EQ(late->finalStatus, 486);
    EXPECT_EQ(late->finalStatus, stage.call()->finalStatus);
}

TEST(CallRef, isFoldedOnceHoweverManyLook)
{
    Stage stage;
    stage.request("INVITE");
    const CallRef call(stage.book, stage.book.chain(stage.last));
    std::vector<const calls::Call *> seen(4);
    std::vector<std::thread> threads;
    for (auto &place : seen)
        threads.emplace_back([&call, &place] { place = call.get(); });
    for (auto &thread : threads)
        thread.join();
    for (const auto *place : seen)
        EXPECT_EQ(place, seen.front());
    const CallRef copy = call;
    EXPECT_EQ(copy.get(), seen.front());
}

TEST(CallRef, canBeFoldedForOnce)
{
    Stage stage;
    stage.request("INVITE");
    const CallRef call(stage.book, stage.book.chain(stage.last));
    EXPECT_EQ(call.once()->rows.size(), 1U);
    EXPECT_FALSE(call.folded());
}

TEST(CallRef, holdsACallThatWasFolded)
{
    Stage stage;
    stage.request("INVITE");
    const auto snapshot = stage.call();
    CallRef call(snapshot);
    EXPECT_EQ(call.get(), snapshot.get());
    EXPECT_EQ(call.id(), stage.last);
    EXPECT_EQ(call.rows().size(), 1U);
    EXPECT_FALSE(CallRef());
    const CallRef moved = std::move(call);
    EXPECT_EQ(moved.get(), snapshot.get());
    EXPECT_FALSE(static_cast<bool>(CallRef(std::shared_ptr<const calls::Call>())));
}

/// Filing a row must not cost more in a large call than in a small one.
TEST(CallBook, filesRowsBeyondItsCapAsCounted)
{
    Stage stage;
    stage.wire.step = std::chrono::milliseconds(1);
    for (std::size_t i = 0; i < calls::kMostRowsPerCall + 5; ++i) {
        support::Fields fields;
        fields.cseq = static_cast<int>(i) + 1;
        stage.request("INFO", fields);
    }
    const auto chain = stage.book.chain(stage.last);
    EXPECT_EQ(chain.count, calls::kMostRowsPerCall);
    EXPECT_EQ(chain.leftOut, 5U);
    EXPECT_EQ(stage.book.rows(chain).size(), calls::kMostRowsPerCall);
}

} // namespace
