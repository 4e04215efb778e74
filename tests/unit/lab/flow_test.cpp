// SPDX-License-Identifier: Apache-2.0
// Registrar and edges: two phones of the test, one registered over the edges, one that calls it.
#include <set>
#include <sip/uri.h>
#include <support/step_until.h>

#include "flow_stage.h"

using test::Flow;
using test::kInstance;
using test::Phone;
using test::request;

TEST_F(Flow, RegistersWithOutboundAndPath)
{
    start(1, "[edge]\nflow_timer=33\n");
    Phone bob(m_edges[0]);
    bob.send(registration(bob, 1, 1, 1));
    const auto done = bob.awaitStatus(200, "REGISTER");
    ASSERT_TRUE(done);
    EXPECT_TRUE(done->flaws.empty());
    EXPECT_TRUE(done->lists(sip::HeaderId::Require, "outbound"));
    EXPECT_EQ(done->number(sip::HeaderId::FlowTimer), 33U);
    const auto path = sip::parseNameAddress(done->value(sip::HeaderId::Path));
    EXPECT_TRUE(path.uri.parameter("ob") && path.uri.parameter("lr"));
    const auto token = base::fromBase64(path.uri.user);
    ASSERT_TRUE(token);
    ASSERT_EQ(token->size(), 23U);
    EXPECT_EQ((*token)[10], 2) << "TCP";
    EXPECT_EQ(token->substr(17, 4), std::string("\x7F\0\0\1", 4));
    EXPECT_EQ(static_cast<unsigned char>((*token)[21]) * 256 +
                  static_cast<unsigned char>((*token)[22]),
              bob.local().port);
    const auto contact = done->value(sip::HeaderId::Contact);
    EXPECT_EQ(sip::parameter(contact, "reg-id"), "1");
    EXPECT_EQ(sip::unquoted(*sip::parameter(contact, "+sip.instance")), kInstance);
    EXPECT_EQ(sip::parameter(contact, "expires"), "600");
    EXPECT_EQ(done->values(sip::HeaderId::Via).size(), 1U);
}

TEST_F(Flow, TheAnswerTakesTheConnectionOfTheRequest)
{
    start(1);
    Phone bob(m_edges[0]);
    // A Via that names another port and asks for no rport, as user agents with a listening socket
    // of their own send it.
    auto text = registration(bob, 1, 1, 1);
    const auto via = fmt::format("TCP {}", bob.local().text());
    text.replace(text.find(via), via.size(), "TCP 127.0.0.1:9");
    text.erase(text.find(";rport"), 6);
    bob.send(text);
    EXPECT_TRUE(bob.awaitStatus(200, "REGISTER"));
}

TEST_F(Flow, PingsGetPongsUntilTheFlowIsForgotten)
{
    start(1);
    Phone bob(m_edges[0]);
    bind(bob, 1, 1);
    bob.send("\r\n\r\n");
    EXPECT_EQ(bob.receive(), "\r\n");
    m_lab->dropFlows(1); // takes effect on the lab's own thread, at its next turn
    std::string pong = "\r\n";
    for (int tries = 0; tries < 20 && !pong.empty(); ++tries) {
        bob.send("\r\n\r\n");
        pong = bob.receive(150);
    }
    EXPECT_EQ(pong, "") << "the edge still answers for a flow it has forgotten";
    bind(bob, 1, 1, 2); // the same connection, registered again, is a flow again
    bob.send("\r\n\r\n");
    EXPECT_EQ(bob.receive(), "\r\n");
    m_lab->dropFlows(0);
    m_lab->dropFlows(7); // no such edge: nothing happens
}

TEST_F(Flow, ACallTakesTheFlowAndStaysOnIt)
{
    start(2);
    Phone bob(m_edges[0]);
    bind(bob, 1, 1);
    invite();
    ASSERT_TRUE(m_alice.awaitStatus(100));
    const auto incoming = bob.awaitRequest("INVITE");
    ASSERT_TRUE(incoming);
    EXPECT_TRUE(incoming->flaws.empty());
    EXPECT_EQ(incoming->requestUri, fmt::format("sip:bob@{};transport=tcp;ob", bob.local().text()));
    EXPECT_EQ(incoming->find(sip::HeaderId::Route), nullptr);
    const auto recordRoute = std::string(incoming->value(sip::HeaderId::RecordRoute));
    EXPECT_FALSE(recordRoute.empty());
    EXPECT_FALSE(sip::parseNameAddress(recordRoute).uri.parameter("ob"));
    EXPECT_EQ(incoming->number(sip::HeaderId::MaxForwards), 68U);
    EXPECT_EQ(incoming->values(sip::HeaderId::Via).size(), 3U);
    bob.send(response(*incoming, 180, bob));
    ASSERT_TRUE(m_alice.awaitStatus(180));
    bob.send(response(*incoming, 200, bob));
    const auto answer = m_alice.awaitStatus(200);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->values(sip::HeaderId::Via).size(), 1U);
    EXPECT_EQ(answer->value(sip::HeaderId::RecordRoute), recordRoute);

    const auto target =
        std::string(sip::parseNameAddress(answer->value(sip::HeaderId::Contact)).uriText);
    m_alice.send(request(m_alice, "ACK", target, "bobtag", 1, "call-1", "ack1")
                     .header("Route", recordRoute)
                     .text(),
                 m_edges[0]);
    ASSERT_TRUE(bob.awaitRequest("ACK"));
    auto bye = sip::Writer::request("BYE", fmt::format("sip:alice@{}", m_alice.local().text()));
    bye.header("Via", bob.via("bye"))
        .header("Max-Forwards", "70")
        .header("Route", recordRoute)
        .header("From", fmt::format("<{}>;tag=bobtag", m_aor));
    bye.header("To", "<sip:alice@127.0.0.1>;tag=alice")
        .header("Call-ID", "call-1")
        .header("CSeq", "1 BYE");
    bob.send(bye.text());
    const auto got = m_alice.awaitRequest("BYE");
    ASSERT_TRUE(got);
    EXPECT_EQ(got->find(sip::HeaderId::Route), nullptr);
    m_alice.send(sip::responseTo(*got, 200, {}, {}).text(), m_edges[0]);
    EXPECT_TRUE(bob.awaitStatus(200, "BYE"));
}

TEST_F(Flow, A430MovesTheCallToTheOtherFlow)
{
    start(2, "[edge]\nforgets=1\n");
    Phone first(m_edges[0]);
    Phone second(m_edges[1]);
    bind(first, 1, 1);
    bind(second, 2, 2);
    invite();
    const auto incoming = second.awaitRequest("INVITE");
    ASSERT_TRUE(incoming);
    EXPECT_EQ(first.receive(50), "") << "never two flows of one instance";
    second.send(response(*incoming, 200, second));
    ASSERT_TRUE(m_alice.awaitStatus(200));

    // What happened between the peers is told, and only that.
    const std::set<base::Endpoint> peers{m_registrar, m_edges[0], m_edges[1]};
    bool saw430 = false;
    std::set<std::string> branches; // of INVITEs; one may have been sent again
    for (const auto &packet : m_sink.take(std::chrono::seconds(0))) {
        EXPECT_EQ(packet.origin, base::Origin::Lab);
        EXPECT_TRUE(packet.time.known());
        EXPECT_EQ(peers.count(packet.source) + peers.count(packet.destination), 2U);
        const auto message = sip::parse(packet.payload.text());
        ASSERT_TRUE(message);
        saw430 = saw430 || (message->status == 430 && packet.source == m_edges[0]);
        if (message->isRequest() && message->method == sip::Method::Invite)
            branches.emplace(message->branch());
    }
    EXPECT_TRUE(saw430);
    EXPECT_EQ(branches.size(), 2U);
    invite("call-2",
           "inv2"); // the dead binding is gone: the next call goes straight to the living flow
    EXPECT_TRUE(second.awaitRequest("INVITE"));
}

TEST_F(Flow, WithNoFlowLeftTheCallerGets480)
{
    start(1, "[edge]\nforgets=1\n");
    Phone bob(m_edges[0]);
    bind(bob, 1, 1);
    invite();
    const auto failed = m_alice.awaitStatus(480);
    ASSERT_TRUE(failed);
    ASSERT_TRUE(m_alice.awaitStatus(480)) << "repeated until the ACK";
    m_alice.send(request(m_alice, "ACK", m_aor, failed->toTag(), 1, "call-1", "inv1").text(),
                 m_registrar);
    while (!m_alice.receive(80).empty()) {
    }
    EXPECT_EQ(m_alice.receive(200), "");
}

TEST_F(Flow, The430GoesThroughWhereTheScenarioSaysSo)
{
    start(1, "[edge]\nforgets=1\n[registrar]\nrelay430=true\n");
    Phone bob(m_edges[0]);
    bind(bob, 1, 1);
    invite();
    const auto failed = m_alice.awaitStatus(430);
    ASSERT_TRUE(failed);
    EXPECT_EQ(failed->reason, "Flow Failed");
    EXPECT_NE(failed->value(sip::HeaderId::Warning).find("Flow no longer exists"),
              std::string_view::npos);
    bind(bob, 1, 1, 2);
    invite("call-2", "inv2");
    const auto incoming = bob.awaitRequest("INVITE");
    ASSERT_TRUE(incoming);
    bob.send(response(*incoming, 200, bob));
    EXPECT_TRUE(m_alice.awaitStatus(200));
}

TEST_F(Flow, AClosedConnectionIsADeadFlowToo)
{
    start(1, "[registrar]\nrelay430=true\n");
    {
        Phone bob(m_edges[0]);
        bind(bob, 1, 1);
    }
    EXPECT_TRUE(support::stepUntil([&] {
        static int n = 0;
        invite(fmt::format("call-c{}", n), fmt::format("invc{}", n));
        ++n;
        return m_alice.awaitStatus(430).has_value();
    }));
}

TEST_F(Flow, ATokenThatWasTamperedWithIs403)
{
    start(1);
    Phone bob(m_edges[0]);
    bob.send(registration(bob, 1, 1, 1));
    const auto done = bob.awaitStatus(200, "REGISTER");
    ASSERT_TRUE(done);
    std::string path(done->value(sip::HeaderId::Path));
    char &tampered = path[path.find(':') + 3];
    tampered = tampered == 'A' ? 'B' : 'A'; // another letter of the token, and nothing else
    for (const auto &[route, status] : std::vector<std::pair<std::string, int>>{
             {path, 403},
             {fmt::format("<sip:nonsense@{};lr>", m_edges[0].text()), 403},
             {fmt::format("<sip:{};lr>", m_edges[0].text()), 404}}) {
        m_alice.send(
            request(m_alice, "INVITE", m_aor, "", 1, route, "t" + std::to_string(route.size()))
                .header("Route", route)
                .text(),
            m_edges[0]);
        EXPECT_TRUE(m_alice.awaitStatus(status)) << route;
    }
    EXPECT_EQ(bob.receive(50), "");
}

TEST_F(Flow, TheFirstHopHasToKeepFlows)
{
    start(1);
    m_alice.send(registration(m_alice, 0, 1, 1), m_registrar);
    const auto lacking = m_alice.awaitStatus(439, "REGISTER");
    ASSERT_TRUE(lacking);
    EXPECT_EQ(lacking->reason, "First Hop Lacks Outbound Support");
    invite();
    EXPECT_TRUE(m_alice.awaitStatus(480)) << "nothing was bound";
}

TEST_F(Flow, ReplacedAndRemovedBindings)
{
    start(1);
    Phone old(m_edges[0]);
    bind(old, 1, 1);
    Phone bob(m_edges[0]);
    bind(bob, 1, 1, 2);
    invite();
    ASSERT_TRUE(bob.awaitRequest("INVITE"))
        << "same instance and reg-id: the new flow replaces the old one";
    EXPECT_EQ(old.receive(30), "");
    bob.send(registration(bob, 1, 1, 3, 0));
    const auto gone = bob.awaitStatus(200, "REGISTER");
    ASSERT_TRUE(gone);
    EXPECT_EQ(gone->find(sip::HeaderId::Contact), nullptr);
}

TEST_F(Flow, BusyEndsTheSearch)
{
    start(2);
    Phone first(m_edges[0]);
    Phone second(m_edges[1]);
    bind(first, 1, 1);
    bind(second, 2, 2);
    invite();
    const auto incoming = first.awaitRequest("INVITE");
    ASSERT_TRUE(incoming);
    first.send(response(*incoming, 486, first));
    EXPECT_TRUE(m_alice.awaitStatus(486));
    EXPECT_TRUE(first.awaitRequest("ACK")) << "hop by hop";
    EXPECT_EQ(second.receive(60), "") << "the phone has answered: its other flow is not tried";
}

TEST_F(Flow, CancelGoesDownTheBranch)
{
    start(1);
    Phone bob(m_edges[0]);
    bind(bob, 1, 1);
    invite();
    const auto incoming = bob.awaitRequest("INVITE");
    ASSERT_TRUE(incoming);
    bob.send(response(*incoming, 180, bob));
    ASSERT_TRUE(m_alice.awaitStatus(180));
    m_alice.send(request(m_alice, "CANCEL", m_aor, "", 1, "call-1", "inv1").text(), m_registrar);
    ASSERT_TRUE(m_alice.awaitStatus(200, "CANCEL"));
    const auto cancel = bob.awaitRequest("CANCEL");
    ASSERT_TRUE(cancel);
    EXPECT_EQ(cancel->branch(), incoming->branch());
    bob.send(sip::responseTo(*cancel, 200, {}, {}).text());
    bob.send(response(*incoming, 487, bob));
    EXPECT_TRUE(m_alice.awaitStatus(487));
}

TEST_F(Flow, ASilentFlowIsGivenUpByTimer)
{
    start(2);
    Phone first(m_edges[0]);
    Phone second(m_edges[1]);
    bind(first, 1, 1);
    bind(second, 2, 2);
    invite();
    ASSERT_TRUE(first.awaitRequest("INVITE"));
    ASSERT_TRUE(first.awaitRequest("INVITE")) << "over UDP to the edge it is repeated";
    EXPECT_TRUE(second.awaitRequest("INVITE")) << "64*T1 later: 408, and the other flow is tried";
}

TEST_F(Flow, TooManyHopsAndUnknownUsers)
{
    start(1);
    m_alice.send(
        request(m_alice, "INVITE", "sip:nobody@" + m_registrar.text(), "", 1, "call-9", "b9")
            .text(),
        m_registrar);
    EXPECT_TRUE(m_alice.awaitStatus(480));
    auto tired = request(m_alice, "INVITE", m_aor, "", 1, "call-8", "b8").text();
    tired.replace(tired.find("Max-Forwards: 70"), 16, "Max-Forwards: 0");
    m_alice.send(tired, m_registrar);
    EXPECT_TRUE(m_alice.awaitStatus(483));
    m_alice.send(request(m_alice, "MESSAGE", m_aor, "", 1, "call-7", "b7").text(), m_registrar);
    EXPECT_TRUE(m_alice.awaitStatus(405, "MESSAGE"));
}

TEST_F(Flow, EndsWithinASecond)
{
    start(2);
    Phone bob(m_edges[0]);
    bind(bob, 1, 1);
    invite();
    EXPECT_EQ(m_lab->names().size(), 3U);
    EXPECT_EQ(m_lab->names()[m_edges[1].text()], "edge-b");
    const auto from = std::chrono::steady_clock::now();
    m_lab.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - from, std::chrono::seconds(1));
    EXPECT_TRUE(support::stepUntil(
        [&] { return bob.awaitRequest("BYE") == std::nullopt; })); // closed, not stuck
}

TEST_F(Flow, EdgeAndRegistrarInOneBoxAnswer430ThemselvesAndAtOnce)
{
    start(1, "[edge]\nforgets=1\nflow_timer=33\n[registrar]\nin_edge=true\n");
    EXPECT_EQ(m_registrar, m_edges[0]);
    EXPECT_EQ(m_lab->names()[m_edges[0].text()], "edge and registrar");
    Phone bob(m_edges[0]);
    bob.send(registration(bob, 1, 1, 1));
    const auto done = bob.awaitStatus(200, "REGISTER");
    ASSERT_TRUE(done);
    EXPECT_TRUE(done->lists(sip::HeaderId::Require, "outbound"));
    EXPECT_EQ(done->number(sip::HeaderId::FlowTimer), 33U);
    EXPECT_EQ(done->find(sip::HeaderId::Path), nullptr) << "a direct flow";
    invite();
    const auto failed = m_alice.awaitStatus(430);
    ASSERT_TRUE(failed);
    EXPECT_NE(failed->value(sip::HeaderId::Warning).find("Flow no longer exists"),
              std::string_view::npos);
    bind(bob, 1, 1, 2);
    invite("call-2", "inv2");
    const auto incoming = bob.awaitRequest("INVITE");
    ASSERT_TRUE(incoming);
    EXPECT_EQ(incoming->requestUri, fmt::format("sip:bob@{};transport=tcp;ob", bob.local().text()));
    bob.send(response(*incoming, 200, bob));
    const auto answered = m_alice.awaitStatus(200);
    ASSERT_TRUE(answered);
    const std::string route(answered->value(sip::HeaderId::RecordRoute));
    m_alice.send(request(m_alice, "BYE", m_aor, answered->toTag(), 2, "call-2", "bye2")
                     .header("Route", route)
                     .text(),
                 m_registrar);
    EXPECT_TRUE(bob.awaitRequest("BYE")) << "within the dialog the token names the flow";
}

TEST_F(Flow, TheBoxKnowsNobodyWhoIsNotRegistered)
{
    start(1, "[registrar]\nin_edge=true\n");
    invite();
    EXPECT_TRUE(m_alice.awaitStatus(480));
}
