// SPDX-License-Identifier: Apache-2.0
// Edges and registrars that answer beside the point, and user agents that do not wait.
#include "folded.h"

namespace {

constexpr std::string_view kRegistered = R"(
   0.00 bob>edge REGISTER tcp call=r1 sport=34567 "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
   0.05 edge>bob 200 tcp call=r1 dport=34567 tag=r "Require: outbound" "Flow-Timer: 30" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=600"
)";
constexpr std::string_view kOther = R"(
   0.10 bob>edge REGISTER tcp call=r2 sport=40000 "Supported: path, outbound" "Contact: <sip:eve@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:2>\""
   0.15 edge>bob 200 tcp call=r2 dport=40000 tag=r "Require: outbound" "Flow-Timer: 30" "Contact: <sip:eve@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:2>\";expires=600"
)";

std::string refusals(int count, double apart, int port = 41000)
{
    std::string out = "  10.00 edge>bob tcp dport=34567 reset\n";
    for (int i = 0; i < count; ++i)
        out += fmt::format("  {:.2f} edge>bob tcp dport={} reset\n", 11 + i * apart, port + i);
    return out + "  90.00 tick\n";
}

TEST(RetryStorm, ConnectionsThatAreRefusedEverySecondAreAttemptsToo)
{
    const support::Folded storm(std::string(kRegistered) + refusals(12, 1));
    EXPECT_TRUE(storm.has("flow-retry-storm"));
    const support::Folded calm(std::string(kRegistered) + refusals(3, 20));
    EXPECT_FALSE(calm.has("flow-retry-storm"));
}

TEST(RetryStorm, NobodyKnowsWhoseTheyAreBehindOneAddress)
{
    const support::Folded many(std::string(kRegistered) + std::string(kOther) + refusals(12, 1));
    EXPECT_FALSE(many.has("flow-retry-storm"));
}

TEST(OrphanResponse, UnderTheCallIdOrCSeqOfNobody)
{
    const support::Conversation spoken(R"(
  0.00 bob>edge REGISTER call=r1 "Contact: <sip:bob@192.0.2.20>;expires=600"
  0.05 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20>;expires=600"
  2.00 tick
)");
    const auto answeredWith = [&](std::string_view right, std::string_view wrong) {
        return support::Folded(spoken, {}, [=](base::Packet packet) {
            std::string text(packet.payload.text());
            if (const auto at = text.find(right); text.starts_with("SIP/2.0") && at != text.npos)
                packet.payload = base::Blob::copy(text.replace(at, right.size(), wrong));
            return packet;
        });
    };
    EXPECT_TRUE(answeredWith("Call-ID: r1", "Call-ID: no").has("tx-orphan-response"));
    EXPECT_TRUE(answeredWith("CSeq: 1 ", "CSeq: 9 ").has("tx-orphan-response"));
    EXPECT_FALSE(answeredWith("CSeq: 1 ", "CSeq: 1 ").has("tx-orphan-response"));
}

TEST(TokenRefused, WordsOfScreeningLeaveTheCauseOpen)
{
    const auto refused = [](const std::string &more) {
        return support::Folded("0.000 home>edge INVITE tcp \"Route: "
                               "<sip:AAECAwQFBgcICQLAAAICE8TAAAIUhwc=@192.0.2.2;lr;ob>\"\n0.010 "
                               "edge>home 403 tcp tag=e " +
                               more + "\n");
    };
    const auto plain = refused(""),
               screened = refused("\"Reason: SIP;cause=403;text=\\\"Blacklisted\\\"\"");
    const auto sure = plain.find("flow-403-token"), open = screened.find("flow-403-token");
    ASSERT_TRUE(sure && open);
    EXPECT_EQ(sure->grade, diagnosis::Grade::Likely);
    EXPECT_EQ(open->grade, diagnosis::Grade::CannotTell);
    EXPECT_NE(open->text.find("Blacklisted"), std::string::npos);
    EXPECT_EQ(open->text.find("Nobody is forbidden"), std::string::npos);
}

TEST(ContactAbsent, NoTimeLeftAndOthersDevicesBindNobody)
{
    const auto answered = [](const std::string &contact) {
        return support::Folded(
            R"(0.00 bob>edge REGISTER "Contact: <sip:bob@192.0.2.20>;reg-id=1;+sip.instance=\"<urn:uuid:1>\"")"
            "\n0.05 edge>bob 200 tag=r \"Contact: " +
            contact + "\"\n");
    };
    const std::string ours = R"(<sip:bob@192.0.2.20>;reg-id=1;+sip.instance=\"<urn:uuid:1>\")";
    EXPECT_FALSE(answered(ours + ";expires=600").has("reg-contact-absent"));
    EXPECT_TRUE(answered(ours + ";expires=0").has("reg-contact-absent"));
    EXPECT_TRUE(
        answered(R"(<sip:bob@192.0.2.77>;reg-id=9;+sip.instance=\"<urn:uuid:7>\";expires=60)")
            .has("reg-contact-absent"));
}

} // namespace
