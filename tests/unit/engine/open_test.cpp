// SPDX-License-Identifier: Apache-2.0
// Opening an engine: ports, addresses, and what it says when it cannot.
#include "ear.h"
#include "peer.h"

#include <gmock/gmock.h>
#include <sip/uri.h>

namespace {

using testing::HasSubstr;

class Deaf final : public engine::Listener
{
public:
    void onCall(const engine::CallEvent &) override {}
    void onFlow(const engine::FlowEvent &) override {}
};

base::Result<std::unique_ptr<engine::Engine>> opened(engine::Options options)
{
    static base::Inbox<base::Packet> packets(64);
    static Deaf deaf;
    return engine::Engine::open(std::move(options), packets, deaf);
}

TEST(Open, APortInUseIsOneSentence)
{
    const peer::Peer holder([](peer::Peer &, const sip::Message &, const peer::Way &) {});
    engine::Options options;
    options.localPort = holder.port();
    const auto result = opened(options);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, base::ErrorCode::PortInUse);
    EXPECT_THAT(result.error().sentence, HasSubstr(std::to_string(holder.port())));
}

TEST(Open, AnAddressThatIsNotOursIsOneSentence)
{
    for (const char *address : {"203.0.113.77", "not-an-address", "sip:me"}) {
        engine::Options options;
        options.localAddress = address;
        const auto result = opened(options);
        ASSERT_FALSE(result.has_value()) << address;
        EXPECT_EQ(result.error().code, base::ErrorCode::BadInput) << address;
        EXPECT_THAT(result.error().sentence, HasSubstr(address));
    }
}

TEST(Open, AndCloseManyTimes)
{
    for (int i = 0; i < 20; ++i) {
        const auto result = opened({});
        ASSERT_TRUE(result.has_value()) << i;
        EXPECT_TRUE((*result)->tap().works) << i;
    }
}

TEST(Open, UsesTheLocalPortItWasGiven)
{
    std::uint16_t port = 0;
    {
        const peer::Peer free([](peer::Peer &, const sip::Message &, const peer::Way &) {});
        port = free.port();
    }
    peer::Peer callee([](peer::Peer &self, const sip::Message &message, const peer::Way &way) {
        if (message.isRequest() && message.method == sip::Method::Invite)
            self.send(way, sip::responseTo(message, 486, "", "x").text());
    });
    engine::Options options = ear::quick();
    options.localPort = port;
    ear::Ear ear(options);
    engine::CallRequest request;
    request.target = callee.uri();
    ear.engine->place(request);
    ASSERT_TRUE(ear.waitFor(engine::CallStep::Failed));
    const std::string inviteText = callee.texts().front();
    const auto invite = sip::parse(inviteText);
    ASSERT_TRUE(invite.has_value());
    const auto via = sip::parseVia(invite->value(sip::HeaderId::Via));
    EXPECT_EQ(via.port.value_or(0), port);
    EXPECT_TRUE(via.parameter("rport").has_value());
}

TEST(Open, KnowsTheLocalAddressOfARoute)
{
    const ear::Ear ear;
    const auto here = ear.engine->localAddressFor("sip:bob@127.0.0.1:5070", "");
    ASSERT_TRUE(here.has_value());
    EXPECT_EQ(here->text(), "127.0.0.1");
    const auto proxied = ear.engine->localAddressFor("sip:bob@example.test", "sip:localhost");
    ASSERT_TRUE(proxied.has_value());
    EXPECT_EQ(proxied->text(), "127.0.0.1");
    EXPECT_FALSE(ear.engine->localAddressFor("nonsense here", "").has_value());
    EXPECT_FALSE(engine::sofiaVersion().empty());
}

TEST(Open, PostsRunInOrderOnTheLoop)
{
    const ear::Ear ear;
    std::vector<int> seen;
    std::atomic<bool> done{false};
    for (int i = 0; i < 100; ++i)
        ASSERT_TRUE(ear.engine->loop().post([&seen, i] { seen.push_back(i); }));
    ASSERT_TRUE(ear.engine->loop().post([&done] { done = true; }));
    ASSERT_TRUE(support::stepUntil([&] { return done.load(); }));
    ASSERT_EQ(seen.size(), 100U);
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

} // namespace
