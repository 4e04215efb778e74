// SPDX-License-Identifier: Apache-2.0
// Two captures of one call, taken at two points with different clocks: one session, in order.
#include <algorithm>
#include <gmock/gmock.h>
#include <ladder/outline.h>
#include <nlohmann/json.hpp>
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

TEST(Merge, anOffsetWithinItsOwnUncertaintyIsLeftAlone)
{
    const auto session = open();
    read(*session, captureAt("alice", 0s));
    read(*session, captureAt("bob", 3ms)); // a message takes 10 ms from one point to the other
    const session::ClockOffset clock = session->last()->import.clock;
    EXPECT_TRUE(clock.bothWays);
    EXPECT_GT(clock.within, clock.offset);
    EXPECT_FALSE(clock.applied);
    EXPECT_EQ(session::clockSentence(clock, "b", "a"), "");
    EXPECT_EQ(session->trace().row({4}).time - session->trace().row({0}).time, 13ms);
}

TEST(Merge, hopsOfOneStampStandInTheOrderTheyWentIn)
{
    // Both points stamp all they see alike, and the far one was read first.
    std::vector<std::string> files;
    for (const std::string_view host : {"bob", "alice"}) {
        std::string bytes = captureAt(host, 0s);
        const std::string stamp = bytes.substr(24, 8);
        for (std::size_t at = 24; at < bytes.size();) {
            const std::size_t length =
                static_cast<unsigned char>(bytes[at + 8]) |
                static_cast<std::size_t>(static_cast<unsigned char>(bytes[at + 9])) << 8U;
            bytes.replace(at, 8, stamp);
            at += 16 + length;
        }
        files.push_back(bytes);
    }
    const auto session = open();
    for (const std::string &bytes : files)
        read(*session, bytes, {session::ClockChoice::How::Ignore, {}});
    const auto told = order(*session);
    EXPECT_EQ(told.front(), "INVITE");
    const auto calls = session->calls();
    std::vector<std::string> from; // who sent each row
    for (const auto &place : calls.at(0)->call->rows)
        from.push_back(told[from.size()] + " " + session->trace().source(place.row).address.text());
    const auto before = [&](std::string_view first, std::string_view second) {
        const auto find = [&](std::string_view what) {
            return std::find(from.begin(), from.end(), what);
        };
        return find(first) < find(second) && find(second) != from.end();
    };
    const std::string alice = support::spoken::host("alice", 0).address.text(),
                      proxy = support::spoken::host("proxy", 0).address.text(),
                      bob = support::spoken::host("bob", 0).address.text();
    EXPECT_TRUE(before("INVITE " + alice, "INVITE " + proxy));
    EXPECT_TRUE(before("180 " + bob, "180 " + proxy));
    EXPECT_TRUE(before("200 " + bob, "200 " + proxy));
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

namespace {

/// The session's only call as the document tells it, with the files that were read.
nlohmann::json document(const session::Session &session)
{
    std::vector<report::ReportCall> calls;
    for (const auto &view : session.calls())
        calls.push_back({view->call, view->streams, view->findings, {}});
    std::vector<report::ReportFile> files(2);
    files[0].number = 1;
    files[1].number = 2;
    report::ReportInput input{session.trace(), calls, {}, {}, {}, "a test", true, {}};
    input.files = files;
    return nlohmann::json::parse(report::jsonOf(input));
}

nlohmann::json filesOfRows(const nlohmann::json &call)
{
    nlohmann::json out;
    for (const auto &row : call["ladder"])
        out.push_back(row["files"]);
    return out;
}

} // namespace

TEST(Merge, aMessageSeenInTwoFilesIsOneRowThatNamesBoth)
{
    // The network takes 30 ms between the two points, and nothing is corrected.
    for (const auto way : {0ms, 30ms, 400ms}) {
        const auto session = open();
        read(*session, captureAt("proxy", 0s));
        read(*session, captureAt("bob", way), {session::ClockChoice::How::Ignore, {}});
        const auto call = document(*session)["calls"].at(0);
        EXPECT_EQ(call["files"], nlohmann::json({0, 1}));
        EXPECT_EQ(call["retransmissions"], 0) << way.count();
        EXPECT_EQ(call["status_codes"], nlohmann::json({{"100", 2}, {"180", 2}, {"200", 2}}));
        EXPECT_EQ(filesOfRows(call),
                  nlohmann::json::parse("[[0],[0],[0,1],[0,1],[0,1],[0],[0,1],[0]]"));
        EXPECT_THAT(call["ladder"][2]["badges"], testing::Contains("files 1+2"));
    }
}

TEST(Merge, whatIsSentAgainInTheNextFileIsARetransmission)
{
    const auto session = open();
    read(*session, captureAt("bob", 0s));
    read(*session, captureAt("bob", 500ms), {session::ClockChoice::How::Ignore, {}});
    const auto call = document(*session)["calls"].at(0);
    EXPECT_EQ(call["retransmissions"], 4);
    EXPECT_EQ(filesOfRows(call), nlohmann::json::parse("[[0,1],[0,1],[0,1],[0,1]]"));
}

TEST(Merge, theRowsOfOneFileNameNoOther)
{
    const auto session = open();
    read(*session, captureAt("bob", 0s));
    const auto call = document(*session)["calls"].at(0);
    EXPECT_EQ(call["files"], nlohmann::json({0}));
    EXPECT_THAT(call["ladder"][0]["badges"], testing::Not(testing::Contains("file 1")));
    session->inbox().push(support::Conversation("0.0 alice>bob OPTIONS call=live\n").packets()[0]);
    ASSERT_TRUE(session->settle(60s));
    EXPECT_EQ(document(*session)["calls"].at(1)["files"], nlohmann::json::array());
}

TEST(Merge, mediaSeenInTwoFilesIsCountedOnce)
{
    const support::Conversation talk("0.0 alice>bob INVITE offer\n"
                                     "0.1 bob>alice 183 tag=t sdp=0@bob\n"
                                     "0.2 bob>alice rtp 50 port=6000 toport=4000\n",
                                     true);
    ASSERT_EQ(talk.error(), "");
    std::vector<support::CapturedFrame> whole;
    for (const base::Packet &packet : talk.packets())
        whole.push_back(
            {packet.time, support::ethernet(support::udp(packet.source, packet.destination,
                                                         packet.payload.text()))});
    const std::vector<support::CapturedFrame> begin(whole.begin(), whole.begin() + 32);
    for (const auto &first : {whole, begin}) {
        const auto session = open();
        read(*session, support::pcap(first));
        read(*session, support::pcap(whole));
        const auto streams = session->streams(10s);
        ASSERT_EQ(streams.size(), 1U);
        EXPECT_EQ(streams[0]->packets, 50U);
        EXPECT_EQ(streams[0]->duplicates, 0U);
        EXPECT_EQ(streams[0]->lost, 0U);
    }
}
