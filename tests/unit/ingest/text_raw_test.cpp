// SPDX-License-Identifier: Apache-2.0
// The section of Wireshark's text that holds a message as it stood.
#include <gtest/gtest.h>
#include <sip/message.h>

#include "reading.h"

namespace {

using reading::read;

// What tshark -V prints with sip.display_raw_text: the same packet as a tree and as it stood.
TEST(TextRaw, rawTextOfWiresharkIsThePacketAboveOrOneOfItsOwn)
{
    const std::string raw = "Session Initiation Protocol (SIP as raw text)\n"
                            "    OPTIONS sip:b@example.test SIP/2.0\\r\\n\n"
                            "    Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\\r\\n\n"
                            "    Max-Forwards: 70\\r\\n\n"
                            "    From: <sip:a@example.test>;tag=a\\r\\n\n"
                            "    To: <sip:b@example.test>\\r\\n\n"
                            "    Call-ID: raw@example.test\\r\\n\n"
                            "    CSeq: 1 OPTIONS\\r\\n\n"
                            "    Content-Length: 0\\r\\n\n"
                            "    \\r\\n\n\n";
    const std::string tree = "Session Initiation Protocol (OPTIONS)\n"
                             "    Request-Line: OPTIONS sip:b@example.test SIP/2.0\n"
                             "        Method: OPTIONS\n"
                             "    Message Header\n"
                             "        Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\n"
                             "        Max-Forwards: 70\n"
                             "        From: <sip:a@example.test>;tag=a\n"
                             "        To: <sip:b@example.test>\n"
                             "        Call-ID: raw@example.test\n"
                             "        CSeq: 1 OPTIONS\n"
                             "        Content-Length: 0\n";
    const std::string frame = "Internet Protocol Version 4, Src: 192.0.2.1, Dst: 192.0.2.2\n"
                              "User Datagram Protocol, Src Port: 5060, Dst Port: 5070\n";
    const auto once = read(frame + tree + raw);
    ASSERT_EQ(once.packets.size(), 1U);
    const auto alone = read(frame + raw + frame + raw);
    ASSERT_EQ(alone.packets.size(), 2U);
    for (const auto &packet : alone.packets) {
        EXPECT_EQ(packet.source.text(), "192.0.2.1:5060");
        EXPECT_EQ(packet.destination.text(), "192.0.2.2:5070");
        const auto message = sip::parse(packet.payload.text());
        ASSERT_TRUE(message);
        EXPECT_TRUE(message->flaws.empty());
        EXPECT_EQ(message->value(sip::HeaderId::CallId), "raw@example.test");
    }
}

} // namespace
