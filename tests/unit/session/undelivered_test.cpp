// SPDX-License-Identifier: Apache-2.0
// ICMP errors in captures: bound to the message or the media whose packet they quote.
#include "talk.h"

#include <algorithm>

using namespace talk;

namespace {

using Frames = std::vector<support::CapturedFrame>;

support::CapturedFrame refused(std::int64_t ms, const base::Endpoint &from,
                               const base::Endpoint &to, std::string_view payload,
                               std::size_t quoted = 548)
{
    return {at(ms), support::ethernet(support::icmp(to.address, from.address, 3, 3,
                                                    support::udp(from, to, payload), quoted))};
}

struct Checked {
    std::unique_ptr<session::Session> session = open(false);
    std::vector<std::shared_ptr<const session::CallView>> calls;

    explicit Checked(Frames frames)
    {
        std::stable_sort(frames.begin(), frames.end(),
                         [](const auto &a, const auto &b) { return a.time < b.time; });
        const support::TemporaryFile file("icmp.pcap", support::pcap(frames));
        EXPECT_TRUE(session->import(file.path()));
        EXPECT_TRUE(session->settle(kLimit));
        calls = session->calls();
    }
    const diagnosis::Finding *find(std::string_view rule, std::size_t call = 0) const
    {
        for (const auto &finding : calls.at(call)->findings)
            if (finding.rule == rule)
                return &finding;
        return nullptr;
    }
    calls::State state(std::string_view id) const
    {
        for (const auto &view : calls) {
            if (view->call->callId == id)
                return view->call->state;
        }
        return calls::State::Unknown;
    }
};

TEST(Undelivered, aRefusedRequestIsTheRulesEvidence)
{
    for (const std::size_t quoted : {548U, 28U}) {
        auto frames = talk::frames({datagram(at(0), kCaller, kCallee, invite("one"))});
        frames.push_back(refused(1, kCaller, kCallee, invite("one"), quoted));
        const Checked checked(std::move(frames));
        ASSERT_EQ(checked.calls.size(), 1U) << quoted;
        const auto *finding = checked.find("tx-icmp");
        ASSERT_NE(finding, nullptr) << quoted;
        EXPECT_EQ(finding->severity, diagnosis::Severity::Error);
        EXPECT_EQ(checked.state("one"), calls::State::Failed);
    }
}

TEST(Undelivered, ofManyCallsOnOneWayTheQuoteChooses)
{
    auto frames = talk::frames({datagram(at(0), kCaller, kCallee, invite("one")),
                                datagram(at(1), kCaller, kCallee, invite("another")),
                                datagram(at(2), kCaller, kCallee, invite("three"))});
    frames.push_back(refused(3, kCaller, kCallee, invite("another"), 28)); // its length tells
    const Checked checked(std::move(frames));
    ASSERT_EQ(checked.calls.size(), 3U);
    EXPECT_EQ(checked.state("one"), calls::State::Calling);
    EXPECT_EQ(checked.state("another"), calls::State::Failed);
    EXPECT_EQ(checked.state("three"), calls::State::Calling);
}

TEST(Undelivered, aCallThatWentOnWasOnlyDelayed)
{
    auto frames = talk::frames(
        {datagram(at(0), kCaller, kCallee, invite("one")),
         datagram(at(500), kCaller, kCallee, invite("one")),
         datagram(at(520), kCallee, kCaller,
                  message("SIP/2.0 200 OK", "1 INVITE", "one", "to", sdp(kCalleeMedia))),
         datagram(at(530), kCaller, kCallee, ack("one"))});
    frames.push_back(refused(1, kCaller, kCallee, invite("one")));
    const Checked checked(std::move(frames));
    ASSERT_EQ(checked.calls.size(), 1U);
    EXPECT_EQ(checked.state("one"), calls::State::Answered);
    const auto *finding = checked.find("tx-icmp");
    ASSERT_NE(finding, nullptr);
    EXPECT_EQ(finding->severity, diagnosis::Severity::Warning);
}

TEST(Undelivered, aRefusedResponseIsNoFailureOfTheRequest)
{
    auto frames = talk::frames({datagram(at(0), kCaller, kCallee, invite("one")),
                                datagram(at(20), kCallee, kCaller, failure("one"))});
    frames.push_back(refused(21, kCallee, kCaller, failure("one")));
    const Checked checked(std::move(frames));
    const auto *finding = checked.find("tx-icmp");
    ASSERT_NE(finding, nullptr);
    EXPECT_NE(finding->text.find("The 430 for INVITE"), std::string::npos) << finding->text;
}

TEST(Undelivered, theQuoteAloneStandsForARequestThatWasNotCaptured)
{
    const Checked checked({refused(1, kCaller, kCallee, invite("one"))});
    ASSERT_EQ(checked.calls.size(), 1U);
    EXPECT_EQ(checked.state("one"), calls::State::Failed);
    EXPECT_NE(checked.find("tx-icmp"), nullptr);
}

TEST(Undelivered, closedMediaPortsAreToldAtFirstAndWhenItGoesOn)
{
    auto frames = talk::frames(earlyMediaCall("one"));
    for (int i = 0; i < 100; ++i) {
        const std::string voice = support::rtp(static_cast<std::uint16_t>(i), 0, 5, "xxxxxxxx");
        frames.push_back(refused(100 + 20 * i, kCallerMedia, kCalleeMedia, voice));
    }
    const Checked checked(std::move(frames));
    ASSERT_EQ(checked.calls.size(), 1U);
    const auto *finding = checked.find("rtp-icmp");
    ASSERT_NE(finding, nullptr);
    EXPECT_EQ(finding->severity, diagnosis::Severity::Error);
    EXPECT_EQ(checked.find("tx-icmp"), nullptr);
    EXPECT_EQ(checked.state("one"), calls::State::Failed); // by its 430
    std::size_t told = 0;
    for (std::uint32_t i = 0; i < checked.session->trace().size(); ++i)
        told += checked.session->trace().row({i}).mediaUndelivered() ? 1 : 0;
    EXPECT_EQ(told, 2U);
}

TEST(Undelivered, aMediaPortThatOpensLateIsNoFault)
{
    auto frames = talk::frames(earlyMediaCall("one"));
    for (int i = 0; i < 3; ++i) {
        const std::string voice = support::rtp(static_cast<std::uint16_t>(i), 0, 5, "xxxxxxxx");
        frames.push_back(refused(100 + 20 * i, kCallerMedia, kCalleeMedia, voice));
    }
    const Checked checked(std::move(frames));
    const auto *finding = checked.find("rtp-icmp");
    ASSERT_NE(finding, nullptr);
    EXPECT_EQ(finding->severity, diagnosis::Severity::Info) << finding->text;
}

TEST(Undelivered, othersTrafficIsLeftOut)
{
    auto frames = talk::frames({datagram(at(0), kCaller, kCallee, invite("one"))});
    frames.push_back(refused(1, support::endpoint("192.0.2.1:9999"),
                             support::endpoint("192.0.2.2:53"), "a question"));
    const Checked checked(std::move(frames));
    EXPECT_EQ(checked.session->trace().size(), 1U);
    EXPECT_EQ(checked.find("tx-icmp"), nullptr);
}

} // namespace
