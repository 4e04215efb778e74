// SPDX-License-Identifier: Apache-2.0
// What was true of a flow while it was registered is judged after its user agent has left as well.
#include "folded.h"

#include <fmt/format.h>

namespace {

using support::Folded;

std::string registers(double when, int cseq, int port, std::string_view grant, int expires = 600)
{
    const auto contact = fmt::format(R"("Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;)"
                                     R"(+sip.instance=\"<urn:uuid:1>\";expires={}")",
                                     expires);
    return fmt::format("{0:.3f} bob>edge REGISTER tcp call=r1 cseq={1} sport={2} "
                       "\"Supported: path, outbound\" {3}\n"
                       "{4:.3f} edge>bob 200 tcp call=r1 dport={2} tag=r {5} {6}\n",
                       when, cseq, port, contact, when + 0.05, grant,
                       expires == 0 ? std::string() : contact);
}

constexpr std::string_view kGranted = "\"Require: outbound\"";
constexpr std::string_view kTimed = "\"Require: outbound\" \"Flow-Timer: 30\"";

std::string leaves(double when, int cseq, int port = 5060)
{
    return registers(when, cseq, port, {}, 0) +
           fmt::format("{:.3f} bob>edge tcp fin sport={}\n", when + 0.1, port);
}

std::string pings(std::initializer_list<int> times, bool answered = false, int port = 5060)
{
    std::string out;
    for (const int time : times) {
        out += fmt::format("{} bob>edge tcp ping sport={}\n", time, port);
        if (answered)
            out += fmt::format("{}.05 edge>bob tcp pong dport={}\n", time, port);
    }
    return out;
}

TEST(FlowHistory, PongsThatNeverCameAreToldAfterTheLeave)
{
    const auto silent = [](bool own, bool answered) {
        return (own ? "own bob\n" : "") + registers(0, 1, 5060, kGranted) +
               (own ? "0.1 bob>edge flow up\n" : "") + pings({30, 60}, answered) +
               registers(100, 2, 5060, kGranted) + pings({130}, answered) + leaves(145, 3) +
               (own ? "145.2 bob>edge flow off\n" : "") + "150 tick\n";
    };
    for (const bool own : {false, true}) {
        EXPECT_TRUE(Folded(silent(own, false)).has("flow-pong-never")) << own;
        EXPECT_FALSE(Folded(silent(own, true)).has("flow-pong-never")) << own;
    }
    // Nothing was promised when it went without.
    EXPECT_FALSE(Folded(registers(0, 1, 5060, {}) + pings({30, 60}) +
                        registers(100, 2, 5060, kGranted) + leaves(145, 3) + "150 tick\n")
                     .has("flow-pong-never"));
}

TEST(FlowHistory, AnAnsweredConnectionDoesNotSpeakForTheOneBefore)
{
    const auto second = registers(120, 3, 5062, kGranted) + pings({130, 150}, true, 5062);
    EXPECT_TRUE(Folded(registers(0, 1, 5060, kGranted) + pings({30, 60}) +
                       registers(100, 2, 5060, kGranted) + "101 edge>bob tcp fin\n" + second)
                    .has("flow-pong-never"));
    EXPECT_FALSE(Folded(registers(0, 1, 5060, kGranted) + pings({10}, true) + pings({30, 60}) +
                        registers(100, 2, 5060, kGranted) + "101 edge>bob tcp fin\n" + second)
                     .has("flow-pong-never"))
        << "it had answered one";
}

TEST(FlowHistory, TheFlowTimerThatWasInForceCounts)
{
    const auto slow = registers(0, 1, 5060, kTimed) + pings({60, 120, 180}, true);
    const Folded left(slow + leaves(200, 2));
    const auto found = left.find("flow-timer-violated");
    ASSERT_NE(found, nullptr);
    ASSERT_EQ(found->evidence.size(), 3U);
    EXPECT_NE(left.trace().text(found->evidence[2].row).find("Flow-Timer: 30"),
              std::string_view::npos)
        << "the 2xx that granted it, not the newest";
    // Slower keep-alives are right once a longer time is granted, and before any is.
    const std::string longer = "\"Require: outbound\" \"Flow-Timer: 70\"";
    EXPECT_FALSE(Folded(registers(0, 1, 5060, longer) + pings({60, 120, 180}, true) +
                        registers(190, 2, 5060, kTimed) + leaves(200, 3))
                     .has("flow-timer-violated"));
    EXPECT_FALSE(Folded(registers(0, 1, 5060, kTimed) + leaves(5, 2) + pings({60, 120, 180}, true))
                     .has("flow-timer-violated"));
}

TEST(FlowHistory, TheOneFlowThatWasLeftIsToldAfterBothAreOff)
{
    const std::string lame = "own bob\n" + registers(0, 1, 5060, kGranted) +
                             "0.1 bob>edge flow up\n0.2 bob>edge2 flow failed reg=2\n";
    const std::string off = "20.2 bob>edge flow off\n20.3 bob>edge2 flow off reg=2\n";
    const Folded left(lame + leaves(20, 2) + off);
    const auto found = left.find("flow-single");
    ASSERT_NE(found, nullptr);
    EXPECT_NE(found->text.find("is FAILED [2]"), std::string::npos) << found->text;
    EXPECT_FALSE(
        Folded(lame + "2 bob>edge2 flow up reg=2\n" + leaves(20, 2) + off).has("flow-single"));
}

TEST(FlowHistory, TheEdgeEndsConnectionsOfOursThatHadOtherSocketsThen)
{
    std::string all = "own bob\n";
    for (int i = 0; i < 4; ++i) {
        const int port = 5071 + i;
        all += registers(70.0 * i, i + 1, port, kGranted) +
               fmt::format("{:.2f} bob>edge flow up port={}\n", 70.0 * i + 0.1, port);
        if (i < 3)
            all += fmt::format("{:.2f} edge>bob tcp fin dport={}\n", 70.0 * i + 60.05, port);
    }
    EXPECT_TRUE(Folded(all + leaves(250, 9, 5074)).has("flow-idle-kill"));
}

TEST(FlowHistory, WhoLeavesHasNotGivenUp)
{
    const auto other = [](double when, int cseq) {
        return fmt::format(
            "{0} carol>edge REGISTER tcp call=r3 cseq={1} \"Supported: path, outbound\" "
            "\"Contact: <sip:carol@192.0.2.30;transport=tcp>;reg-id=1;"
            "+sip.instance=\\\"<urn:uuid:3>\\\"\"\n"
            "{0}.05 edge>carol 200 tcp call=r3 tag=r \"Require: outbound\" "
            "\"Contact: <sip:carol@192.0.2.30;transport=tcp>;reg-id=1;"
            "+sip.instance=\\\"<urn:uuid:3>\\\";expires=7200\"\n",
            when, cseq);
    };
    EXPECT_FALSE(Folded(registers(0, 1, 5060, kGranted) + other(2, 1) + leaves(60, 2) +
                        other(100, 2) + "2400 tick\n")
                     .has("flow-gave-up"));
}

/// A user agent that registers straight at the registrar has no token: the connections tell.
TEST(ParallelFork, OneInviteOverTwoOwnFlowsIsSeenWithoutTokens)
{
    const auto flow = [](int regId, int port, std::string_view edge) {
        const auto contact = fmt::format(R"("Contact: <sip:bob@192.0.2.20;transport=tcp>;)"
                                         R"(reg-id={};+sip.instance=\"<urn:uuid:1>\"")",
                                         regId);
        return fmt::format("{0} bob>{4} REGISTER tcp call=r{0} sport={1} "
                           "\"Supported: path, outbound\" {2}\n"
                           "{0}.05 {4}>bob 200 tcp call=r{0} dport={1} tag=r {3} {2}\n"
                           "{0}.06 bob>{4} flow up reg={0} port={1}\n",
                           regId, port, contact, kGranted, edge);
    };
    const auto call = [](double when, int port, std::string_view branch, std::string_view edge) {
        return fmt::format("{:.3f} {}>bob INVITE tcp offer dport={} branch={}\n", when, edge, port,
                           branch);
    };
    for (const bool own : {true, false}) {
        for (const std::string second : {"edge", "edge2"}) {
            const std::string flows = (own ? "own bob\n" : "") + flow(1, 5071, "edge") +
                                      flow(2, 5072, second) + call(5, 5071, "one", "edge");
            const std::string rings = "5.100 bob>edge 180 tcp tag=b sport=5071\n";
            EXPECT_TRUE(Folded(flows + call(5.001, 5072, "two", second) + rings)
                            .has("flow-parallel-same-instance"))
                << own << second;
            EXPECT_FALSE(Folded(flows + "5.010 bob>edge 480 tcp tag=b sport=5071\n" +
                                call(5.02, 5072, "two", second))
                             .has("flow-parallel-same-instance"))
                << "one after the other";
        }
    }
}

} // namespace
