// SPDX-License-Identifier: Apache-2.0
#include <flows/flow_table.h>
#include <flows/standing.h>
#include <flows/stun.h>
#include <gtest/gtest.h>
#include <support/wire.h>

namespace {

using namespace std::string_view_literals;

constexpr std::string_view kTransaction = "abcdefghijkl";

std::string answer(std::string_view attributes, std::string_view type = "\x01\x01"sv)
{
    std::string out(type);
    out += '\0';
    out += static_cast<char>(attributes.size());
    return out + "\x21\x12\xA4\x42" + std::string(kTransaction) + std::string(attributes);
}

std::string attribute(std::uint16_t type, std::string_view value)
{
    std::string out{static_cast<char>(type >> 8U), static_cast<char>(type), '\0',
                    static_cast<char>(value.size())};
    out += value;
    out.resize((out.size() + 3) / 4 * 4);
    return out;
}

/// The value of XOR-MAPPED-ADDRESS for 203.0.113.7 and a port.
std::string hidden(std::uint16_t port)
{
    const auto masked = static_cast<std::uint16_t>(port ^ 0x2112U);
    return std::string("\0\x01", 2) + static_cast<char>(masked >> 8U) + static_cast<char>(masked) +
           "\xEA\x12\xD5\x45"; // 203^33 0^18 113^164 7^66
}

std::string textOf(const std::optional<base::Endpoint> &endpoint)
{
    return endpoint ? endpoint->text() : "none";
}

TEST(Stun, tellsTheMappedAddress)
{
    const std::string software = attribute(0x8022, "edge");
    EXPECT_EQ(textOf(flows::mappedAddress(answer(software + attribute(0x0020, hidden(34567))))),
              "203.0.113.7:34567");
    EXPECT_EQ(textOf(flows::mappedAddress(answer(attribute(0x8020, hidden(5))))), "203.0.113.7:5");
    const std::string plain = attribute(0x0001, "\0\x01\x12\x34\xC0\x00\x02\x01"sv);
    EXPECT_EQ(textOf(flows::mappedAddress(answer(plain))), "192.0.2.1:4660");
    EXPECT_EQ(textOf(flows::mappedAddress(answer(plain + attribute(0x0020, hidden(5))))),
              "203.0.113.7:5");
    std::string six("\0\x02\x21\x13", 4); // port 1
    const std::string mask = "\x21\x12\xA4\x42" + std::string(kTransaction);
    for (std::size_t i = 0; i < 16; ++i)
        six += static_cast<char>(mask[i] ^ (i == 15 ? 9 : 0));
    EXPECT_EQ(textOf(flows::mappedAddress(answer(attribute(0x0020, six)))), "[::9]:1");
}

TEST(Stun, saysNothingOfWhatIsNoAnswerOrIsCut)
{
    const std::string good = answer(attribute(0x0020, hidden(34567)));
    for (std::size_t size = 0; size < good.size(); ++size)
        EXPECT_EQ(textOf(flows::mappedAddress(good.substr(0, size))), "none") << size;
    EXPECT_EQ(textOf(flows::mappedAddress(answer(attribute(0x0020, hidden(34567)), "\x00\x01"sv))),
              "none");
    EXPECT_EQ(textOf(flows::mappedAddress(answer(attribute(0x0020, "\0\x07\0\0\0\0"sv)))), "none");
}

TEST(Stun, aFlowKnowsAsWhomItIsSeenAndWhenThatChanges)
{
    constexpr const char *kAgent = "10.0.0.7:34567", *kEdge = "192.0.2.5:5060";
    flows::FlowId last;
    flows::FlowTable *known = nullptr;
    support::Wire wire{
        [&](trace::RowId row, const sip::Message *message) { last = known->add(row, message); }};
    flows::FlowTable table{wire.trace};
    known = &table;
    support::Fields fields;
    fields.extra = "Contact: <sip:bob@10.0.0.7:34567>;reg-id=1;+sip.instance=\"<urn:uuid:1>\"\r\n";
    wire.send(kAgent, kEdge, support::request("REGISTER", fields));
    wire.send(kEdge, kAgent, support::response(200, "REGISTER", fields));
    const auto flow = last;
    for (const std::uint16_t port : {1000, 1000, 2000}) {
        wire.mark(trace::RowKind::Ping, kAgent, kEdge, answer("", "\x00\x01"sv));
        wire.mark(trace::RowKind::Pong, kEdge, kAgent, answer(attribute(0x0020, hidden(port))));
    }
    const auto seen = table.snapshot(flow);
    EXPECT_EQ(seen->mapped.text(), "203.0.113.7:2000");
    EXPECT_EQ(seen->remapped, 1U);
    EXPECT_EQ(seen->events.back().what, flows::Happening::Remapped);
    EXPECT_EQ(seen->events.back().text,
              "the mapped address was 203.0.113.7:1000 before: the flow has failed");
    const auto standing = [&] {
        return flows::standingOf(*table.snapshot(flow), {}, wire.time).what;
    };
    EXPECT_EQ(standing(), flows::Standing::Failed);
    wire.mark(trace::RowKind::Pong, kEdge, kAgent, answer(attribute(0x0020, hidden(2000))));
    EXPECT_EQ(standing(), flows::Standing::Failed) << "a pong does not mend it";
    fields.cseq = 2;
    wire.send(kAgent, kEdge, support::request("REGISTER", fields));
    wire.send(kEdge, kAgent, support::response(200, "REGISTER", fields));
    EXPECT_EQ(standing(), flows::Standing::Registered);
}

/// Our own flow is made anew on another port: the NAT gives that one another address.
TEST(Stun, anotherSocketOfOurFlowIsMappedElsewhere)
{
    constexpr const char *kEdge = "192.0.2.5:5060";
    flows::FlowTable *known = nullptr;
    support::Wire wire{
        [&](trace::RowId row, const sip::Message *message) { known->add(row, message); }};
    flows::FlowTable table{wire.trace};
    known = &table;
    for (const std::uint16_t port : {1000, 2000}) {
        const std::string agent = "10.0.0.7:3" + std::to_string(port);
        auto report = std::make_shared<base::FlowReport>();
        report->aor = "sip:bob@example.test";
        report->regId = 1;
        report->transport = "UDP";
        report->state = base::FlowState::Up;
        report->local = support::Wire::at(agent);
        report->remote = support::Wire::at(kEdge);
        base::LocalEvent event;
        event.kind = base::LocalKind::FlowChanged;
        event.flow = report;
        wire.local(std::move(event));
        wire.mark(trace::RowKind::Ping, agent.c_str(), kEdge, answer("", "\x00\x01"sv));
        wire.mark(trace::RowKind::Pong, kEdge, agent.c_str(),
                  answer(attribute(0x0020, hidden(port))));
    }
    const auto all = table.all();
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all.front()->mapped.text(), "203.0.113.7:2000");
    EXPECT_EQ(all.front()->remapped, 0U);
}

} // namespace
