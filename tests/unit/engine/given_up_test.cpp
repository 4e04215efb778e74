// SPDX-License-Identifier: Apache-2.0
// What was given up while its connection was still coming about: nothing of it leaves when the way
// is there.
#include "blocked.h"
#include "ear.h"
#include "peer.h"

#include <algorithm>
#include <atomic>
#include <gmock/gmock.h>
#include <mutex>

namespace {

using base::FlowState;
using ear::Ear;
using engine::CallStep;
using peer::Blocked;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

std::size_t times(const std::string &text, const std::string &what)
{
    std::size_t out = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
        ++out;
    return out;
}

bool comes(Blocked &edge, const std::string &what)
{
    return support::stepUntil([&] { return edge.read().find(what) != std::string::npos; });
}

engine::CallRequest to(const Blocked &edge, const std::string &user)
{
    engine::CallRequest out;
    out.target = edge.uri(user);
    out.description = ear::kOffer;
    return out;
}

TEST(GivenUp, ARegisterDoesNotLeaveWhenTheWayIsThere)
{
    Blocked edge;
    Ear ear(
        ear::quick(5ms)); // an attempt ends after 320 ms, the next one comes half a minute later
    engine::Account account;
    account.aor = "sip:bob@example.test";
    account.proxies = {edge.uri()};
    const auto handle = ear.engine->addAccount(account);
    ASSERT_TRUE(edge.waitForKnocking(1));
    ASSERT_TRUE(support::stepUntil([&] { return ear.state(1) == FlowState::BackingOff; }));
    EXPECT_THAT(ear.flows().back().report.reason,
                AllOf(HasSubstr("No connection to"), HasSubstr("nothing was sent")));
    EXPECT_TRUE(edge.waitForKnocking(0)) << "its connection is still tried";
    edge.open();
    ear.engine->reRegister(handle, 1);
    ASSERT_TRUE(comes(edge, "CSeq: 2 REGISTER"));
    EXPECT_EQ(times(edge.read(), "REGISTER sip:"), 1U) << edge.read();
}

TEST(GivenUp, ARegisterThatIsReplacedWhileItWaitsDoesNotLeave)
{
    Blocked edge;
    Ear ear(ear::quick(1s));
    engine::Account account;
    account.aor = "sip:bob@example.test";
    account.proxies = {edge.uri()};
    const auto handle = ear.engine->addAccount(account);
    ASSERT_TRUE(edge.waitForKnocking(1));
    ear.engine->removeAccount(handle);
    ASSERT_TRUE(support::stepUntil([&] { return ear.state(1) == FlowState::Off; }));
    EXPECT_TRUE(edge.waitForKnocking(0));
}

TEST(GivenUp, AnInviteDoesNotLeaveAndNoCancelIsAnnounced)
{
    Blocked callee;
    Ear ear(ear::quick(1s));
    const auto call = ear.engine->place(to(callee, "first"));
    ASSERT_TRUE(callee.waitForKnocking(1));
    ear.engine->hangUp(call);
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    EXPECT_THAT(ear.first(CallStep::Ended).sentence,
                AllOf(HasSubstr("before its INVITE left"), HasSubstr("Nothing was sent")));
    for (const auto &each : ear.told(base::LocalKind::Note))
        EXPECT_THAT(each.sentence, Not(HasSubstr("CANCEL")));
    EXPECT_TRUE(callee.waitForKnocking(0)) << "its connection is still tried";
    callee.open();
    ear.engine->place(to(callee, "second"));
    ASSERT_TRUE(comes(callee, "INVITE sip:second@"));
    EXPECT_THAT(callee.read(), Not(HasSubstr("INVITE sip:first@")));
}

TEST(GivenUp, AnotherCallThatWaitsForTheSameConnectionIsNotTakenAlong)
{
    Blocked callee;
    Ear ear(ear::quick(1s));
    const auto first = ear.engine->place(to(callee, "first"));
    ASSERT_TRUE(callee.waitForKnocking(1));
    ear.engine->place(to(callee, "second"));
    ASSERT_TRUE(ear.waitFor(CallStep::InviteSent, 2));
    ear.engine->hangUp(first);
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    callee.open();
    ASSERT_TRUE(comes(callee, "INVITE sip:second@"));
    EXPECT_THAT(callee.read(), Not(HasSubstr("INVITE sip:first@")));
    EXPECT_EQ(ear.count(CallStep::Failed), 0);
}

TEST(GivenUp, ACallThatFoundNoAnswerInTimeDoesNotLeaveLater)
{
    Blocked callee;
    Ear ear(ear::quick(5ms));
    ear.engine->place(to(callee, "first"));
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    EXPECT_THAT(ear.first(CallStep::Failed).sentence,
                AllOf(HasSubstr("No connection to"), HasSubstr("nothing was sent")));
    EXPECT_TRUE(callee.waitForKnocking(0)) << "its connection is still tried";
    callee.open();
    ear.engine->place(to(callee, "second"));
    ASSERT_TRUE(comes(callee, "INVITE sip:second@"));
    EXPECT_THAT(callee.read(), Not(HasSubstr("INVITE sip:first@")));
}

class Asking final : public engine::Listener
{
public:
    void onCall(const engine::CallEvent &) override {}
    void onFlow(const engine::FlowEvent &) override {}
    void onProbe(const engine::ProbeEvent &event) override
    {
        const std::lock_guard guard(m_mutex);
        m_probes.push_back(event);
    }
    std::size_t answered() const
    {
        const std::lock_guard guard(m_mutex);
        return m_probes.size();
    }

private:
    mutable std::mutex m_mutex;
    std::vector<engine::ProbeEvent> m_probes;
};

TEST(GivenUp, AProbeDoesNotLeaveLater)
{
    Blocked target;
    Asking listener;
    base::Inbox<base::Packet> packets(1 << 12);
    auto engine = engine::Engine::open(ear::quick(5ms), packets, listener);
    ASSERT_TRUE(engine);
    engine::ProbeRequest request;
    request.target = target.uri("first");
    (*engine)->probe(request);
    ASSERT_TRUE(support::stepUntil([&] { return listener.answered() == 1; }));
    target.open();
    request.target = target.uri("second");
    (*engine)->probe(request);
    ASSERT_TRUE(comes(target, "OPTIONS sip:second@"));
    EXPECT_THAT(target.read(), Not(HasSubstr("OPTIONS sip:first@")));
}

/// A registrar over UDP that keeps what it is asked until it is told to answer.
class Slow
{
public:
    Slow()
        : m_peer([this](peer::Peer &self, const sip::Message &message, const peer::Way &way) {
              if (message.method != sip::Method::Register)
                  return;
              const std::lock_guard guard(m_mutex);
              m_way = way;
              m_asked.emplace_back(message.text);
              if (answers)
                  answer(self, m_asked.back());
          })
    {
    }
    engine::Account account() const
    {
        engine::Account out;
        out.aor = "sip:bob@example.test";
        out.proxies = {"sip:127.0.0.1:" + std::to_string(m_peer.port()) + ";transport=udp"};
        return out;
    }
    void answerTheFirst()
    {
        const std::lock_guard guard(m_mutex);
        answer(m_peer, m_asked.front());
    }
    bool asked(const std::string &what) const
    {
        return support::stepUntil([&] {
            const std::lock_guard guard(m_mutex);
            return std::any_of(m_asked.begin(), m_asked.end(), [&](const auto &each) {
                return each.find(what) != std::string::npos;
            });
        });
    }
    std::atomic<bool> answers{false};

private:
    void answer(peer::Peer &self, const std::string &request)
    {
        const auto message = *sip::parse(request);
        auto response = sip::responseTo(message, 200, "", "reg");
        if (message.value(sip::HeaderId::Expires) != "0")
            response.header("Contact", std::string(message.value(sip::HeaderId::Contact)));
        self.send(m_way, response.header("Require", "outbound").text());
    }
    mutable std::mutex m_mutex;
    std::vector<std::string> m_asked;
    peer::Way m_way;
    peer::Peer m_peer; // last: its thread uses the others
};

TEST(GivenUp, ARegistrarThatTookTheRegisterAllTheSameIsAskedAnewAtOnce)
{
    Slow registrar;
    Ear ear(ear::quick(5ms));
    ear.engine->addAccount(registrar.account());
    ASSERT_TRUE(support::stepUntil([&] { return ear.state(1) == FlowState::BackingOff; }));
    registrar.answers = true;
    registrar.answerTheFirst(); // the next attempt would come in half a minute
    EXPECT_TRUE(registrar.asked("CSeq: 2 REGISTER"));
    EXPECT_TRUE(support::stepUntil([&] { return ear.states(1, FlowState::Provisional) >= 1; }));
    bool told = false;
    for (const auto &each : ear.flows())
        told = told || each.report.reason.find("after all") != std::string::npos;
    EXPECT_TRUE(told);
}

TEST(GivenUp, WhatTheRegistrarMayHaveTakenIsTakenBackAtTheEnd)
{
    Slow registrar;
    Ear ear(ear::quick(5ms));
    const auto handle = ear.engine->addAccount(registrar.account());
    ASSERT_TRUE(support::stepUntil([&] { return ear.state(1) == FlowState::BackingOff; }));
    registrar.answers = true;
    ear.engine->removeAccount(handle);
    EXPECT_TRUE(registrar.asked("Expires: 0"));
    ASSERT_TRUE(support::stepUntil([&] { return ear.state(1) == FlowState::Off; }));
    EXPECT_EQ(ear.flows().back().report.unregistered, std::optional(true));
}

TEST(GivenUp, ALateAnswerToAFlowThatIsOffIsTakenBack)
{
    Slow registrar;
    Ear ear(ear::quick(5ms));
    const auto handle = ear.engine->addAccount(registrar.account());
    ASSERT_TRUE(registrar.asked("CSeq: 1 REGISTER"));
    ear.engine->removeAccount(handle); // its un-REGISTER is not answered either
    ASSERT_TRUE(support::stepUntil([&] { return ear.state(1) == FlowState::Off; }));
    EXPECT_EQ(ear.flows().back().report.unregistered, std::optional(false));
    registrar.answers = true;
    registrar.answerTheFirst();
    EXPECT_TRUE(registrar.asked("CSeq: 3 REGISTER"));
    EXPECT_TRUE(support::stepUntil(
        [&] { return ear.flows().back().report.unregistered == std::optional(true); }));
}

} // namespace
