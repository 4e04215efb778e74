// SPDX-License-Identifier: Apache-2.0
// Whom an outgoing call answers with credentials: an answer is enough to guess the password.
#include "registrar.h"
#include "script.h"

#include <gmock/gmock.h>

namespace {

using callee::Script;
using callee::to;
using ear::Ear;
using engine::CallStep;
using peer::Peer;
using peer::Registrar;
using peer::Way;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string challenge(const sip::Message &request, int status, const std::string &realm)
{
    return sip::responseTo(request, status, "", "x")
        .header(status == 407 ? "Proxy-Authenticate" : "WWW-Authenticate",
                "Digest realm=\"" + realm + "\", nonce=\"n\", algorithm=SHA-256")
        .text();
}

bool carriesCredentials(const sip::Message &request)
{
    return request.find(sip::HeaderId::Authorization) != nullptr ||
           request.find(sip::HeaderId::ProxyAuthorization) != nullptr;
}

struct Asks {
    const char *name;
    int status;
    const char *realm;
    bool own;
};

/// A call over an account's flow, whose registrar asked for the realm "registrar.test".
class AccountCall : public testing::TestWithParam<Asks>
{
};

TEST_P(AccountCall, AnswersNobodyButItsOwnRealms)
{
    Registrar registrar;
    registrar.challenge = "Digest realm=\"registrar.test\", nonce=\"n\", algorithm=MD5";
    registrar.others([](Peer &self, const sip::Message &message, const Way &way) {
        if (message.method != sip::Method::Invite || !message.isRequest())
            return;
        self.send(way, carriesCredentials(message)
                           ? sip::responseTo(message, 486, "", "x").text()
                           : challenge(message, GetParam().status, GetParam().realm));
    });
    Ear ear(ear::quick());
    engine::Account account;
    account.aor = "sip:bob@example.test";
    account.proxies = {registrar.proxy()};
    account.credentials = {"bob", "secret"};
    const auto handle = ear.engine->addAccount(account);
    ASSERT_TRUE(support::stepUntil([&] { return base::isRegistered(ear.state(1)); }));
    engine::CallRequest request;
    request.target = "sip:carol@elsewhere.test";
    request.from = "\"Bob\" <sip:bob@example.test>";
    request.description = ear::kOffer;
    request.account = handle;
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    const auto failed = ear.first(CallStep::Failed);
    EXPECT_EQ(ear.count(CallStep::Authenticating), GetParam().own ? 1 : 0);
    EXPECT_EQ(failed.status, GetParam().own ? 486 : GetParam().status);
    if (GetParam().own)
        return;
    EXPECT_THAT(failed.sentence, AllOf(HasSubstr(GetParam().realm), HasSubstr("does not answer")));
    EXPECT_EQ(ear.told(base::LocalKind::AuthenticationGaveUp).size(), 1U);
    for (const auto &text : registrar.peer().texts())
        EXPECT_FALSE(text.compare(0, 7, "INVITE ") == 0 &&
                     text.find("uthorization: Digest") != std::string::npos)
            << text;
}

INSTANTIATE_TEST_SUITE_P(Realms, AccountCall,
                         testing::Values(Asks{"TheRegistrars", 407, "registrar.test", true},
                                         Asks{"TheDomains", 401, "example.test", true},
                                         Asks{"TheDomainsInOtherLetters", 401, "Example.TEST",
                                              true},
                                         Asks{"ARealmInOtherLetters", 407, "Registrar.TEST", false},
                                         Asks{"AStrangers", 401, "elsewhere.test", false},
                                         Asks{"AStrangersAsAProxy", 407, "elsewhere.test", false}),
                         [](const auto &each) { return std::string(each.param.name); });

TEST(Credentials, NamedForACallGoToEveryRealmOnItsWayAndTheFurtherOneIsTold)
{
    Peer callee(Script([](Peer &self, const sip::Message &message, const Way &way) {
        if (message.find(sip::HeaderId::ProxyAuthorization) == nullptr)
            self.send(way, challenge(message, 407, "proxy.test"));
        else if (message.find(sip::HeaderId::Authorization) == nullptr)
            self.send(way, challenge(message, 401, "callee.test"));
        else
            self.send(way, sip::responseTo(message, 486, "", "x").text());
    }));
    Ear ear(ear::quick());
    auto request = to(callee);
    request.credentials = {"bob", "secret"};
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    EXPECT_EQ(ear.first(CallStep::Failed).status, 486);
    const auto notes = ear.told(base::LocalKind::Note);
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_THAT(notes.front().sentence, HasSubstr("callee.test"));
}

TEST(Credentials, NamedForACallDoNotGoWhereARedirectionLeads)
{
    Peer stranger(Script([](Peer &self, const sip::Message &message, const Way &way) {
        self.send(way, challenge(message, 401, "stranger.test"));
    }));
    Peer callee(Script([&](Peer &self, const sip::Message &message, const Way &way) {
        self.send(way, sip::responseTo(message, 302, "", "x")
                           .header("Contact", "<" + stranger.uri() + ">")
                           .text());
    }));
    Ear ear(ear::quick());
    auto request = to(callee);
    request.credentials = {"bob", "secret"};
    request.extras.followRedirects = true;
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    EXPECT_EQ(ear.first(CallStep::Failed).status, 401);
    EXPECT_THAT(ear.first(CallStep::Failed).sentence,
                AllOf(HasSubstr("stranger.test"), HasSubstr("After the redirection")));
    for (const auto &text : stranger.texts())
        EXPECT_THAT(text, Not(HasSubstr("uthorization: Digest")));
}

} // namespace
