// SPDX-License-Identifier: Apache-2.0
// What a dead flow hides behind, where no token names it, and what is told of a code that may mean
// something else.
#include <diagnosis/explain.h>
#include <diagnosis/reason_text.h>
#include <flows/clear_flow.h>
#include <gmock/gmock.h>

#include "folded.h"

namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string textOf(const support::Folded &folded, std::string_view rule)
{
    const auto found = folded.find(rule);
    return found ? found->text : std::string();
}

/// The home sends it to the edge with `named` in it, which gives up at once.
std::string givenUp(std::string_view named, int code)
{
    return fmt::format("0.000 alice>home INVITE offer\n"
                       "0.002 home>edge INVITE offer {0}\n"
                       "0.005 edge>home {1}\n0.006 home>edge ACK\n"
                       "0.007 home>alice {1}\n0.008 alice>home ACK\n",
                       named, code);
}
constexpr std::string_view kReceived =
    R"("Route: <sip:192.0.2.2;lr;received=sip:203.0.113.7:34567%3Btransport%3Dtcp>")";
constexpr std::string_view kAlias = "uri=bob@192.168.1.5:5060;alias=203.0.113.7~34567~2";

TEST(FlowDisguise, AConnectionWrittenInTheClearIsNamed)
{
    for (const auto named : {kReceived, kAlias}) {
        const support::Folded folded(givenUp(named, 477));
        EXPECT_THAT(textOf(folded, "flow-hidden"), HasSubstr("TCP of user agent 203.0.113.7:34567"))
            << named;
        EXPECT_THAT(textOf(folded, "flow-hidden"), HasSubstr("most likely gone"));
    }
    EXPECT_THAT(textOf(support::Folded(givenUp(kAlias, 477)), "flow-hidden"),
                HasSubstr("Its Request-URI names"));
}

TEST(FlowDisguise, WhereNoOutboundIsUsedACodeWithOtherReasonsTellsNothing)
{
    for (const int code : {403, 404, 480, 486})
        EXPECT_FALSE(support::Folded(givenUp(kAlias, code)).has("flow-hidden")) << code;
}

TEST(FlowDisguise, ARequestThatGoesToTheConnectionItselfMissesNone)
{
    EXPECT_FALSE(support::Folded("0.000 home>bob INVITE offer "
                                 "uri=bob@10.1.1.1;alias=192.0.2.20~5060~1\n"
                                 "0.005 bob>home 477\n0.006 home>bob ACK\n")
                     .has("flow-hidden"));
}

TEST(FlowDisguise, WhatCannotBeToldHasAConditionalImpact)
{
    const support::Folded folded(
        givenUp(R"("Route: <sip:MTIzNDU2Nzg5MAJ/AAABE8R/AAABiAc=@192.0.2.2;lr;ob>")", 480));
    const auto found = folded.find("flow-hidden");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->grade, diagnosis::Grade::CannotTell);
    EXPECT_THAT(found->impact, StartsWith("If the flow is gone, "));
}

TEST(FlowDisguise, ClearFlowsAreReadAsTheyAreWritten)
{
    const auto read = [](std::string_view uri) { return flows::clearFlow(sip::parseUri(uri)); };
    const auto received = read("sip:edge.test:5070;lr;received=sip:198.51.100.4:40000");
    ASSERT_TRUE(received);
    EXPECT_EQ(received->userAgent.text(), "198.51.100.4:40000");
    EXPECT_EQ(received->transport, base::Transport::Udp);
    EXPECT_FALSE(received->edge.known()); // a name
    const auto six = read("sip:a@b;alias=[2001:db8::1]~5061~3");
    ASSERT_TRUE(six);
    EXPECT_EQ(six->transport, base::Transport::Tls);
    EXPECT_EQ(six->userAgent.address, *base::Address::parse("2001:db8::1"));
    for (const auto *const bad :
         {"sip:a@b", "sip:a@b;alias=", "sip:a@b;alias=1.2.3.4~99999~1", "sip:a@b;alias=1.2.3.4~1~9",
          "sip:a@b;alias=x~1~1", "sip:a;received=sip:u@1.2.3.4", "sip:a;received=tel:1"})
        EXPECT_FALSE(read(bad)) << bad;
}

/// A REGISTER that reached the registrar with these Path values.
std::string refused439(std::string_view paths)
{
    constexpr std::string_view kAsks =
        R"("Supported: path, outbound" "Contact: <sip:bob@192.0.2.20>;reg-id=1;+sip.instance=\"<urn:uuid:1>\"")";
    return fmt::format("0.000 bob>edge REGISTER {0}\n0.001 edge>home REGISTER {0} {1}\n"
                       "0.002 home>edge 439\n0.003 edge>bob 439\n",
                       kAsks, paths);
}

TEST(FlowDisguise, A439IsJudgedByThePathThatWasThere)
{
    const auto fault = [](std::string_view paths) {
        const auto found = support::Folded(refused439(paths)).find("flow-439");
        return found ? found->fixes.front().party : std::string();
    };
    EXPECT_EQ(fault(R"("Path: <sip:a@192.0.2.2;lr;ob>")"), "home proxy");
    EXPECT_EQ(fault(R"("Path: <sip:192.0.2.9;lr>, <sip:a@192.0.2.2;lr;ob>")"), "home proxy");
    EXPECT_EQ(fault(R"("Path: <sip:192.0.2.9;lr;ob>, <sip:a@192.0.2.2;lr>")"), "edge proxy");
    EXPECT_THAT(textOf(support::Folded(refused439(R"("Path: <sip:a@192.0.2.2;lr>")")), "flow-439"),
                HasSubstr("has no ;ob"));
}

TEST(FlowDisguise, RepeatedTriesAreToldAsALoop)
{
    std::string talk;
    for (int i = 0; i < 4; ++i)
        talk += fmt::format("{0}.000 alice>home INVITE offer cseq={1} branch=t{1}\n"
                            "{0}.005 home>alice 430 tag=e{1}\n{0}.006 alice>home ACK cseq={1}\n",
                            i, i + 1);
    EXPECT_THAT(textOf(support::Folded(talk), "flow-430-initial"), HasSubstr("tried it 4 times"));
}

TEST(FlowDisguise, ARegistrarsOwnProbeIsNotACaller)
{
    const support::Folded folded(
        R"(0.000 home>edge OPTIONS "Route: <sip:MTIzNDU2Nzg5MAJ/AAABE8R/AAABiAc=@192.0.2.2;lr;ob>"
0.003 edge>home 430 tag=e
)");
    EXPECT_THAT(textOf(folded, "flow-430-initial"), HasSubstr("can drop the binding"));
    EXPECT_THAT(textOf(folded, "flow-430-initial"), Not(HasSubstr("cannot act")));
}

TEST(FlowDisguise, AReasonIsToldInWords)
{
    EXPECT_EQ(diagnosis::reasonText("Q.850;cause=34"), "Q.850;cause=34 (no circuit available)");
    EXPECT_EQ(diagnosis::reasonText("SIP;cause=486"), "SIP;cause=486 (Busy Here)");
    EXPECT_EQ(diagnosis::reasonText("Q.850;cause=999"), "Q.850;cause=999");
    EXPECT_EQ(diagnosis::reasonText("SIP;cause=99999"), "SIP;cause=99999");
}

TEST(FlowDisguise, OfAFastCodeItIsNotSaidWhoMadeItWhereThatIsNotSeen)
{
    const support::Folded folded("0.000 alice>home INVITE offer\n0.002 home>alice 403 tag=x "
                                 "\"Server: far-edge\"\n0.003 alice>home ACK\n");
    const auto evidence = folded.evidence(0);
    const auto out =
        diagnosis::explain(evidence, folded.row(403), diagnosis::diagnose(evidence).list);
    EXPECT_THAT(out.happened, HasSubstr("Who made it this hop does not tell"));
    EXPECT_THAT(out.happened, HasSubstr("far-edge"));
}

TEST(FlowDisguise, TheWordsOfACodeAreShownAndARegisterHasNoCaller)
{
    const support::Folded folded("0.000 bob>home REGISTER\n0.900 home>bob 503 tag=x\n");
    const auto evidence = folded.evidence(0);
    const auto out =
        diagnosis::explain(evidence, folded.row(503), diagnosis::diagnose(evidence).list);
    EXPECT_THAT(out.impact, HasSubstr("not registered"));
}

TEST(FlowDisguise, AnAnswerThatCameWhenTheCallerHadBeenToldIsNoSecondAnswer)
{
    const support::Folded folded(R"(
  0.000 alice>home INVITE offer
  0.001 home>bob INVITE offer
  8.000 home>alice 408 tag=h
  8.010 alice>home ACK
 30.000 bob>home 200 tag=b answer
 30.001 home>alice 200 tag=b answer
)");
    EXPECT_THAT(textOf(folded, "tx-final-conflict"), HasSubstr("had told the caller 408"));
}

/// Three connections of one registration that its edge ends, used all the time or not at all.
std::string ended(bool used, int timer = 0)
{
    std::string talk;
    for (int i = 0; i < 3; ++i) {
        const int start = i * 301, port = 40001 + i;
        const std::string contact = fmt::format(
            R"("Contact: <sip:bob@192.0.2.20:{};transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\"")",
            port);
        talk += fmt::format("{}.000 bob>edge REGISTER tcp call=r1 cseq={} sport={} \"Supported: "
                            "path, outbound\" {}\n",
                            start, i + 1, port, contact);
        talk += fmt::format(
            "{}.050 edge>bob 200 tcp call=r1 tag=r dport={} \"Require: outbound\" {} "
            "\"Expires: 7200\"{}\n",
            start, port, contact, timer == 0 ? "" : fmt::format(" \"Flow-Timer: {}\"", timer));
        for (int ping = 25; used && ping < 300; ping += 25)
            talk += fmt::format("{0}.000 bob>edge tcp ping sport={1}\n"
                                "{0}.010 edge>bob tcp pong dport={1}\n",
                                start + ping, port);
        talk += fmt::format("{}.000 edge>bob tcp fin dport={}\n", start + 300, port);
    }
    return talk;
}

TEST(FlowDisguise, AConnectionThatEndsByItsAgeIsNotIdle)
{
    const auto text = textOf(support::Folded(ended(true)), "flow-idle-kill");
    EXPECT_THAT(text, HasSubstr("a timer of 300 s"));
    EXPECT_THAT(text, HasSubstr("no keep-alive changes that"));
    EXPECT_THAT(textOf(support::Folded(ended(false)), "flow-idle-kill"),
                HasSubstr("without traffic"));
}

TEST(FlowDisguise, AnEdgeThatBreaksItsOwnFlowTimerIsToldSo)
{
    const auto found = support::Folded(ended(false, 600)).find("flow-idle-kill");
    ASSERT_TRUE(found);
    EXPECT_THAT(found->text, HasSubstr("had granted a Flow-Timer of 600"));
    EXPECT_EQ(found->fixes.front().party, "edge proxy");
}

} // namespace
