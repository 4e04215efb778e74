// SPDX-License-Identifier: Apache-2.0
// Requests within the dialogs of a call: where they go, whose address their credentials name, and
// peers that break the rules.
#include "script.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sip/sdp.h>

namespace {

using callee::to;
using ear::Ear;
using engine::CallStep;
using peer::Peer;
using peer::Way;
using testing::HasSubstr;

constexpr const char *kChallenge =
    "Digest realm=\"here\", nonce=\"{}\", algorithm=MD5, qop=\"auth\"";

/// Asks for credentials with a nonce that is good for one request only, whatever the method.
class OneTimeNonces
{
public:
    explicit OneTimeNonces(std::string contact = {}) : m_contact(std::move(contact)) {}
    void operator()(Peer &self, const sip::Message &message, const Way &way)
    {
        if (!message.isRequest() || message.method == sip::Method::Ack)
            return;
        const auto *credentials = message.find("Authorization");
        const std::string current = fmt::format("nonce=\"n{}\"", m_nonce);
        if (credentials == nullptr || credentials->value.find(current) == std::string::npos) {
            ++m_nonce;
            self.send(way,
                      sip::responseTo(message, 401, "", "a")
                          .header("WWW-Authenticate", fmt::format(fmt::runtime(kChallenge),
                                                                  "n" + std::to_string(m_nonce)))
                          .text());
            return;
        }
        ++m_nonce; // used up
        if (message.method == sip::Method::Invite)
            self.send(way, sip::responseTo(message, 183, "", "a")
                               .header("Contact", contactOf(self))
                               .header("Require", "100rel")
                               .header("RSeq", "7")
                               .body("application/sdp", ear::kAnswer)
                               .text());
        auto response = sip::responseTo(message, 200, "", "a").header("Contact", contactOf(self));
        if (message.method == sip::Method::Invite)
            m_answer = {way, response.body("application/sdp", ear::kAnswer).text()};
        else
            self.send(way, response.text());
        if (message.method == sip::Method::Prack && m_answer)
            self.send(m_answer->first, m_answer->second);
    }

private:
    std::string contactOf(const Peer &self) const
    {
        return m_contact.empty() ? fmt::format("<sip:uas-77@127.0.0.1:{};x-own=1>", self.port())
                                 : m_contact;
    }
    std::string m_contact;
    int m_nonce = 0;
    std::optional<std::pair<Way, std::string>> m_answer;
};

/// The digest's uri and the Request-URI of one request.
std::pair<std::string, std::string> urisOf(const std::string &text)
{
    const auto message = sip::parse(text);
    const auto *credentials = message->find("Authorization");
    std::string_view value = credentials != nullptr ? credentials->value : std::string_view();
    const auto at = value.find("uri=\"");
    value.remove_prefix(at == std::string_view::npos ? value.size() : at + 5);
    const auto first = text.find(' ') + 1;
    return {std::string(value.substr(0, value.find('"'))),
            text.substr(first, text.find(' ', first) - first)};
}

TEST(CallDialog, EveryRequestAnswersItsOwnChallengeForItsOwnTarget)
{
    Peer callee{OneTimeNonces()};
    Ear ear(ear::quick());
    auto request = to(callee);
    request.credentials = {"alice", "secret"};
    const auto call = ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    for (int i = 1; i <= 3; ++i) {
        ear.engine->sendInfo(call, "application/dtmf-relay", "Signal=5\r\n");
        ASSERT_TRUE(support::stepUntil([&] { return callee.count("INFO") == 2 * i; })) << i;
    }
    ear.engine->hangUp(call);
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    EXPECT_EQ(callee.count("BYE"), 2) << "the challenge of the BYE was answered too";
    EXPECT_EQ(callee.count("PRACK"), 2) << "and that of the PRACK";
    int seen = 0;
    for (const auto &text : callee.texts()) {
        if (text.find("Authorization: Digest") == std::string::npos || text.rfind("ACK", 0) == 0)
            continue; // an ACK bears the INVITE's (RFC 3261 section 13.2.2.4)
        const auto [named, target] = urisOf(text);
        EXPECT_EQ(named, target) << text.substr(0, text.find('\r'));
        seen += target.find("uas-77") != std::string::npos ? 1 : 0;
    }
    EXPECT_GE(seen, 5);
}

/// Nobody answers an ACK: without a look at its socket it would be drawn as one that arrived.
TEST(CallDialog, AnAckThatFindsNoWayIsTold)
{
    Peer callee{[](Peer &self, const sip::Message &message, const Way &way) {
        if (message.method == sip::Method::Invite)
            self.send(way, sip::responseTo(message, 200, "", "a")
                               .header("Contact", "<sip:phone@240.0.0.1:5060>")
                               .body("application/sdp", ear::kAnswer)
                               .text());
    }};
    Ear ear(ear::quick());
    ear.engine->place(to(callee));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    std::vector<base::LocalEvent> told;
    EXPECT_TRUE(support::stepUntil([&] {
        told.clear();
        for (const auto kind : {base::LocalKind::SendFailed, base::LocalKind::Unreachable})
            for (auto &event : ear.told(kind))
                told.push_back(event);
        return !told.empty();
    }));
    ASSERT_EQ(told.size(), 1U) << "once, however often the answer comes";
    EXPECT_THAT(told.front().sentence, testing::AllOf(testing::StartsWith("The ACK did not leave"),
                                                      HasSubstr("240.0.0.1:5060")));
    EXPECT_EQ(told.front().code, 0);
}

TEST(CallDialog, AWrongPasswordIsStillFoundAtTheSecondRefusal)
{
    std::atomic<int> invites{0};
    Peer callee{[&](Peer &self, const sip::Message &message, const Way &way) {
        if (message.method == sip::Method::Invite)
            self.send(way, sip::responseTo(message, 401, "", "a")
                               .header("WWW-Authenticate",
                                       fmt::format(fmt::runtime(kChallenge), ++invites))
                               .text());
    }};
    Ear ear(ear::quick());
    auto request = to(callee);
    request.credentials = {"alice", "wrong"};
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    EXPECT_EQ(invites, 2);
    EXPECT_THAT(ear.first(CallStep::Failed).sentence, HasSubstr("does not accept"));
}

TEST(CallDialog, AnAnswerWithoutTagOrUsableContactIsAcknowledgedAndHungUp)
{
    Peer callee{[](Peer &self, const sip::Message &message, const Way &way) {
        if (!message.isRequest() || message.method == sip::Method::Ack)
            return;
        auto response = sip::responseTo(message, 200, "", "");
        if (message.method == sip::Method::Invite)
            response.header("Contact", "<tel:+4912345>").body("application/sdp", ear::kAnswer);
        self.send(way, response.text());
    }};
    Ear ear(ear::quick());
    const auto call = ear.engine->place(to(callee));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    ASSERT_TRUE(support::stepUntil([&] { return callee.count("ACK") == 1; }));
    ear.engine->hangUp(call);
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    EXPECT_EQ(callee.count("BYE"), 1);
}

TEST(CallDialog, APeerThatMovesIsFollowed)
{
    Peer callee{[](Peer &self, const sip::Message &message, const Way &way) {
        if (!message.isRequest() || message.method == sip::Method::Ack)
            return;
        auto response = peer::answer(self, message, 200, "a");
        if (message.method == sip::Method::Invite)
            response.body("application/sdp", ear::kAnswer);
        self.send(way, response.text());
    }};
    Peer moved{[](Peer &self, const sip::Message &message, const Way &way) {
        if (message.method == sip::Method::Bye)
            self.send(way, sip::responseTo(message, 200, "", "a").text());
    }};
    Ear ear(ear::quick());
    const auto call = ear.engine->place(to(callee));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    const auto invite = callee.texts().front();
    const auto parsed = sip::parse(invite);
    std::uint16_t port = 0;
    for (const auto &packet : ear.all())
        if (packet.outgoing)
            port = packet.source.port;
    const std::string offer = "v=0\r\no=- 2 3 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"
                              "t=0 0\r\nm=audio 42000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";
    callee.sendTo(port, sip::Writer::request("UPDATE", "sip:me@127.0.0.1")
                            .header("Via", fmt::format("SIP/2.0/UDP 127.0.0.1:{};branch=z9hG4bKm1",
                                                       callee.port()))
                            .header("From", "<sip:bob@127.0.0.1>;tag=a")
                            .header("To", parsed->value(sip::HeaderId::From))
                            .header("Call-ID", parsed->callId())
                            .header("CSeq", "7 UPDATE")
                            .header("Contact", "<" + moved.uri() + ">")
                            .header("Max-Forwards", "70")
                            .body("application/sdp", offer)
                            .text());
    ASSERT_TRUE(ear.waitFor(CallStep::Changed));
    EXPECT_THAT(ear.first(CallStep::Changed).sdp, HasSubstr("audio 42000"));
    const auto origin = [](std::string_view text) {
        const auto message = sip::parse(text);
        const auto sdp = sip::parseSdp(message->sdp());
        return std::string(sdp.origin.substr(0, sdp.origin.find(' ', 2)));
    };
    ASSERT_TRUE(
        support::stepUntil([&] { return callee.texts().back().rfind("SIP/2.0 200", 0) == 0; }));
    EXPECT_EQ(origin(callee.texts().back()), origin(invite)) << "one session (RFC 3264 section 8)";
    ear.engine->hangUp(call);
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    EXPECT_EQ(moved.count("BYE"), 1) << "the new Contact is the target (RFC 3261 section 12.2)";
    EXPECT_EQ(callee.count("BYE"), 0);
}

class ByeRefused : public testing::TestWithParam<int>
{
};

TEST_P(ByeRefused, TheCallIsOverAllTheSame)
{
    Peer callee{[](Peer &self, const sip::Message &message, const Way &way) {
        if (message.isRequest() && message.method == sip::Method::Bye)
            self.send(way, sip::responseTo(message, GetParam(), "", "").text());
        else
            callee::answerPlainly(self, message, way);
    }};
    Ear ear(ear::quick());
    const auto call = ear.engine->place(to(callee));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    ear.engine->hangUp(call);
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    const auto ended = ear.first(CallStep::Ended);
    EXPECT_EQ(ended.status, GetParam());
    EXPECT_THAT(ended.sentence, testing::AllOf(HasSubstr(std::to_string(GetParam())),
                                               testing::Not(HasSubstr("may go on"))));
}

INSTANTIATE_TEST_SUITE_P(Statuses, ByeRefused, testing::Values(408, 481));

TEST(CallDialog, OfByesThatCrossNothingIsSaid)
{
    Peer callee{[](Peer &self, const sip::Message &message, const Way &way) {
        if (!message.isRequest() || message.method != sip::Method::Bye)
            return callee::answerPlainly(self, message, way);
        self.send(way, sip::Writer::request("BYE", "sip:me@127.0.0.1")
                           .header("Via", fmt::format("SIP/2.0/UDP 127.0.0.1:{};branch=z9hG4bKb1",
                                                      self.port()))
                           .header("From", message.value(sip::HeaderId::To))
                           .header("To", message.value(sip::HeaderId::From))
                           .header("Call-ID", message.callId())
                           .header("CSeq", "7 BYE")
                           .header("Max-Forwards", "70")
                           .text());
        self.send(way, sip::responseTo(message, 481, "", "").text());
    }};
    Ear ear(ear::quick(std::chrono::milliseconds(200)));
    const auto call = ear.engine->place(to(callee));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    ear.engine->hangUp(call);
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    ear.engine.reset(); // not before the BYE has its answer
    EXPECT_EQ(ear.count(CallStep::Ended), 1);
    EXPECT_EQ(ear.first(CallStep::Ended).status, 0); // by theirs
    EXPECT_TRUE(ear.told(base::LocalKind::Note).empty());
}

TEST(CallDialog, AnAnswerBehindTheCalleesOwnByeCanStillBeHungUp)
{
    struct State {
        std::optional<std::pair<Way, std::string>> answer;
    } state;
    Peer callee{[&state](Peer &self, const sip::Message &message, const Way &way) {
        if (message.isRequest() && message.method != sip::Method::Invite)
            return callee::answerPlainly(self, message, way);
        if (message.isRequest()) {
            state.answer = {way, sip::responseTo(message, 200, "", "a")
                                     .header("Contact", "<" + self.uri() + ">")
                                     .body("application/sdp", ear::kAnswer)
                                     .text()};
            self.send(way, sip::responseTo(message, 180, "", "a")
                               .header("Contact", "<" + self.uri() + ">")
                               .text());
            self.send(way,
                      sip::Writer::request("BYE", "sip:me@127.0.0.1")
                          .header("Via", fmt::format("SIP/2.0/UDP 127.0.0.1:{};branch=z9hG4bKb2",
                                                     self.port()))
                          .header("From", std::string(message.value(sip::HeaderId::To)) + ";tag=a")
                          .header("To", message.value(sip::HeaderId::From))
                          .header("Call-ID", message.callId())
                          .header("CSeq", "7 BYE")
                          .header("Max-Forwards", "70")
                          .text());
        } else if (message.status == 200 && state.answer) {
            self.send(state.answer->first, state.answer->second);
            state.answer.reset();
        }
    }};
    Ear ear(ear::quick(std::chrono::milliseconds(200)));
    const auto call = ear.engine->place(to(callee));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    EXPECT_THAT(ear.told(base::LocalKind::Note), testing::Not(testing::IsEmpty()));
    ear.engine->hangUp(call);
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    EXPECT_EQ(callee.count("BYE"), 1);
}

} // namespace
