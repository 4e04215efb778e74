// SPDX-License-Identifier: Apache-2.0
// Several early dialogs, several answers, CANCEL.
#include "script.h"

#include <base/text.h>
#include <gmock/gmock.h>
#include <mutex>
#include <set>

namespace {

using callee::Script;
using callee::to;
using ear::Ear;
using engine::CallStep;
using peer::Peer;
using peer::Way;

std::string reliable(Peer &self, const sip::Message &invite, int status, const std::string &tag,
                     int rseq)
{
    return peer::answer(self, invite, status, tag)
        .header("Require", "100rel")
        .header("RSeq", std::to_string(rseq))
        .body("application/sdp", ear::kAnswer)
        .text();
}

std::vector<sip::CSeq> pracks(const Peer &callee, std::vector<std::string> &racks,
                              std::vector<std::string> &tags)
{
    std::vector<sip::CSeq> out;
    std::set<std::string> seen; // on a slow machine a request is sent again, byte for byte
    for (const auto &text : callee.texts()) {
        const auto message = sip::parse(text);
        if (!seen.insert(text).second || !message || message->method != sip::Method::Prack)
            continue;
        out.push_back(message->cseq());
        racks.emplace_back(base::trim(message->find("RAck")->value));
        tags.emplace_back(message->toTag());
    }
    return out;
}

TEST(Call, ForksWithReliable183sAreEachPracked)
{
    std::string invite;
    Way way;
    std::mutex mutex;
    Peer callee(Script([&](Peer &self, const sip::Message &message, const Way &back) {
        std::lock_guard guard(mutex);
        invite = message.text;
        way = back;
        self.send(back, sip::responseTo(message, 100, "", "").text());
        self.send(back, reliable(self, message, 183, "A", 7));
        self.send(back, reliable(self, message, 183, "A", 7)); // its retransmission
        self.send(back, reliable(self, message, 183, "B", 900));
        self.send(back, reliable(self, message, 180, "A", 8));
        self.send(back, reliable(self, message, 180, "B", 902)); // one was lost: not to be PRACKed
    }));
    Ear ear(ear::quick());
    const auto call = ear.engine->place(to(callee));
    ASSERT_TRUE(ear.waitFor(CallStep::PrackDone, 3));
    std::vector<std::string> racks, tags;
    const auto cseqs = pracks(callee, racks, tags);
    EXPECT_THAT(racks, testing::UnorderedElementsAre("7 1 INVITE", "900 1 INVITE", "8 1 INVITE"));
    EXPECT_THAT(tags, testing::UnorderedElementsAre("A", "B", "A"));
    ASSERT_EQ(cseqs.size(), 3U);
    EXPECT_EQ(ear.count(CallStep::Provisional), 4); // 100 and three that count
    for (const auto &event : ear.calls()) {
        if (event.step == CallStep::PrackDone) {
            EXPECT_EQ(event.status, 200);
        }
        if (event.step == CallStep::Provisional && event.status > 100) {
            EXPECT_TRUE(event.reliable);
            EXPECT_EQ(event.sdp, ear::kAnswer);
        }
    }
    EXPECT_EQ(ear.told(base::LocalKind::Note).size(), 1U);
    {
        std::lock_guard guard(mutex);
        const auto message = sip::parse(invite);
        callee.send(way, peer::answer(callee, *message, 200, "B").text());
    }
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    EXPECT_EQ(ear.first(CallStep::Answered).toTag, "B");
    ear.engine->hangUp(call);
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    EXPECT_EQ(ear.count(CallStep::Failed), 0);
}

class Surplus : public testing::TestWithParam<base::Transport>
{
};

TEST_P(Surplus, ASecondAnswerIsAckedAndHungUp)
{
    Peer callee(Script([](Peer &self, const sip::Message &message, const Way &way) {
        self.send(way, peer::answer(self, message, 200, "A").text());
        self.send(way, peer::answer(self, message, 200, "B").text());
        self.send(way, peer::answer(self, message, 200, "A").text()); // our ACK was lost
    }));
    Ear ear(ear::quick());
    ear.engine->place(to(callee, GetParam()));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    ASSERT_TRUE(
        support::stepUntil([&] { return callee.count("ACK") == 3 && callee.count("BYE") == 1; }));
    for (const auto &text : callee.texts()) {
        if (text.compare(0, 4, "BYE ") == 0) {
            EXPECT_EQ(sip::parse(text)->toTag(), "B");
        }
    }
    EXPECT_EQ(ear.count(CallStep::Answered), 1);
    EXPECT_EQ(ear.count(CallStep::Ended), 0);
}

INSTANTIATE_TEST_SUITE_P(Transports, Surplus,
                         testing::Values(base::Transport::Udp, base::Transport::Tcp),
                         [](const auto &each) {
                             return std::string(base::transportText(each.param));
                         });

class Cancels : public testing::TestWithParam<base::Transport>
{
};

TEST_P(Cancels, WaitForTheFirstProvisionalAndEndWith487)
{
    std::string invite;
    Way way;
    std::mutex mutex;
    std::atomic<bool> there{false};
    Peer callee(Script(
        [&](Peer &, const sip::Message &message, const Way &back) {
            std::lock_guard guard(mutex);
            invite = message.text;
            way = back;
            there = true;
        },
        [&](Peer &self, const sip::Message &message, const Way &back) {
            if (message.method != sip::Method::Cancel)
                return;
            std::lock_guard guard(mutex);
            const auto original = sip::parse(invite);
            EXPECT_EQ(message.branch(), original->branch());
            EXPECT_EQ(message.cseq().number, original->cseq().number);
            EXPECT_EQ(message.requestUri, original->requestUri);
            EXPECT_EQ(message.value(sip::HeaderId::Via), original->value(sip::HeaderId::Via));
            EXPECT_EQ(message.value(sip::HeaderId::To), original->value(sip::HeaderId::To));
            self.send(back, sip::responseTo(message, 200, "", "x").text());
            self.send(back, sip::responseTo(*original, 487, "", "a").text());
        }));
    Ear ear(ear::quick());
    const auto call = ear.engine->place(to(callee, GetParam()));
    ASSERT_TRUE(support::stepUntil([&] { return there.load(); }));
    ear.engine->hangUp(call);
    EXPECT_EQ(callee.count("CANCEL"), 0);
    {
        std::lock_guard guard(mutex);
        callee.send(way, sip::responseTo(*sip::parse(invite), 180, "", "a").text());
    }
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    EXPECT_EQ(ear.first(CallStep::Ended).status, 487);
    EXPECT_FALSE(ear.first(CallStep::Ended).local);
    EXPECT_EQ(callee.count("CANCEL"), 1);
    EXPECT_TRUE(support::stepUntil([&] { return callee.count("ACK") == 1; }));
    EXPECT_EQ(ear.count(CallStep::Failed), 0);
}

INSTANTIATE_TEST_SUITE_P(Transports, Cancels,
                         testing::Values(base::Transport::Udp, base::Transport::Tcp),
                         [](const auto &each) {
                             return std::string(base::transportText(each.param));
                         });

TEST(Call, AnAnswerThatCrossesTheCancelIsAckedAndHungUp)
{
    Peer callee(Script(
        [](Peer &self, const sip::Message &message, const Way &way) {
            self.send(way, sip::responseTo(message, 180, "", "a").text());
        },
        {}));
    std::string invite;
    Ear ear(ear::quick());
    const auto call = ear.engine->place(to(callee));
    ASSERT_TRUE(support::stepUntil([&] { return ear.count(CallStep::Provisional) == 1; }));
    ear.engine->hangUp(call);
    ASSERT_TRUE(support::stepUntil([&] { return callee.count("CANCEL") >= 1; }));
    for (const auto &text : callee.texts())
        if (text.compare(0, 7, "INVITE ") == 0)
            invite = text;
    std::uint16_t port = 0;
    for (const auto &packet : ear.all())
        if (packet.outgoing)
            port = packet.source.port;
    callee.sendTo(port, peer::answer(callee, *sip::parse(invite), 200, "a").text());
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    EXPECT_EQ(callee.count("ACK"), 1);
    EXPECT_EQ(callee.count("BYE"), 1);
    EXPECT_EQ(ear.count(CallStep::Answered), 0);
}

TEST(Call, ACancelNobodyObeysIsGivenUp)
{
    Peer callee(Script([](Peer &self, const sip::Message &message, const Way &way) {
        self.send(way, sip::responseTo(message, 180, "", "a").text());
    }));
    auto options = ear::quick();
    options.t1 = std::chrono::milliseconds(4);
    Ear ear(options);
    const auto call = ear.engine->place(to(callee));
    ASSERT_TRUE(support::stepUntil([&] { return ear.count(CallStep::Provisional) == 1; }));
    ear.engine->hangUp(call);
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    EXPECT_TRUE(ear.first(CallStep::Ended).local);
}

} // namespace
