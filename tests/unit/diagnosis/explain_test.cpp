// SPDX-License-Identifier: Apache-2.0
// What the explain panel says about rows of small conversations.
#include <diagnosis/explain.h>
#include <diagnosis/texts.h>
#include <sip/status.h>

#include "folded.h"

namespace {

constexpr std::string_view kToken = "MTIzNDU2Nzg5MAJ/AAABE8R/AAABiAc=";

diagnosis::Explanation explained(const support::Folded &folded, trace::RowId row)
{
    const auto evidence = folded.evidence();
    const auto findings = diagnosis::diagnose(evidence).list;
    auto out = diagnosis::explain(evidence, row, findings);
    for (std::size_t n = 1; n <= out.evidence.size(); ++n)
        EXPECT_NE(out.happened.find("[" + std::to_string(n) + "]"), std::string::npos)
            << n << ": " << out.happened;
    EXPECT_EQ(out.happened.find("[" + std::to_string(out.evidence.size() + 1) + "]"),
              std::string::npos)
        << out.happened;
    return out;
}

bool says(const diagnosis::Explanation &out, std::string_view text)
{
    return (out.happened + ' ' + out.actor + ' ' + out.expected).find(text) != std::string::npos;
}

TEST(Explain, WhoeverHandedAnAnswerOnAnsweredOnItsHop)
{
    const support::Folded folded(R"(
      0.00 alice>proxy INVITE offer uri=bob@example.test
      0.01 proxy>bob INVITE offer uri=bob@192.0.2.20
      1.00 bob>proxy 486 tag=b "Server: Desk"
      1.01 proxy>bob ACK tag=b
      1.02 proxy>alice 486 tag=b "Server: Desk"
      1.03 alice>proxy ACK tag=b
    )");
    const auto out = explained(folded, folded.row(486, 1));
    EXPECT_EQ(out.happened.find(support::spoken::host("proxy", 5060).text() + " answered INVITE"),
              0U)
        << out.happened;
    EXPECT_TRUE(says(out, "made further on, by 192.0.2.20:5060 (Desk)")) << out.happened;
}

TEST(Explain, EarlyMediaOfA183)
{
    const support::Folded folded(R"(
      0.000 alice>bob INVITE offer "Supported: 100rel"
      0.440 bob>alice 183 tag=b answer rseq=1 "Server: Gate 1"
      0.450 alice>bob PRACK tag=b rack=1/1
      0.460 bob>alice 200 tag=b
      0.486 bob>alice rtp 100
      4.440 bob>alice 200 tag=b
    )");
    const auto out = explained(folded, folded.row(183));
    EXPECT_EQ(out.title, "183 Session Progress");
    EXPECT_TRUE(says(
        out,
        "192.0.2.20:5060 (Gate 1) answered INVITE [1] with 183 Session Progress after 440 ms [2]"))
        << out.happened;
    EXPECT_TRUE(says(out, "PCMU at 192.0.2.20:5000 (sendrecv)")) << out.happened;
    EXPECT_TRUE(says(out, "RSeq 1 was acknowledged by PRACK")) << out.happened;
    EXPECT_TRUE(says(out, "the first packet 46 ms after this response")) << out.happened;
    EXPECT_TRUE(says(out, "the call got 200 OK")) << out.happened;
    EXPECT_NE(out.article.find("# 183 Session Progress"), std::string::npos);
    EXPECT_NE(out.summary.find("provisional, RFC 3261"), std::string::npos) << out.summary;
}

/// What a phone plays is one early dialog's; the explanation of another does not claim its media.
TEST(Explain, OfTwoForksOnlyTheOneThatIsHeardIsSaidToBeHeard)
{
    const std::string forks = R"(
      0.00 alice>bob INVITE offer
      0.20 bob>alice 183 tag=f1 answer
      0.21 bob>alice 183 tag=f2 sdp=0@gw
      0.30 gw>alice rtp 100 ssrc=2
    )";
    const support::Folded ours("own alice\n" + forks +
                               "0.50 bob>alice rtp 90 ssrc=1\n4.02 bob>alice 487 tag=f1\n");
    const auto quiet = explained(ours, ours.row(183));
    EXPECT_FALSE(says(quiet, "should hear this media")) << quiet.happened;
    EXPECT_TRUE(says(quiet, "that of To-tag f2 is what the caller hears")) << quiet.happened;
    EXPECT_TRUE(says(explained(ours, ours.row(183, 1)), "The caller should hear this media"));

    const support::Folded captured(forks + "4.02 bob>alice 487 tag=f1\n");
    const auto silent = explained(captured, captured.row(183));
    EXPECT_FALSE(says(silent, "should hear this media")) << silent.happened;
    EXPECT_TRUE(says(silent, "The media of another early dialog")) << silent.happened;
}

TEST(Explain, AnAckBeforeTheAnswerIsNotItsAck)
{
    const support::Folded folded(R"(
      0.000 alice>bob INVITE offer
      0.002 alice>bob ACK tag=b
      1.000 bob>alice 200 tag=b answer
    )");
    const auto out = explained(folded, folded.row(200));
    EXPECT_TRUE(says(out, "No ACK for it is in this trace.")) << out.happened;
}

TEST(Explain, SilenceIsNotClaimedWhereMediaCannotBeSeen)
{
    const support::Folded folded(R"(
      0.0 alice>bob INVITE offer
      0.2 bob>alice 183 tag=b answer
      9.0 bob>alice 200 tag=b answer
    )");
    EXPECT_TRUE(says(explained(folded, folded.row(183)), "cannot be told"));
    const auto finding = folded.find("em-183-sdp-no-rtp");
    ASSERT_NE(finding, nullptr);
    EXPECT_EQ(finding->grade, diagnosis::Grade::CannotTell);
    EXPECT_EQ(finding->severity, diagnosis::Severity::Info);
}

std::string failover(std::string_view end)
{
    return fmt::format(R"(
      0.000 bob>edge REGISTER tcp "Supported: path, outbound" "Contact: <sip:bob@127.0.0.1;transport=tcp>;reg-id=2;+sip.instance=\"<urn:uuid:1>\""
      0.001 edge>bob 200 tcp tag=r "Require: outbound" "Path: <sip:{0}@192.0.2.2;lr;ob>" "Contact: <sip:bob@127.0.0.1>;reg-id=2;expires=600"
      9.000 bob>edge tcp ping
      9.001 edge>bob tcp pong
     99.000 alice>home INVITE call=c2 offer
     99.001 home>edge INVITE call=c2 offer "Route: <sip:{0}@192.0.2.2;lr;ob>"
     99.003 edge>home 430 call=c2 tag=e "Server: edge 5" "Warning: 399 edge \"connection gone\""
     99.004 home>edge ACK call=c2
     {1}
    )",
                       kToken, end);
}

TEST(Explain, A430ThatAnotherFlowRepaired)
{
    const support::Folded folded(failover("99.005 home>edge2 INVITE call=c2 branch=x offer\n"
                                          "99.100 edge2>home 200 call=c2 tag=b answer\n"
                                          "99.101 home>alice 200 call=c2 tag=b answer"));
    const auto evidence = folded.evidence(1);
    const auto out =
        diagnosis::explain(evidence, folded.row(430), diagnosis::diagnose(evidence).list);
    EXPECT_TRUE(says(
        out, "192.0.2.2:5060 (edge 5) answered INVITE [1] with 430 Flow Failed after 2 ms [2]"))
        << out.happened;
    EXPECT_TRUE(says(out, "2 Via fields")) << out.happened;
    EXPECT_TRUE(
        says(out, "Route names flow TCP of user agent 127.0.0.1:34823 at edge 127.0.0.1:5060"))
        << out.happened;
    EXPECT_TRUE(says(out, "last pong 90.0 s before")) << out.happened;
    EXPECT_TRUE(says(out, "with reg-id 2")) << out.happened;
    EXPECT_TRUE(says(out, "sent the same request to 192.0.2.3:5060")) << out.happened;
    EXPECT_TRUE(says(out, "ended with 200 OK")) << out.happened;
    EXPECT_NE(out.impact.find("None for the caller"), std::string::npos) << out.impact;
    EXPECT_FALSE(out.fixes.empty());
    EXPECT_EQ(out.summary, "client error, RFC 5626; ends this request only");
}

TEST(Explain, A430ThatReachedTheCaller)
{
    const support::Folded folded(failover("99.005 home>alice 430 call=c2 tag=e"));
    const auto evidence = folded.evidence(1);
    const auto out =
        diagnosis::explain(evidence, folded.row(430, 1), diagnosis::diagnose(evidence).list);
    EXPECT_TRUE(says(out, "a single Via field: the code reached the user agent itself"))
        << out.happened;
    // The proxy in front of the caller has lost nothing: it is the edge's connection that is gone.
    EXPECT_TRUE(says(out, "It handed on what 192.0.2.2:5060 (edge 5) had answered 2 ms before"))
        << out.happened;
    EXPECT_TRUE(
        says(out, "Route names flow TCP of user agent 127.0.0.1:34823 at edge 127.0.0.1:5060"))
        << out.happened;
    EXPECT_FALSE(says(out, "No flow token is visible")) << out.happened;
    EXPECT_FALSE(says(out, "connection that 192.0.2.1")) << out.happened;
    const auto deeper =
        diagnosis::explain(evidence, folded.row(430), diagnosis::diagnose(evidence).list);
    EXPECT_TRUE(says(deeper, "No attempt on another flow of the target is in this trace"))
        << deeper.happened;
}

TEST(Explain, HiddenFlowFailureBehindAnotherCode)
{
    const support::Folded folded(fmt::format(R"(
      0.000 home>edge INVITE offer "Route: <sip:{}@192.0.2.2;lr;ob>"
      0.002 edge>home 477 tag=e
    )",
                                             kToken));
    const auto out = explained(folded, folded.row(477));
    EXPECT_TRUE(says(out, "RFC 5626 wants 430 there")) << out.happened;
}

/// A call to an address of ours that never came in, though a flow of ours is up.
TEST(Explain, AMissingInboundCallMayHideADeadFlow)
{
    const std::string up = R"(
own bob
0.00 bob>edge REGISTER tcp call=r1 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
0.05 edge>bob 200 tcp call=r1 tag=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
0.06 bob>edge flow up
5.00 alice>edge INVITE offer
)";
    const std::string brought = "5.01 edge>bob INVITE tcp offer\n5.20 bob>edge 480 tcp tag=b\n";
    const auto told = [](const support::Folded &folded, int status) {
        const auto evidence = folded.evidence(1); // behind the registration
        return diagnosis::explain(evidence, folded.row(status), diagnosis::diagnose(evidence).list);
    };
    for (const int status : {480, 408, 404, 403, 486}) {
        const auto refused = fmt::format("5.50 edge>alice {} tag=e\n", status);
        const support::Folded missed(up + refused);
        const auto out = told(missed, status);
        EXPECT_EQ(says(out, "the call did not come in"), status != 403 && status != 486)
            << status << out.happened;
    }
    const support::Folded came(up + brought + "5.50 edge>alice 480 tag=b\n");
    EXPECT_FALSE(says(told(came, 480), "the call did not come in"));
}

/// Each flow's REGISTER is answered for itself; a call to the account would need the dead one.
TEST(Explain, AnotherDeadFlowRefusesNoRegister)
{
    const std::string dead = "own bob\n0.00 bob>edge2 flow failed reg=2 port=5062\n";
    const support::Folded registering(dead + R"(
0.10 bob>edge flow registering
0.20 bob>edge REGISTER tcp uri=bob@example.test "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
0.21 edge>bob 403 tcp tag=r
)");
    const auto refused = explained(registering, registering.row(403));
    EXPECT_FALSE(says(refused, "was in doubt or down")) << refused.happened;
    const support::Folded calling(dead + R"(
0.20 alice>edge INVITE offer uri=bob@example.test
0.21 edge>alice 403 tag=r
)");
    const auto call = explained(calling, calling.row(403));
    EXPECT_TRUE(says(call, "was in doubt or down")) << call.happened;
}

TEST(Explain, ChallengeAndWhatFollowed)
{
    const support::Folded folded(R"(
      0.00 alice>proxy INVITE offer
      0.01 proxy>alice 407 tag=p "Proxy-Authenticate: Digest realm=\"example.test\", nonce=\"n\", algorithm=SHA-256"
      0.02 alice>proxy ACK
      0.03 alice>proxy INVITE cseq=2 offer "Proxy-Authorization: Digest username=\"alice\", realm=\"example.test\", nonce=\"n\""
      0.90 proxy>alice 486 tag=b "Reason: Q.850;cause=17"
    )");
    const auto challenge = explained(folded, folded.row(407));
    EXPECT_TRUE(says(challenge, "realm \"example.test\", algorithm SHA-256")) << challenge.happened;
    EXPECT_TRUE(says(challenge, "carried credentials and was answered 486 Busy Here"))
        << challenge.happened;
    const auto busy = explained(folded, folded.row(486));
    EXPECT_TRUE(says(busy, "Its Reason reads: Q.850;cause=17")) << busy.happened;
    EXPECT_EQ(busy.impact, "Busy tone.");
}

TEST(Explain, RequestAndLocalEvent)
{
    const support::Folded folded(R"(
      0.00 alice>bob INVITE offer
      0.01 local refused "192.0.2.20:5060 refused the connection." code=503
    )");
    const auto request = explained(folded, folded.row(0));
    EXPECT_EQ(request.title, "INVITE");
    EXPECT_TRUE(says(request, "It failed locally after 10 ms")) << request.happened;
    const auto event = explained(folded, {1});
    EXPECT_EQ(event.code, 503);
    EXPECT_TRUE(says(event, "nobody sent that")) << event.happened;
}

TEST(Explain, EveryCodeHasItsArticleAndFacts)
{
    for (const auto &status : sip::statuses()) {
        const auto out = diagnosis::explainCode(status.code);
        EXPECT_EQ(out.title, std::to_string(status.code) + " " + std::string(status.phrase));
        EXPECT_NE(out.article.find("# " + out.title), std::string::npos) << status.code;
        EXPECT_FALSE(out.impact.empty()) << status.code;
        EXPECT_FALSE(out.fixes.empty()) << status.code;
    }
    EXPECT_NE(diagnosis::explainCode(499).article.find("# 400 Bad Request"), std::string::npos);
    EXPECT_TRUE(diagnosis::explainCode(799).article.empty());
}

TEST(Compare, AnyTwoCodes)
{
    const auto rows = diagnosis::compareCodes(183, 430);
    ASSERT_GE(rows.size(), 9U);
    for (const auto &row : rows)
        EXPECT_TRUE(!row.aspect.empty() && !row.left.empty() && !row.right.empty()) << row.aspect;
    EXPECT_EQ(rows[1].left, "provisional");
    EXPECT_EQ(rows[1].right, "client error");
    EXPECT_FALSE(diagnosis::compareCodes(486, 699).empty());
}

} // namespace
