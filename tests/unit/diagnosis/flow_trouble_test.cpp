// SPDX-License-Identifier: Apache-2.0
// Which row explains a flow of ours that is not up.
#include <diagnosis/flow_facts.h>
#include <gtest/gtest.h>

#include "folded.h"

namespace {

using flows::Happening;

/// Rows of a call for events to name, and one of none: 0 to 3, then 4.
const support::Folded &rows()
{
    static const support::Folded folded(R"(
  0.000 alice>edge REGISTER tcp
  0.010 edge>alice 503 tcp tag=r
  1.000 alice>edge REGISTER tcp cseq=2
  1.010 edge>alice 200 tcp tag=r
  2.000 alice>edge tcp ping
)");
    return folded;
}

trace::RowId troubleOf(std::initializer_list<flows::FlowEvent> events)
{
    flows::Flow flow;
    flow.events = events;
    return diagnosis::troubleOf(flow, rows().trace());
}

flows::FlowEvent event(Happening what, std::uint32_t row, const char *text = "")
{
    flows::FlowEvent out;
    out.what = what;
    out.row = {row};
    out.text = text;
    for (const auto state :
         {base::FlowState::Up, base::FlowState::UpPlain, base::FlowState::Suspect,
          base::FlowState::Failed, base::FlowState::BackingOff})
        if (out.text.starts_with(std::string(base::flowStateText(state)) + ":"))
            out.state = state;
    return out;
}

TEST(FlowTrouble, IsTheFirstFailureSinceTheFlowWorked)
{
    const auto up = event(Happening::StateChanged, 3, "UP: registered");
    const auto late = event(Happening::StateChanged, 0, "SUSPECT: the pong is late");
    const auto dead = event(Happening::StateChanged, 1, "FAILED: no pong");
    const auto waits = event(Happening::StateChanged, 2, "BACKING OFF: no pong");
    EXPECT_EQ(troubleOf({up, late, dead, waits}), trace::RowId{1});
    EXPECT_EQ(troubleOf({up, late, dead, waits, event(Happening::RegisterFailed, 2)}),
              trace::RowId{1});
    EXPECT_EQ(troubleOf({up, event(Happening::RegisterFailed, 2), dead}), trace::RowId{2});
    EXPECT_EQ(troubleOf({up, late}), trace::RowId{0}); // no more than doubt so far
}

TEST(FlowTrouble, ThereIsNoneWhileItWorks)
{
    const auto dead = event(Happening::StateChanged, 1, "FAILED: no pong");
    EXPECT_FALSE(troubleOf({}).valid());
    EXPECT_FALSE(troubleOf({dead, event(Happening::Registered, 3)}).valid());
    EXPECT_FALSE(troubleOf({dead, event(Happening::Pong, 4)}).valid());
    EXPECT_FALSE(
        troubleOf({dead, event(Happening::StateChanged, 3, "UP (no outbound): again")}).valid());
}

TEST(FlowTrouble, ARowOfNoCallShowsNothing)
{
    ASSERT_FALSE(rows().trace().row({4}).call.valid());
    EXPECT_EQ(troubleOf({event(Happening::StateChanged, 4, "FAILED: first"),
                         event(Happening::StateChanged, 1, "FAILED: then")}),
              trace::RowId{1});
    flows::FlowEvent lost = event(Happening::StateChanged, 0, "FAILED: its row is not known");
    lost.row = {};
    EXPECT_FALSE(troubleOf({lost}).valid());
}

} // namespace
