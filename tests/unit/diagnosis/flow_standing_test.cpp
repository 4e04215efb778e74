// SPDX-License-Identifier: Apache-2.0
// What became of a flow that was only seen on the wire.
#include <flows/flow_table.h>
#include <flows/standing.h>
#include <gtest/gtest.h>
#include <sip/framer.h>
#include <support/conversation.h>

namespace {

using flows::Standing;

constexpr std::string_view kFirst = R"(
  0.000 bob>edge REGISTER tcp call=r "Supported: path, outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\""
  0.050 edge>bob 200 tcp call=r "Require: outbound" "Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=60"
)";

/// The standing of the first flow when the conversation ends.
flows::FlowStanding after(const std::string &rest)
{
    const support::Conversation spoken(std::string(kFirst) + rest);
    EXPECT_EQ(spoken.error(), "");
    trace::Trace trace;
    flows::FlowTable table(trace);
    base::Instant now;
    for (const base::Packet &packet : spoken.packets()) {
        now = packet.time;
        const auto text = packet.payload.text();
        const auto message = sip::parse(text);
        const auto kind = packet.kind == base::PacketKind::StreamFin ? trace::RowKind::Fin
                          : packet.kind == base::PacketKind::Local   ? trace::RowKind::Local
                          : text == "\r\n\r\n"                       ? trace::RowKind::Ping
                          : text == "\r\n"                           ? trace::RowKind::Pong
                                                                     : trace::RowKind::Message;
        table.add(trace.add(kind, packet, text, message ? &*message : nullptr),
                  message ? &*message : nullptr);
    }
    const auto all = table.all();
    EXPECT_FALSE(all.empty());
    return all.empty() ? flows::FlowStanding{} : flows::standingOf(*all.front(), all, now);
}

TEST(Standing, aFlowIsRegisteredUntilSomethingElseIsSeen)
{
    const auto standing = after("30.0 tick\n");
    EXPECT_EQ(standing.what, Standing::Registered);
    EXPECT_EQ(standing.since - support::Conversation::kStart, std::chrono::milliseconds(50));
}

TEST(Standing, closedAndExpired)
{
    EXPECT_EQ(after("30.0 bob>edge tcp fin\n").what, Standing::Closed);
    const auto expired = after("90.0 tick\n");
    EXPECT_EQ(expired.what, Standing::Expired);
    EXPECT_EQ(expired.since - support::Conversation::kStart, std::chrono::milliseconds(60'050));
}

TEST(Standing, noPongIsAFailureUntilTheNextOne)
{
    const auto failed = after("20.0 bob>edge tcp ping\n31.0 tick\n");
    EXPECT_EQ(failed.what, Standing::Failed);
    EXPECT_EQ(failed.since - support::Conversation::kStart, std::chrono::seconds(30));
    EXPECT_NE(failed.reason.find("no pong"), std::string::npos);
    EXPECT_EQ(after("20.0 bob>edge tcp ping\n31.0 edge>bob tcp pong\n").what, Standing::Registered);
}

TEST(Standing, theRegistrarsRefusal)
{
    const std::string again = "30.0 bob>edge REGISTER tcp call=r cseq=2 \"Supported: outbound\" "
                              "\"Contact: <sip:bob@192.0.2.20;transport=tcp>;reg-id=1;"
                              "+sip.instance=\\\"<urn:uuid:1>\\\"\"\n";
    EXPECT_EQ(after(again + "30.1 edge>bob 403 tcp call=r\n").what, Standing::Failed);
    EXPECT_EQ(after(again + "30.1 edge>bob 503 tcp call=r\n").what, Standing::Registered);
}

TEST(Standing, theSameRegIdOverAnotherConnectionReplacesIt)
{
    const std::string other =
        "30.0 bob>edge2 REGISTER tcp call=q \"Supported: outbound\" \"Contact: "
        "<sip:bob@192.0.2.20;transport=tcp>;reg-id=REG;+sip.instance=\\\"<urn:uuid:1>\\\"\"\n"
        "30.1 edge2>bob 200 tcp call=q \"Require: outbound\" \"Contact: "
        "<sip:bob@192.0.2.20;transport=tcp>;reg-id=REG;+sip.instance=\\\"<urn:uuid:1>\\\";"
        "expires=60\"\n";
    const auto with = [&](std::string text, const std::string &regId) {
        for (auto at = text.find("REG;"); at != std::string::npos; at = text.find("REG;"))
            text.replace(at, 3, regId);
        return after(text);
    };
    const auto replaced = with(other, "1");
    EXPECT_EQ(replaced.what, Standing::Replaced);
    EXPECT_NE(replaced.reason.find("192.0.2."), std::string::npos);
    EXPECT_EQ(with(other, "2").what, Standing::Registered);
}

} // namespace
