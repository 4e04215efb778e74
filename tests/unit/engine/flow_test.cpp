// SPDX-License-Identifier: Apache-2.0
// Registration over two flows to a tiny registrar: pongs, cuts, recovery, calls on a flow.
#include "ear.h"
#include "registrar.h"
#include "taken_port.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace {

using base::FlowState;
using ear::Ear;
using engine::CallStep;
using peer::Registrar;
using peer::Way;
using testing::HasSubstr;
using namespace std::chrono_literals;

engine::Options flowOptions()
{
    auto out = ear::quick();
    out.firstPing = 20ms;
    out.pongTimeout = 400ms;
    out.backOffBase = 20ms;
    return out;
}

engine::Account account(const Registrar &registrar, int flows)
{
    engine::Account out;
    out.aor = "sip:bob@example.test";
    out.proxies.assign(static_cast<std::size_t>(flows), registrar.proxy());
    out.instance = "urn:uuid:11111111-2222-4333-8444-555555555555";
    return out;
}

bool isUp(Ear &ear, std::uint32_t regId, int times = 1)
{
    return support::stepUntil([&] { return ear.states(regId, FlowState::Up) >= times; });
}

std::string headerOf(const std::string &text, sip::HeaderId id)
{
    const auto message = sip::parse(text);
    return message ? std::string(message->value(id)) : "";
}

TEST(Flows, TwoComeUpOnConnectionsOfTheirOwn)
{
    Registrar registrar;
    Ear ear(flowOptions());
    ear.engine->addAccount(account(registrar, 2));
    ASSERT_TRUE(isUp(ear, 1) && isUp(ear, 2));
    EXPECT_EQ(registrar.peer().connections(), 2U);
    ASSERT_EQ(registrar.registers("1").size(), 1U);
    const std::string first = registrar.registers("1").front();
    EXPECT_THAT(
        headerOf(first, sip::HeaderId::Contact),
        testing::AllOf(
            HasSubstr(";reg-id=1;"),
            HasSubstr("+sip.instance=\"<urn:uuid:11111111-2222-4333-8444-555555555555>\"")));
    EXPECT_THAT(headerOf(first, sip::HeaderId::Supported),
                testing::AllOf(HasSubstr("outbound"), HasSubstr("path")));
    EXPECT_THAT(headerOf(first, sip::HeaderId::Route), HasSubstr(";lr>"));
    EXPECT_EQ(headerOf(first, sip::HeaderId::CSeq), "1 REGISTER");
    EXPECT_NE(headerOf(first, sip::HeaderId::CallId),
              headerOf(registrar.registers("2").front(), sip::HeaderId::CallId));
    const auto all = ear.flows();
    const auto &last = all.back().report;
    EXPECT_EQ(last.remote.port, registrar.peer().port());
    EXPECT_GT(last.pongRoundTrip, 0ns);
    EXPECT_NE(last.local.port, 0);
    std::vector<std::string> told;
    for (const auto &event : ear.told(base::LocalKind::FlowChanged))
        if (event.flow->regId == 1)
            told.emplace_back(base::flowStateText(event.flow->state));
    EXPECT_THAT(told, testing::IsSupersetOf({"CONNECTING", "REGISTERING", "PROVISIONAL", "UP"}));
}

class Death : public testing::TestWithParam<bool>
{
};

TEST_P(Death, OfAConnectionIsNoticedAndTheSameFlowComesBack)
{
    const bool reset = GetParam();
    Registrar registrar;
    Ear ear(flowOptions());
    ear.engine->addAccount(account(registrar, 2));
    ASSERT_TRUE(isUp(ear, 1) && isUp(ear, 2));
    if (reset)
        registrar.peer().reset(registrar.way("1"));
    else
        registrar.peer().finish(registrar.way("1"));
    ASSERT_TRUE(support::stepUntil([&] { return ear.states(1, FlowState::Failed) == 1; }));
    base::Instant failed;
    for (const auto &each : ear.flows())
        if (each.report.state == FlowState::Failed)
            failed = each.report.since;
    ASSERT_TRUE(isUp(ear, 1, 2)) << "no recovery";
    EXPECT_EQ(ear.states(2, FlowState::Failed), 0);
    const auto texts = registrar.registers("1");
    ASSERT_EQ(texts.size(), 2U);
    EXPECT_EQ(headerOf(texts[0], sip::HeaderId::CallId), headerOf(texts[1], sip::HeaderId::CallId));
    EXPECT_EQ(headerOf(texts[0], sip::HeaderId::Contact),
              headerOf(texts[1], sip::HeaderId::Contact));
    EXPECT_EQ(headerOf(texts[1], sip::HeaderId::CSeq), "2 REGISTER");
    EXPECT_EQ(registrar.peer().connections(), 3U);
    const auto wanted = reset ? base::PacketKind::StreamReset : base::PacketKind::StreamFin;
    const auto seen = std::find_if(ear.all().begin(), ear.all().end(), [&](const auto &packet) {
        return packet.kind == wanted && !packet.outgoing;
    });
    ASSERT_NE(seen, ear.all().end());
    EXPECT_LT(failed - seen->time, 50ms);
}

INSTANTIATE_TEST_SUITE_P(Kinds, Death, testing::Bool(), [](const auto &each) {
    return std::string(each.param ? "Reset" : "Fin");
});

TEST(Flows, AMissingPongIsTheEndOfTheFlow)
{
    Registrar registrar;
    Ear ear(flowOptions());
    const auto handle = ear.engine->addAccount(account(registrar, 1));
    ASSERT_TRUE(isUp(ear, 1));
    registrar.pongs = false;
    ear.engine->ping(handle, 1);
    ASSERT_TRUE(support::stepUntil([&] { return ear.states(1, FlowState::Suspect) == 1; }));
    ASSERT_TRUE(support::stepUntil([&] { return ear.states(1, FlowState::Failed) == 1; }));
    registrar.pongs = true;
    ASSERT_TRUE(support::stepUntil([&] { return ear.state(1) == FlowState::Up; }));
}

TEST(Flows, ACutFlowRecoversAndARemovedOneUnregisters)
{
    Registrar registrar;
    Ear ear(flowOptions());
    const auto handle = ear.engine->addAccount(account(registrar, 1));
    ASSERT_TRUE(isUp(ear, 1));
    ear.engine->drill(handle, 1, engine::Drill::Cut);
    ASSERT_TRUE(isUp(ear, 1, 2));
    ear.engine->removeAccount(handle);
    ASSERT_TRUE(support::stepUntil([&] { return ear.state(1) == FlowState::Off; }));
    EXPECT_THAT(registrar.registers("1").back(), HasSubstr("Expires: 0"));
}

TEST(Flows, ClosingTheEngineUnregistersEveryFlow)
{
    Registrar registrar;
    Ear ear(flowOptions());
    ear.engine->addAccount(account(registrar, 2));
    ASSERT_TRUE(isUp(ear, 1) && isUp(ear, 2));
    const auto before = base::now();
    ear.engine.reset();
    EXPECT_LT(base::now() - before, 2s);
    EXPECT_THAT(registrar.registers("1").back(), HasSubstr("Expires: 0"));
    EXPECT_THAT(registrar.registers("2").back(), HasSubstr("Expires: 0"));
}

TEST(Flows, RefreshNowStaysOnItsConnection)
{
    Registrar registrar;
    Ear ear(flowOptions());
    const auto handle = ear.engine->addAccount(account(registrar, 1));
    ASSERT_TRUE(isUp(ear, 1));
    ear.engine->reRegister(handle, 0);
    ASSERT_TRUE(support::stepUntil([&] { return registrar.registers("1").size() == 2; }));
    EXPECT_EQ(registrar.peer().connections(), 1U);
    EXPECT_EQ(ear.state(1), FlowState::Up);
}

TEST(Flows, AnswersTheRegistrarsPing)
{
    Registrar registrar;
    Ear ear(flowOptions());
    ear.engine->addAccount(account(registrar, 1));
    ASSERT_TRUE(isUp(ear, 1));
    registrar.peer().send(registrar.way("1"), "\r\n\r\n");
    EXPECT_TRUE(support::stepUntil([&] { return registrar.pongsSeen == 1; }));
}

TEST(Flows, AuthenticateWithSha256WhereItStandsFirst)
{
    Registrar registrar;
    registrar.challenge =
        "Digest realm=\"example.test\", nonce=\"abc\", algorithm=SHA-256, qop=\"auth\"";
    Ear ear(flowOptions());
    auto bob = account(registrar, 1);
    bob.credentials = {"bob", "secret"};
    ear.engine->addAccount(bob);
    ASSERT_TRUE(isUp(ear, 1));
    EXPECT_THAT(registrar.registers("1").back(),
                testing::AllOf(HasSubstr("algorithm=SHA-256"), HasSubstr("nc=00000001")));
    EXPECT_EQ(registrar.peer().connections(), 1U);
}

TEST(Flows, WithoutCredentialsTheAnswerIsOneClearSentence)
{
    Registrar registrar;
    registrar.challenge = "Digest realm=\"example.test\", nonce=\"abc\"";
    Ear ear(flowOptions());
    ear.engine->addAccount(account(registrar, 1));
    ASSERT_TRUE(support::stepUntil([&] { return ear.state(1) == FlowState::Rejected; }));
    EXPECT_THAT(ear.flows().back().report.reason, HasSubstr("user name"));
    EXPECT_EQ(ear.told(base::LocalKind::AuthenticationGaveUp).size(), 1U);
}

TEST(Flows, WithoutOutboundItIsPlain)
{
    Registrar registrar;
    registrar.outbound = false;
    Ear ear(flowOptions());
    ear.engine->addAccount(account(registrar, 1));
    EXPECT_TRUE(support::stepUntil([&] { return ear.state(1) == FlowState::UpPlain; }));
}

TEST(Flows, ARefusedPortBacksOffAndTriesAgain)
{
    const peer::TakenPort port;
    Ear ear(flowOptions());
    engine::Account bob;
    bob.aor = "sip:bob@example.test";
    bob.proxies = {fmt::format("sip:127.0.0.1:{};transport=tcp", port.number())};
    ear.engine->addAccount(bob);
    ASSERT_TRUE(support::stepUntil([&] { return ear.states(1, FlowState::BackingOff) >= 2; }));
    EXPECT_THAT(ear.flows().back().report.reason, HasSubstr("refused"));
    EXPECT_GE(ear.told(base::LocalKind::ConnectionRefused).size(), 2U);
}

TEST(Flows, AnUnreadableAccountSaysSo)
{
    Ear ear(flowOptions());
    engine::Account bob;
    bob.aor = "not an address";
    bob.proxies = {"sip:127.0.0.1:5060"};
    ear.engine->addAccount(bob);
    ASSERT_TRUE(support::stepUntil([&] { return ear.state(1) == FlowState::Rejected; }));
    EXPECT_THAT(ear.flows().back().report.reason, HasSubstr("address of record"));
}

TEST(Flows, TakeCallsOnWhicheverTheyCome)
{
    Registrar registrar;
    std::atomic<int> okSeen{0};
    registrar.others([&](peer::Peer &self, const sip::Message &message, const Way &way) {
        if (!message.isRequest() && message.status == 200 &&
            message.method == sip::Method::Invite) {
            ++okSeen;
            self.send(way, sip::Writer::request("ACK", "sip:bob@127.0.0.1")
                               .header("Via", "SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKack")
                               .header("From", message.value(sip::HeaderId::From))
                               .header("To", message.value(sip::HeaderId::To))
                               .header("Call-ID", message.callId())
                               .header("CSeq", "7 ACK")
                               .text());
        }
    });
    Ear ear(flowOptions());
    const auto handle = ear.engine->addAccount(account(registrar, 2));
    ASSERT_TRUE(isUp(ear, 1) && isUp(ear, 2));
    registrar.peer().send(registrar.way("2"),
                          sip::Writer::request("INVITE", "sip:bob@127.0.0.1;transport=tcp")
                              .header("Via", "SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKinv")
                              .header("From", "<sip:alice@example.test>;tag=al")
                              .header("To", "<sip:bob@example.test>")
                              .header("Call-ID", "incoming-1")
                              .header("CSeq", "7 INVITE")
                              .header("Contact", "<sip:alice@127.0.0.1:9;transport=tcp>")
                              .header("Max-Forwards", "70")
                              .body("application/sdp", ear::kOffer)
                              .text());
    ASSERT_TRUE(ear.waitFor(CallStep::Incoming));
    const auto incoming = ear.first(CallStep::Incoming);
    EXPECT_EQ(incoming.account, handle);
    EXPECT_EQ(incoming.regId, 2U);
    EXPECT_EQ(incoming.sdp, ear::kOffer);
    ear.engine->ring(incoming.call, 180, "", false);
    ear.engine->answer(incoming.call, ear::kAnswer);
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    EXPECT_GE(okSeen, 1);
    EXPECT_THAT(registrar.peer().texts(),
                testing::Contains(testing::AllOf(HasSubstr("SIP/2.0 200"), HasSubstr(";ob>"))));
    ear.engine->hangUp(incoming.call);
    EXPECT_TRUE(support::stepUntil([&] { return ear.count(CallStep::Ended) == 1; }));
}

TEST(Flows, CarryTheAccountsOwnCalls)
{
    Registrar registrar;
    registrar.others([&](peer::Peer &self, const sip::Message &message, const Way &way) {
        if (message.isRequest() && message.method == sip::Method::Invite)
            self.send(way, sip::responseTo(message, 486, "", "x").text());
    });
    Ear ear(flowOptions());
    const auto handle = ear.engine->addAccount(account(registrar, 2));
    ASSERT_TRUE(isUp(ear, 1) && isUp(ear, 2));
    engine::CallRequest request;
    request.target = "sip:carol@example.test";
    request.description = ear::kOffer;
    request.account = handle;
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    EXPECT_EQ(ear.first(CallStep::Failed).status, 486);
    EXPECT_EQ(registrar.peer().connections(), 2U);
    std::string invite;
    for (const auto &text : registrar.peer().texts())
        if (text.compare(0, 7, "INVITE ") == 0)
            invite = text;
    EXPECT_THAT(headerOf(invite, sip::HeaderId::Contact), HasSubstr(";ob>"));
    EXPECT_THAT(headerOf(invite, sip::HeaderId::Supported), HasSubstr("outbound"));
    EXPECT_THAT(headerOf(invite, sip::HeaderId::From), HasSubstr("sip:bob@example.test"));
    EXPECT_EQ(ear.state(1), FlowState::Up);
}

TEST(Flows, AConnectionThatEndsAfterTheChallengeIsNamed)
{
    Registrar registrar;
    registrar.others([&](peer::Peer &self, const sip::Message &message, const Way &way) {
        if (!message.isRequest() || message.method != sip::Method::Invite)
            return;
        self.send(way, sip::responseTo(message, 407, "", "x")
                           .header("Proxy-Authenticate", "Digest realm=\"edge\", nonce=\"n\"")
                           .text());
        self.finish(way);
    });
    Ear ear(flowOptions());
    auto bob = account(registrar, 1);
    bob.credentials = {"bob", "secret"};
    const auto handle = ear.engine->addAccount(bob);
    ASSERT_TRUE(isUp(ear, 1));
    engine::CallRequest request;
    request.target = "sip:carol@example.test";
    request.description = ear::kOffer;
    request.account = handle;
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    EXPECT_THAT(ear.first(CallStep::Failed).sentence,
                testing::AllOf(HasSubstr("The connection of flow 1 to"), HasSubstr("ended before"),
                               HasSubstr("Register again")));
}

TEST(Flows, CarryCallsOverUdpToo)
{
    Registrar registrar;
    registrar.others([&](peer::Peer &self, const sip::Message &message, const Way &way) {
        if (message.isRequest() && message.method == sip::Method::Invite)
            self.send(way, sip::responseTo(message, 430, "", "x").text());
    });
    Ear ear(flowOptions());
    auto bob = account(registrar, 1);
    bob.proxies = {registrar.uri()};
    bob.transport = base::Transport::Udp;
    engine::CallRequest request;
    request.target = "sip:carol@example.test";
    request.account = ear.engine->addAccount(bob);
    ASSERT_TRUE(isUp(ear, 1));
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    EXPECT_EQ(ear.first(CallStep::Failed).status, 430);
}

TEST(Flows, A430MakesTheFlowProveItself)
{
    Registrar registrar;
    registrar.others([&](peer::Peer &self, const sip::Message &message, const Way &way) {
        if (message.isRequest() && message.method == sip::Method::Invite)
            self.send(way, sip::responseTo(message, 430, "", "x").text());
    });
    Ear ear(flowOptions());
    engine::CallRequest request;
    request.target = "sip:carol@example.test";
    request.account = ear.engine->addAccount(account(registrar, 1));
    ASSERT_TRUE(isUp(ear, 1));
    const int before = registrar.pingsSeen;
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    EXPECT_TRUE(support::stepUntil([&] { return registrar.pingsSeen == before + 1; }));
    EXPECT_EQ(ear.state(1), FlowState::Up);
}

TEST(Flows, ACallWithoutAFlowFailsWithASentence)
{
    Ear ear(flowOptions());
    engine::CallRequest request;
    request.target = "sip:carol@example.test";
    request.account = engine::AccountHandle{77};
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    EXPECT_THAT(ear.first(CallStep::Failed).sentence, HasSubstr("account"));
}

} // namespace
