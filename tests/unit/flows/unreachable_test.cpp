// SPDX-License-Identifier: Apache-2.0
// What the network told (ICMP) of a flow: when it ends one, and when it does not.
#include <flows/standing.h>

#include "table_fixture.h"

namespace {

using flows::Standing;
using flows_test::Fields;
using flows_test::kAgent;
using flows_test::kEdge;

class Unreachable : public flows_test::FlowTable
{
protected:
    Unreachable() { wire.transport = base::Transport::Udp; }

    /// The network says of the newest row from `from` that it did not arrive.
    void refuse(const char *from, const char *to, std::string sentence = "port unreachable")
    {
        base::LocalEvent event;
        event.kind = base::LocalKind::Unreachable;
        event.sentence = std::move(sentence);
        base::Packet packet;
        packet.time = wire.time;
        packet.kind = base::PacketKind::Local;
        packet.transport = wire.transport;
        packet.source = support::Wire::at(from);
        packet.destination = support::Wire::at(to);
        packet.local = std::make_shared<const base::LocalEvent>(std::move(event));
        sip::Digest about;
        about.rseq = static_cast<std::uint32_t>(wire.trace.size());
        table.add(wire.trace.add(trace::RowKind::Local, packet, {}, about), nullptr);
    }
    void sends(const char *from, const char *to, const std::string &text)
    {
        wire.send(from, to, text);
    }
    Standing standing() const
    {
        const auto all = table.all();
        return all.empty() ? Standing::Seen : flows::standingOf(*all.front(), all, wire.time).what;
    }
};

TEST_F(Unreachable, anAddressThatTheNetworkRefusesEndsAFlowOverUdp)
{
    registerOver(kAgent, 1);
    EXPECT_EQ(standing(), Standing::Registered);
    sends(kEdge, kAgent, support::request("OPTIONS"));
    refuse(kEdge, kAgent);
    EXPECT_EQ(standing(), Standing::Failed);
    const auto *const death = flows::deathOf(*table.all().front(), wire.time);
    ASSERT_NE(death, nullptr);
    EXPECT_EQ(death->what, flows::Happening::Unreachable);
    sends(kEdge, kAgent, support::request("OPTIONS", Fields{.branch = "two"}));
    EXPECT_EQ(standing(), Standing::Failed) << "who asks proves nothing of who answers";
    registerOver(kAgent, 1, 2);
    EXPECT_EQ(standing(), Standing::Registered);
}

TEST_F(Unreachable, aResponseShowsThatTheFlowLives)
{
    registerOver(kAgent, 1);
    sends(kEdge, kAgent, support::request("OPTIONS"));
    refuse(kEdge, kAgent);
    const auto refused = wire.time;
    sends(kEdge, kAgent, support::request("OPTIONS", Fields{.branch = "two"}));
    sends(kAgent, kEdge, support::response(200, "OPTIONS", Fields{.branch = "two"}));
    EXPECT_EQ(standing(), Standing::Registered);
    EXPECT_NE(flows::deathOf(*table.all().front(), refused), nullptr) << "it was dead then";
    sends(kEdge, kAgent, support::request("OPTIONS", Fields{.branch = "three"}));
    refuse(kEdge, kAgent);
    EXPECT_EQ(standing(), Standing::Failed);
    sends(kAgent, kEdge, support::request("REGISTER", registering(1, 2)));
    sends(kEdge, kAgent, support::response(401, "REGISTER", registering(1, 2)));
    EXPECT_EQ(standing(), Standing::Registered) << "a challenge is a response as well";
}

TEST_F(Unreachable, aConnectionOutlivesTheNetworksWord)
{
    wire.transport = base::Transport::Tcp;
    registerOver(kAgent, 1);
    sends(kEdge, kAgent, support::request("OPTIONS"));
    refuse(kEdge, kAgent);
    EXPECT_EQ(standing(), Standing::Registered);
}

TEST_F(Unreachable, whatWasTooLargeSaysNothingOfTheFlow)
{
    registerOver(kAgent, 1);
    for (const auto *const what :
         {"ICMP: packet too large for the way.", "ICMP: fragments of the packet were lost."}) {
        sends(kEdge, kAgent, support::request("OPTIONS"));
        refuse(kEdge, kAgent, what);
        EXPECT_EQ(standing(), Standing::Registered) << what;
    }
}

} // namespace
