// SPDX-License-Identifier: Apache-2.0
#include "talk.h"

namespace {

using namespace talk;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Import, capturedCallIsReadAndJudged)
{
    for (const bool live : {false, true}) {
        const support::TemporaryFile file("call.pcapng",
                                          support::pcapng(frames(earlyMediaCall("one"))));
        const auto session = open(live);
        ASSERT_TRUE(session->import(file.path()));
        ASSERT_TRUE(session->settle(kLimit));
        const auto calls = session->calls();
        ASSERT_EQ(calls.size(), 1U);
        EXPECT_EQ(calls[0]->call->finalStatus, 430);
        EXPECT_FALSE(calls[0]->live); // a file has an end, also in a live session
        EXPECT_EQ(calls[0]->now, at(3010));
        ASSERT_EQ(calls[0]->streams.size(), 1U);
        EXPECT_EQ(calls[0]->streams[0].stream->packets, 10U);
        const auto &import = session->last()->import;
        EXPECT_EQ(import.path, file.path());
        EXPECT_FALSE(import.running);
        EXPECT_EQ(import.error, "");
        EXPECT_THAT(import.outcome.linkTypes, ElementsAre("Ethernet"));
        EXPECT_EQ(import.progress.packets, 14U);
        EXPECT_TRUE(import.flaws.empty());
    }
}

TEST(Import, commentsAndNamesOfTheFileAreKept)
{
    const support::Writer w(false);
    const auto frame = [&](std::int64_t time, std::string_view text, std::string_view comment) {
        return support::packetBlock(
            w, 0, static_cast<std::uint64_t>(at(time).ns / 1000),
            support::ethernet(support::udp(kCaller, kCallee, text)), 0,
            comment.empty() ? "" : support::option(w, 1, std::string(comment)) + w.u32(0));
    };
    const support::TemporaryFile file(
        "noted.pcapng", support::sectionBlock(w) + support::interfaceBlock(w, 1) +
                            support::nameBlock(w, support::nameRecord(w, kCallee.address, "edge")) +
                            frame(0, invite("one"), "look at this") +
                            frame(1, "no SIP", "of no call") + frame(2, invite("two"), ""));
    const auto session = open(false);
    ASSERT_TRUE(session->import(file.path()));
    ASSERT_TRUE(session->settle(kLimit));
    ASSERT_EQ(session->calls().size(), 2U);
    const auto &rows = session->calls()[0]->call->rows;
    ASSERT_EQ(rows.size(), 2U);
    const auto *note = session->trace().local(rows[1].row);
    ASSERT_NE(note, nullptr);
    EXPECT_EQ(note->sentence, "Comment: look at this");
    EXPECT_EQ(session->trace().source(rows[1].row), kCaller);
    EXPECT_EQ(session->calls()[1]->call->rows.size(), 1U);
    std::vector<std::string> loose;
    for (std::uint32_t i = 0; i < session->trace().size(); ++i) {
        const auto *event = session->trace().local(trace::RowId{i});
        if (event != nullptr && event->callId.empty())
            loose.push_back(event->sentence);
    }
    EXPECT_THAT(loose, ElementsAre("Comment: of no call"));
    EXPECT_THAT(session->names(), ElementsAre(std::pair<const std::string, std::string>(
                                      kCallee.address.text(), "edge")));
    ASSERT_EQ(session->imports().size(), 1U);
    EXPECT_EQ(session->imports()[0].messages, 2U);
    EXPECT_EQ(session->imports()[0].outcome.frames, 3U);
    EXPECT_EQ(session->imports()[0].path, file.path());
}

TEST(Import, aGrowingFileIsFollowedAndItsCallsJudged)
{
    const auto call = frames(earlyMediaCall("one"));
    const std::string whole = support::pcap(call);
    const std::string begin = support::pcap({call.begin(), call.begin() + 2});
    const support::TemporaryFile file("grows.pcap", begin);
    const auto session = open(true);
    ASSERT_TRUE(session->follow(file.path()));
    ASSERT_TRUE(session->settle(kLimit));
    ASSERT_EQ(session->calls().size(), 1U);
    EXPECT_EQ(session->calls()[0]->call->finalStatus, 0);
    EXPECT_FALSE(session->import(file.path())); // it is still being read
    std::ofstream(file.path(), std::ios::binary | std::ios::app) << whole.substr(begin.size());
    ASSERT_TRUE(support::stepUntil([&] {
        return session->calls()[0]->call->finalStatus == 430 &&
               !session->calls()[0]->streams.empty();
    }));
    EXPECT_TRUE(session->imports().empty());
    session->cancelImport();
    ASSERT_TRUE(support::stepUntil([&] { return session->imports().size() == 1; }));
    EXPECT_TRUE(session->imports()[0].flaws.empty());
    EXPECT_EQ(session->imports()[0].outcome.frames, call.size());
}

TEST(Import, packetsCapturedTwiceAreNoRetransmissionsAndNoDuplicates)
{
    std::vector<support::CapturedFrame> twice;
    for (const support::CapturedFrame &frame : frames(earlyMediaCall("one"))) {
        twice.push_back(frame);
        twice.push_back(frame);
        twice.back().time.ns += 60'000;
    }
    const support::TemporaryFile file("twice.pcap", support::pcap(twice));
    const auto session = open(false);
    ASSERT_TRUE(session->import(file.path()));
    ASSERT_TRUE(session->settle(kLimit));
    ASSERT_EQ(session->calls().size(), 1U);
    EXPECT_EQ(session->calls()[0]->call->retransmissions, 0U);
    ASSERT_EQ(session->calls()[0]->streams.size(), 1U);
    EXPECT_EQ(session->calls()[0]->streams[0].stream->packets, 10U);
    EXPECT_THAT(session->last()->import.flaws,
                ElementsAre(HasSubstr("14 packets were captured twice")));
}

TEST(Import, damageIsToldAndTheRestKept)
{
    const std::string whole = support::pcap(frames(earlyMediaCall("one")));
    const support::TemporaryFile file("call.pcap", whole.substr(0, whole.size() - 7));
    const auto session = open(false);
    ASSERT_TRUE(session->import(file.path()));
    ASSERT_TRUE(session->settle(kLimit));
    EXPECT_EQ(session->last()->packets, 13U);
    EXPECT_TRUE(session->last()->import.outcome.truncated);
    EXPECT_THAT(session->last()->import.flaws, ElementsAre(HasSubstr("damaged behind packet 13")));
}

TEST(Import, whatIsNoCaptureIsRefused)
{
    const support::TemporaryFile file("notes.txt", "dear diary");
    const auto session = open(false);
    const auto refused = session->import(file.path());
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().sentence, HasSubstr("no capture file"));
    EXPECT_FALSE(session->import(file.path() + ".gone"));
    EXPECT_TRUE(session->settle(kLimit)); // and the next import is possible
    const support::TemporaryFile good("call.pcap", support::pcap(frames(earlyMediaCall("one"))));
    EXPECT_TRUE(session->import(good.path()));
}

std::vector<base::Packet> shifted(std::vector<base::Packet> packets, base::Duration by)
{
    for (base::Packet &packet : packets)
        packet.time = packet.time + by;
    return packets;
}

TEST(Import, aFileIsJudgedByItsOwnClock)
{
    // Each call hears nothing but a 100 and its file ends there.
    const std::vector<base::Packet> call{
        datagram(at(0), kCaller, kCallee, invite("old")),
        datagram(at(20), kCallee, kCaller, message("SIP/2.0 100 Trying", "1 INVITE", "old", ""))};
    const auto year = std::chrono::hours(24 * 365);
    const support::TemporaryFile old("old.pcap", support::pcap(frames(call)));
    const support::TemporaryFile ahead(
        "ahead.pcap", support::pcap(frames(shifted(earlyMediaCall("ahead"), 50 * year))));
    for (const bool live : {false, true}) {
        const auto session = open(live);
        if (live) {
            base::Packet now = datagram(base::now(), kCaller, kCallee, invite("now"));
            now.origin = base::Origin::Tap;
            push(*session, {now});
        }
        ASSERT_TRUE(session->settle(kLimit));
        for (const auto *file : {&ahead, &old}) {
            ASSERT_TRUE(session->import(file->path()));
            ASSERT_TRUE(session->settle(kLimit));
        }
        for (const auto &view : session->calls()) {
            if (view->call->callId == "old") {
                EXPECT_EQ(view->now, at(20));
            } else if (view->call->callId == "ahead") {
                EXPECT_EQ(view->now, at(3010) + 50 * year);
            }
        }
        if (!live)
            continue;
        base::Packet again = datagram(base::now(), kCallee, kCaller, progress("now"));
        again.origin = base::Origin::Tap;
        push(*session, {again});
        ASSERT_TRUE(session->settle(kLimit));
        ASSERT_EQ(session->calls().size(), 3U);
        EXPECT_LT(session->calls()[0]->now, base::now() + 1s); // not the clock of the file ahead
    }
}

TEST(Import, halfMessagesEndWithTheirFileNotWithLiveTraffic)
{
    const std::string text = invite("half");
    const support::TemporaryFile file(
        "half.pcap",
        support::pcap(
            {{at(0), support::ethernet(support::tcp(kCaller, kCallee, 1000, "", support::kSyn))},
             {at(10), support::ethernet(support::tcp(kCaller, kCallee, 1001,
                                                     std::string_view(text).substr(0, 300)))}}));
    const auto session = open(true);
    base::Packet now = datagram(base::now(), kCaller, kCallee, invite("now"));
    now.origin = base::Origin::Tap;
    push(*session, {now});
    ASSERT_TRUE(session->settle(kLimit));
    ASSERT_TRUE(session->import(file.path()));
    ASSERT_TRUE(session->settle(kLimit));
    ASSERT_EQ(session->calls().size(), 2U);
    EXPECT_EQ(session->calls()[1]->call->last, at(10));
}

TEST(Import, whatTheSnapLengthTookAwayIsCutNotBroken)
{
    auto captured = frames(earlyMediaCall("short", 0));
    for (auto &frame : captured) {
        if (frame.bytes.size() > 400) { // those with SDP
            frame.missing = static_cast<std::uint32_t>(frame.bytes.size() - 400);
            frame.bytes.resize(400);
        }
    }
    const support::TemporaryFile file("short.pcap", support::pcap(captured));
    const auto session = open(false);
    ASSERT_TRUE(session->import(file.path()));
    ASSERT_TRUE(session->settle(kLimit));
    ASSERT_EQ(session->calls().size(), 1U);
    std::vector<trace::RowKind> kinds;
    for (const auto &row : session->calls()[0]->call->rows)
        kinds.push_back(session->trace().row(row.row).kind);
    using Kind = trace::RowKind;
    EXPECT_THAT(kinds, ElementsAre(Kind::Cut, Kind::Cut, Kind::Message, Kind::Message));
}

TEST(Import, aCallIdThatTheSnapLengthCutIsNobodys)
{
    auto captured = frames(earlyMediaCall("a-call-id-of-some-length", 0));
    std::size_t cut = 0;
    for (auto &frame : captured) {
        const auto at = frame.bytes.find("of-some-length", frame.bytes.find("Call-ID: "));
        if (at == std::string::npos || cut == 2)
            continue;
        ++cut;
        frame.missing = static_cast<std::uint32_t>(frame.bytes.size() - at);
        frame.bytes.resize(at);
    }
    ASSERT_EQ(cut, 2U);
    const support::TemporaryFile file("cut-id.pcap", support::pcap(captured));
    const auto session = open(false);
    ASSERT_TRUE(session->import(file.path()));
    ASSERT_TRUE(session->settle(kLimit));
    ASSERT_EQ(session->calls().size(), 1U);
    EXPECT_EQ(session->calls()[0]->call->callId, "a-call-id-of-some-length");
    EXPECT_EQ(session->trace().size(), captured.size()) << "the cut ones are rows of no call";
}

std::string manyCalls(int calls)
{
    std::vector<support::CapturedFrame> all;
    for (int i = 0; i < calls; ++i) {
        for (const auto &frame : frames(earlyMediaCall(fmt::format("call-{}", i), 0)))
            all.push_back(frame);
    }
    return support::pcap(all);
}

TEST(Import, secondFileWaitsForTheFirstOrCancel)
{
    const support::TemporaryFile file("many.pcap", manyCalls(20000));
    const auto session = open(false);
    ASSERT_TRUE(session->import(file.path()));
    const auto second = session->import(file.path());
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().sentence, HasSubstr("is being read"));
    ASSERT_TRUE(
        support::stepUntil([&] { return session->last() && session->last()->messages > 0; }));
    const base::Instant begun = base::now();
    session->cancelImport();
    ASSERT_TRUE(support::stepUntil([&] { return !session->last()->import.running; }));
    EXPECT_LT(base::now() - begun, 10s);
    ASSERT_TRUE(session->settle(kLimit));
    EXPECT_TRUE(session->last()->import.outcome.cancelled);
    EXPECT_GT(session->calls().size(), 0U); // what was read stays
    EXPECT_TRUE(session->import(file.path()));
}

TEST(Import, everyCallIsPublishedJudged)
{
    const support::TemporaryFile file("many.pcap", manyCalls(5000));
    const auto session = open(false);
    ASSERT_TRUE(session->import(file.path()));
    ASSERT_TRUE(session->settle(kLimit));
    const auto calls = session->calls();
    ASSERT_EQ(calls.size(), 5000U);
    for (std::size_t i = 0; i < calls.size(); ++i) {
        ASSERT_FALSE(calls[i]->call.folded()) << "a call of a file waits until somebody looks";
        ASSERT_EQ(session->trace().callId(calls[i]->call.id()), fmt::format("call-{}", i));
        ASSERT_EQ(calls[i]->call->callId, fmt::format("call-{}", i));
        ASSERT_EQ(calls[i]->brief.state, calls[i]->call->state);
        ASSERT_EQ(calls[i]->brief.rows, 4U);
        ASSERT_EQ(calls[i]->brief.earlyDialogs, 1U);
        ASSERT_THAT(calls[i]->brief.codes, ElementsAre(183, 430, 0, 0, 0, 0));
        ASSERT_EQ(calls[i]->call->rows.size(), 4U);
        ASSERT_EQ(calls[i]->findings.size(), calls[0]->findings.size()) << i;
    }
}

/// The importer's quick reading gives way to the parser for all of these.
TEST(Import, oddMessagesJoinTheirCall)
{
    std::string folded = invite("one"), bare = progress("one"), listed = failure("one");
    folded.replace(folded.find("Max-Forwards: 70"), 16, "Max-Forwards:\r\n 70");
    for (auto at = bare.find("\r\n"); at != std::string::npos; at = bare.find("\r\n"))
        bare.erase(at, 1);
    listed.insert(listed.find("\r\nMax-Forwards"), ", SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKfar");
    const support::TemporaryFile file(
        "odd.pcap", support::pcap(frames({datagram(at(0), kCaller, kCallee, folded),
                                          datagram(at(10), kCallee, kCaller, bare),
                                          datagram(at(20), kCallee, kCaller, listed),
                                          datagram(at(30), kCaller, kCallee, ack("one"))})));
    const auto session = open(false);
    ASSERT_TRUE(session->import(file.path()));
    ASSERT_TRUE(session->settle(kLimit));
    ASSERT_EQ(session->calls().size(), 1U);
    const calls::Call &call = *session->calls()[0]->call;
    EXPECT_EQ(call.rows.size(), 4U);
    EXPECT_EQ(call.transactions.size(), 1U) << "ACK and responses found the INVITE by its branch";
    EXPECT_EQ(call.finalStatus, 430);
    EXPECT_EQ(call.earlyDialogs.size(), 1U);
}

TEST(Import, tcpOfTwoFilesDoesNotMix)
{
    const std::string text = invite("one");
    const auto half = [&](std::size_t from, std::size_t length) {
        support::PcapOptions options;
        options.linkType = 101;
        return support::pcap(
            {{at(0), support::tcp(kCaller, kCallee, 99, "", support::kSyn)},
             {at(1), support::tcp(kCaller, kCallee, 100, text.substr(from, length))}},
            options);
    };
    const support::TemporaryFile first("a.pcap", half(0, 300)), second("b.pcap", half(300, 2000));
    const auto session = open(false);
    ASSERT_TRUE(session->import(first.path()));
    ASSERT_TRUE(session->settle(kLimit));
    ASSERT_TRUE(session->import(second.path()));
    ASSERT_TRUE(session->settle(kLimit));
    ASSERT_GE(session->trace().size(), 1U);
    EXPECT_EQ(session->trace().row({0}).kind, trace::RowKind::Cut);
    EXPECT_EQ(session->trace().text({0}), text.substr(0, 300));
    for (std::uint32_t i = 1; i < session->trace().size(); ++i)
        EXPECT_EQ(session->trace().row({i}).kind, trace::RowKind::Garbage);
}

TEST(Import, textOfDatagramsStaysInTheFile)
{
    const support::TemporaryFile file("many.pcap", manyCalls(500));
    const auto session = open(false);
    ASSERT_TRUE(session->import(file.path()));
    ASSERT_TRUE(session->settle(kLimit));
    EXPECT_LT(session->trace().bytesKept(), 500U * 64U); // Call-IDs and tags only
    EXPECT_EQ(session->trace().text({0}), invite("call-0"));
}

} // namespace
