// SPDX-License-Identifier: Apache-2.0
// UDP flows with ports of their own, and calls that leave over another flow.
#include "ear.h"
#include "registrar.h"

#include <gmock/gmock.h>

namespace {

using base::FlowState;
using ear::Ear;
using engine::CallStep;
using peer::Registrar;
using peer::Way;
using testing::HasSubstr;
using namespace std::chrono_literals;

class UdpFlows : public testing::Test
{
public:
    static engine::Options options()
    {
        auto out = ear::quick();
        out.firstPing = 20ms;
        return out;
    }
    engine::Account account(std::size_t flows) const
    {
        engine::Account out;
        out.aor = "sip:bob@example.test";
        out.proxies.assign(flows, registrar.uri() + ";transport=udp");
        out.instance = "urn:uuid:11111111-2222-4333-8444-555555555555";
        return out;
    }
    bool up(std::uint32_t regId, int times = 1)
    {
        return support::stepUntil([&] { return ear.states(regId, FlowState::Up) >= times; });
    }
    base::FlowReport last(std::uint32_t regId) const
    {
        base::FlowReport out;
        for (const auto &each : ear.flows())
            if (each.report.regId == regId)
                out = each.report;
        return out;
    }

    Registrar registrar;
    Ear ear{options()};
};

TEST_F(UdpFlows, HaveAPortEachAndStunKeepsThemAlive)
{
    ear.engine->addAccount(account(2));
    ASSERT_TRUE(up(1) && up(2));
    EXPECT_EQ(registrar.peer().connections(), 0U);
    EXPECT_NE(last(1).local.port, last(2).local.port);
    EXPECT_EQ(last(1).mapped, last(1).local); // no NAT here
    EXPECT_EQ(last(1).keepAlive, "STUN");
    EXPECT_GT(last(1).pongRoundTrip, 0ns);
    EXPECT_GE(registrar.pingsSeen, 2);
    EXPECT_EQ(ear.told(base::LocalKind::GuardRefused).size(), 0U);
    const auto first = registrar.registers("1").front();
    EXPECT_THAT(first, HasSubstr("Contact: <sip:bob@" + last(1).local.text() + ">;reg-id=1"));
    EXPECT_THAT(first, HasSubstr(";keep"));
}

TEST_F(UdpFlows, AreRegisteredAnewWhenTheNatForgotThem)
{
    const auto handle = ear.engine->addAccount(account(1));
    ASSERT_TRUE(up(1));
    const auto port = last(1).local.port;
    registrar.mappedShift = 5;
    ear.engine->ping(handle, 1);
    ASSERT_TRUE(support::stepUntil([&] { return ear.states(1, FlowState::Failed) == 1; }));
    ASSERT_TRUE(up(1, 2));
    EXPECT_EQ(last(1).mapped.port, port + 5); // over the same port: the NAT made a new way for it
    EXPECT_EQ(last(1).losses, 1);
    const auto texts = registrar.registers("1");
    ASSERT_EQ(texts.size(), 2U);
    EXPECT_EQ(sip::parse(texts[0])->callId(), sip::parse(texts[1])->callId());
    bool named = false;
    for (const auto &each : ear.flows())
        named =
            named || each.report.reason.find("NAT gave us another address") != std::string::npos;
    EXPECT_TRUE(named);
}

TEST_F(UdpFlows, ThatGetNoAnswerFailAfterSevenRequests)
{
    const auto handle = ear.engine->addAccount(account(1));
    ASSERT_TRUE(up(1));
    const auto port = last(1).local.port;
    registrar.pongs = false;
    ear.engine->ping(handle, 1);
    ASSERT_TRUE(support::stepUntil([&] { return ear.states(1, FlowState::Failed) == 1; }));
    EXPECT_EQ(registrar.requestsOfFirstUnanswered(), 7); // the flow that comes next pings as well
    registrar.pongs = true;
    EXPECT_TRUE(up(1, 2));
    EXPECT_NE(last(1).local.port, port) << "a NAT may have lost just this port's way";
}

TEST_F(UdpFlows, ChangeTheirPortInADrillAndComeBack)
{
    const auto handle = ear.engine->addAccount(account(1));
    ASSERT_TRUE(up(1));
    const auto port = last(1).local.port;
    ear.engine->drill(handle, 1, engine::Drill::ChangePort);
    ASSERT_TRUE(up(1, 2));
    EXPECT_NE(last(1).local.port, port);
}

/// RFC 3261 section 10.3: there the Contact is the binding, and another port would be a second one.
TEST_F(UdpFlows, KeepTheirPortWhereOutboundWasNotGranted)
{
    registrar.outbound = false;
    auto bob = account(1);
    bob.keepAlive = true;
    const auto handle = ear.engine->addAccount(bob);
    ASSERT_TRUE(support::stepUntil([&] { return last(1).pongRoundTrip > 0ns; }));
    const auto port = last(1).local.port;
    registrar.pongs = false;
    ear.engine->ping(handle, 1);
    ASSERT_TRUE(support::stepUntil([&] { return ear.states(1, FlowState::Failed) == 1; }));
    ASSERT_TRUE(support::stepUntil([&] { return registrar.registers("1").size() == 2; }));
    EXPECT_EQ(last(1).local.port, port);
}

std::vector<std::string> contactsOf(const std::string &text)
{
    std::vector<std::string> out;
    const auto message = sip::parse(text);
    for (const auto value : message->values(sip::HeaderId::Contact))
        out.emplace_back(value);
    return out;
}

TEST_F(UdpFlows, TakeBackTheContactThatTheyLeftWhereOutboundWasNotGranted)
{
    registrar.outbound = false;
    const auto handle = ear.engine->addAccount(account(1));
    ASSERT_TRUE(support::stepUntil([&] { return ear.states(1, FlowState::UpPlain) > 0; }));
    const auto former = "<sip:bob@" + last(1).local.text() + ">;expires=0";
    registrar.status = 503; // the second one comes to nothing, and takes nothing back
    ear.engine->drill(handle, 1, engine::Drill::ChangePort);
    ASSERT_TRUE(support::stepUntil([&] { return ear.state(1) == FlowState::BackingOff; }));
    registrar.status = 200;
    ear.engine->reRegister(handle, 1);
    ASSERT_TRUE(support::stepUntil([&] { return ear.state(1) == FlowState::UpPlain; }));
    ear.engine->reRegister(handle, 1);
    ASSERT_TRUE(support::stepUntil([&] { return registrar.registers("1").size() == 4; }));
    const auto texts = registrar.registers("1");
    const auto now = "<sip:bob@" + last(1).local.text() + ">;reg-id=1";
    for (const std::size_t i : {1U, 2U}) {
        const auto contacts = contactsOf(texts[i]);
        ASSERT_EQ(contacts.size(), 2U) << texts[i];
        EXPECT_THAT(contacts[0], testing::StartsWith(now));
        EXPECT_EQ(contacts[1], former);
    }
    EXPECT_EQ(contactsOf(texts[3]).size(), 1U) << "it was taken back by the 200 before";
}

TEST_F(UdpFlows, TakeBackWhatTheyLeftWhenTheyAreSwitchedOff)
{
    registrar.outbound = false;
    const auto handle = ear.engine->addAccount(account(1));
    ASSERT_TRUE(support::stepUntil([&] { return ear.states(1, FlowState::UpPlain) > 0; }));
    const auto former = "<sip:bob@" + last(1).local.text() + ">;expires=0";
    registrar.status = 503;
    ear.engine->drill(handle, 1, engine::Drill::ChangePort);
    ASSERT_TRUE(support::stepUntil([&] { return ear.state(1) == FlowState::BackingOff; }));
    registrar.status = 200;
    ear.engine->removeAccount(handle);
    ASSERT_TRUE(support::stepUntil([&] { return ear.state(1) == FlowState::Off; }));
    const auto contacts = contactsOf(registrar.registers("1").back());
    ASSERT_EQ(contacts.size(), 2U);
    EXPECT_THAT(contacts[0], HasSubstr(";expires=0"));
    EXPECT_EQ(contacts[1], former);
}

TEST_F(UdpFlows, GiveTheirPortToTheCallsTheyCarry)
{
    registrar.others([](peer::Peer &self, const sip::Message &message, const Way &way) {
        if (message.isRequest() && message.method == sip::Method::Invite)
            self.send(way, sip::responseTo(message, 486, "", "x").text());
    });
    engine::CallRequest request;
    request.target = "sip:carol@example.test";
    request.account = ear.engine->addAccount(account(1));
    ASSERT_TRUE(up(1));
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    std::string invite;
    for (const auto &text : registrar.peer().texts())
        if (text.compare(0, 7, "INVITE ") == 0)
            invite = text;
    EXPECT_THAT(invite, HasSubstr("Contact: <sip:bob@" + last(1).local.text() + ";ob>"));
    EXPECT_THAT(invite, HasSubstr("SIP/2.0/UDP " + last(1).local.text()));
}

TEST(FlowFailover, A503TakesTheSameCallOverTheOtherFlow)
{
    Registrar first, second;
    const auto answering = [](int status, const char *ringing) {
        return [=](peer::Peer &self, const sip::Message &message, const Way &way) {
            if (!message.isRequest() || message.method != sip::Method::Invite)
                return;
            if (ringing != nullptr)
                self.send(way, sip::responseTo(message, 180, "", ringing).text());
            self.send(way, sip::responseTo(message, status, "", "x").text());
        };
    };
    first.others(answering(503, nullptr));
    second.others(answering(503, nullptr));
    auto options = ear::quick();
    options.firstPing = 20ms;
    Ear ear(options);
    engine::Account bob;
    bob.aor = "sip:bob@example.test";
    bob.proxies = {first.proxy(), second.proxy()};
    engine::CallRequest request;
    request.target = "sip:carol@example.test";
    request.account = ear.engine->addAccount(bob);
    ASSERT_TRUE(support::stepUntil(
        [&] { return ear.state(1) == FlowState::Up && ear.state(2) == FlowState::Up; }));
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    EXPECT_EQ(first.peer().count("INVITE") + second.peer().count("INVITE"), 2);
    ASSERT_EQ(first.peer().count("INVITE"), 1);
    std::vector<std::string> texts;
    for (const auto *each : {&first, &second})
        for (const auto &text : const_cast<Registrar *>(each)->peer().texts())
            if (text.compare(0, 7, "INVITE ") == 0)
                texts.push_back(text);
    ASSERT_EQ(texts.size(), 2U);
    const auto one = sip::parse(texts[0]), two = sip::parse(texts[1]);
    EXPECT_EQ(one->callId(), two->callId());
    EXPECT_EQ(one->value(sip::HeaderId::CSeq), two->value(sip::HeaderId::CSeq));
    EXPECT_EQ(one->value(sip::HeaderId::From), two->value(sip::HeaderId::From));
    EXPECT_NE(one->branch(), two->branch());
    EXPECT_NE(one->value(sip::HeaderId::Route), two->value(sip::HeaderId::Route));
    bool told = false;
    for (const auto &event : ear.told(base::LocalKind::Note))
        told = told || event.sentence.find("leaves over flow") != std::string::npos;
    EXPECT_TRUE(told);

    // Somebody's phone rang: then never.
    first.others(answering(503, "r"));
    second.others(answering(503, "r"));
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Failed, 2));
    EXPECT_EQ(first.peer().count("INVITE") + second.peer().count("INVITE"), 3);
}

} // namespace
