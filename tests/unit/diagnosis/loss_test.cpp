// SPDX-License-Identifier: Apache-2.0
// A capture that missed packets or bytes: no alarm is raised over what is not there, and nothing
// breaks.
#include <diagnosis/explain.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <random>

#include "folded.h"

namespace {

constexpr std::string_view kReliableCall = R"(
  0.000 alice>proxy INVITE offer "Supported: 100rel"
  0.001 proxy>alice 100
  0.002 proxy>bob INVITE sdp=0,8@alice "Supported: 100rel"
  0.003 bob>proxy 100
  0.200 bob>proxy 183 tag=b answer rseq=1
  0.201 proxy>alice 183 tag=b sdp=0@bob rseq=1
  0.210 alice>proxy PRACK tag=b rack=1/1
  0.211 proxy>bob PRACK tag=b rack=1/1
  0.212 bob>proxy 200 tag=b
  0.213 proxy>alice 200 tag=b
  0.230 bob>alice rtp 40 every=200
  2.000 bob>proxy 180 tag=b rseq=2
  2.001 proxy>alice 180 tag=b rseq=2
  2.010 alice>proxy PRACK tag=b rack=2/1 cseq=3
  2.011 proxy>bob PRACK tag=b rack=2/1 cseq=3
  2.012 bob>proxy 200 tag=b
  2.013 proxy>alice 200 tag=b
  3.000 bob>proxy 200 tag=b
  3.001 proxy>alice 200 tag=b
  3.010 alice>proxy ACK tag=b
  3.011 proxy>bob ACK tag=b
  3.020 alice>bob rtp 40 every=200
 90.000 alice>proxy BYE tag=b
 90.001 proxy>bob BYE tag=b
 90.002 bob>proxy 200 tag=b
 90.003 proxy>alice 200 tag=b
)";

constexpr std::string_view kForkedCall = R"(
  0.00 alice>proxy INVITE offer
  0.01 proxy>alice 407 tag=p "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n1\""
  0.02 alice>proxy ACK
  0.03 alice>proxy INVITE cseq=2 offer "Proxy-Authorization: Digest username=\"a\", realm=\"r\", nonce=\"n1\""
  0.04 proxy>alice 100
  0.20 proxy>alice 183 tag=b sdp=0@bob
  0.30 proxy>alice 180 tag=c
  0.40 bob>alice rtp 30 every=200
  7.00 proxy>alice 200 tag=c sdp=0@carol
  7.01 alice>proxy ACK tag=c cseq=2
  7.10 carol>alice rtp 20 every=200
  7.10 alice>carol rtp 20 every=200
 50.00 proxy>alice BYE reverse tag=c
 50.01 alice>proxy 200
)";

std::string alarms(const support::Folded &folded)
{
    std::string text;
    for (const auto &finding : folded.findings())
        if (finding.severity != diagnosis::Severity::Info)
            text += std::string(finding.rule) + ": " + finding.text + "\n";
    return text;
}

TEST(Loss, OfAnySinglePacket)
{
    for (const auto text : {kReliableCall, kForkedCall}) {
        const support::Conversation call(text);
        for (std::size_t missing = 0; missing <= call.packets().size(); ++missing) {
            std::size_t number = 0;
            const support::Folded folded(call,
                                         [&](const base::Packet &) { return number++ != missing; });
            EXPECT_EQ(alarms(folded), "") << "packet " << missing;
        }
    }
}

TEST(Loss, OfAThirdOfAllSignalling)
{
    std::mt19937 random(7);
    for (const auto text : {kReliableCall, kForkedCall}) {
        const support::Conversation call(text);
        for (int round = 0; round < 100; ++round) {
            const support::Folded folded(call, [&](const base::Packet &packet) {
                return packet.source.port != 5060 || random() % 3 != 0;
            });
            EXPECT_EQ(alarms(folded), "") << "round " << round;
        }
    }
}

TEST(Loss, DamagedBytesAreExplainedToo)
{
    std::mt19937 random(11);
    const auto damage = [&random](base::Packet packet) {
        std::string bytes(packet.payload.text());
        for (int i = 0; i < 3 && !bytes.empty(); ++i)
            bytes[random() % bytes.size()] = static_cast<char>(random());
        packet.payload =
            base::Blob::copy(bytes.substr(0, random() % 8 == 0 ? bytes.size() / 2 : bytes.size()));
        return packet;
    };
    for (const auto *const rule : diagnosis::rules::all())
        for (const auto text : {rule->firesOn, rule->quietOn}) {
            const support::Folded folded(support::Conversation(text), {}, damage);
            for (std::size_t call = 0; call < folded.calls(); ++call) {
                const auto evidence = folded.evidence(call);
                const auto findings = diagnosis::diagnose(evidence).list;
                for (const auto &entry : evidence.call.rows)
                    EXPECT_FALSE(
                        diagnosis::explain(evidence, entry.row, findings).happened.empty());
                for (std::uint32_t i = 0; i < evidence.call.earlyDialogs.size(); ++i)
                    EXPECT_EQ(diagnosis::earlyMediaVerdict(evidence, i).facts.size(), 5U);
            }
        }
}

/// The gap that three lost packets leave is no pause of the sender: the ladder and the rule state
/// one figure.
TEST(Loss, WhatIsToldIsWhatTheStreamCounted)
{
    std::string talk = "answered\n1.10 alice>bob rtp 600\n";
    for (int i = 0; i < 12; ++i) // 47 packets, then three that are missing
        talk += fmt::format("{:.2f} bob>alice rtp 47 sequence={} at={}\n", 1.1 + i, 50 * i, 50 * i);
    const support::Folded folded(talk + "35.00 tick\n");
    const auto loss = folded.find("rtp-loss");
    ASSERT_NE(loss, nullptr);
    const auto streams = folded.evidence().streams;
    const auto bad = std::find_if(streams.begin(), streams.end(),
                                  [](const auto &bound) { return bound.stream->lost != 0; });
    ASSERT_NE(bad, streams.end());
    EXPECT_EQ(bad->stream->lost, 33U);
    EXPECT_THAT(loss->text, testing::HasSubstr("Missing here: 33 of 597 packets"));
    EXPECT_THAT(loss->text, testing::HasSubstr("(5.5 %)"));
}

} // namespace
