// SPDX-License-Identifier: Apache-2.0
// Two captures of one call, taken at two points with different clocks: one session, in order.
#include <gmock/gmock.h>
#include <ladder/outline.h>
#include <report/format.h>
#include <session/session.h>
#include <sstream>
#include <support/capture_writer.h>
#include <support/conversation.h>

namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

constexpr std::string_view kCall = "0.000 alice>proxy INVITE\n"
                                   "0.005 proxy>alice 100\n"
                                   "0.010 proxy>bob INVITE\n"
                                   "0.015 bob>proxy 100\n"
                                   "0.100 bob>proxy 180 tag=t\n"
                                   "0.110 proxy>alice 180 tag=t\n"
                                   "0.500 bob>proxy 200 tag=t\n"
                                   "0.510 proxy>alice 200 tag=t\n";

/// What a capture beside `host` holds, by a clock that runs `ahead`.
std::string captureAt(std::string_view host, base::Duration ahead)
{
    const support::Conversation all(kCall, true);
    EXPECT_EQ(all.error(), "");
    const auto address = support::spoken::host(std::string(host), 5060).address;
    std::vector<support::CapturedFrame> frames;
    for (const base::Packet &packet : all.packets()) {
        if (packet.source.address == address || packet.destination.address == address)
            frames.push_back({packet.time + ahead,
                              support::ethernet(support::udp(packet.source, packet.destination,
                                                             packet.payload.text()))});
    }
    EXPECT_FALSE(frames.empty());
    return support::pcap(frames);
}

std::unique_ptr<session::Session> open()
{
    session::Options options;
    options.live = false;
    return std::move(*session::Session::open(options));
}

void read(session::Session &session, std::string_view bytes,
          const session::ClockChoice &choice = {})
{
    const support::TemporaryFile file("merge.pcap", bytes);
    ASSERT_TRUE(session.import(file.path(), choice));
    ASSERT_TRUE(session.settle(60s));
}

/// "INVITE", "100" ... in the order of the ladder.
std::vector<std::string> order(const session::Session &session)
{
    std::vector<std::string> out;
    const auto calls = session.calls();
    for (const auto &place : calls.at(0)->call->rows) {
        const auto &row = session.trace().row(place.row);
        out.push_back(row.status != 0 ? std::to_string(row.status)
                                      : std::string(sip::methodText(row.method)));
    }
    return out;
}

} // namespace

TEST(Merge, clocksOfTwoPointsAreBroughtTogether)
{
    for (const auto ahead : {1234ms, -90000ms, 0ms}) {
        const auto session = open();
        read(*session, captureAt("alice", 0s));
        read(*session, captureAt("bob", ahead));
        const session::ClockOffset clock = session->last()->import.clock;
        EXPECT_EQ(clock.messages, 3U) << "INVITE, 180 and 200 passed both points";
        EXPECT_TRUE(clock.bothWays);
        EXPECT_LE(std::chrono::abs(clock.offset - ahead), 1ms);
        EXPECT_EQ(session->calls().size(), 1U);
        EXPECT_THAT(order(*session),
                    ElementsAre("INVITE", "100", "INVITE", "100", "180", "180", "200", "200"));
    }
}

TEST(Merge, aGivenOffsetIsTakenAndNoneIsNone)
{
    const auto given = open();
    read(*given, captureAt("alice", 0s));
    read(*given, captureAt("bob", 7s), {session::ClockChoice::How::Given, 7s});
    EXPECT_TRUE(given->last()->import.clock.given);
    EXPECT_EQ(order(*given).front(), "INVITE");
    EXPECT_EQ(order(*given).back(), "200");
    const auto none = open();
    read(*none, captureAt("alice", 0s));
    read(*none, captureAt("bob", 7s), {session::ClockChoice::How::Ignore, {}});
    EXPECT_FALSE(none->last()->import.clock.applied);
    EXPECT_EQ(none->last()->import.clock.messages, 3U);
    EXPECT_GT(none->trace().row({7}).time - none->trace().row({0}).time, 6s);
}

TEST(Merge, theExportOfACallReadsBackAsTheSameCall)
{
    const auto session = open();
    read(*session, captureAt("alice", 0s));
    std::vector<report::ReportCall> calls;
    for (const auto &view : session->calls())
        calls.push_back({view->call, view->streams, view->findings, {}});
    const report::ReportInput input{session->trace(), calls, {}, {}, {}, "a test", true, {}};
    std::ostringstream out;
    report::format("pcapng")->write(input, out);
    const auto again = open();
    read(*again, out.str());
    EXPECT_EQ(order(*again), order(*session));
    EXPECT_EQ(again->calls().at(0)->call->state, session->calls().at(0)->call->state);
    EXPECT_EQ(again->trace().row({0}).time, session->trace().row({0}).time);
    EXPECT_EQ(again->trace().source({0}), session->trace().source({0}));
}
