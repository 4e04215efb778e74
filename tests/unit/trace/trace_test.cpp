// SPDX-License-Identifier: Apache-2.0
#include <support/wire.h>

#include <atomic>
#include <gtest/gtest.h>
#include <thread>

namespace {

using support::Wire;
using trace::RowKind;

base::Packet packetOf(std::string_view text, base::Origin origin)
{
    base::Packet packet;
    packet.time = base::Instant{5};
    packet.origin = origin;
    packet.source = Wire::at("192.0.2.1:5060");
    packet.destination = Wire::at("[2001:db8::1]:5061");
    packet.payload = base::Blob::copy(text);
    return packet;
}

TEST(Trace, FilesWhatAMessageSaysOfItself)
{
    Wire wire;
    const auto text = support::response(183, "INVITE", {.fromTag = "a", .toTag = "b", .cseq = 77});
    const auto id = wire.send("192.0.2.2:5060", "192.0.2.1:5060", text);
    const auto &row = wire.trace.row(id);
    EXPECT_EQ(row.status, 183);
    EXPECT_EQ(row.method, sip::Method::Invite);
    EXPECT_EQ(row.cseq, 77U);
    EXPECT_EQ(row.kind, RowKind::Message);
    EXPECT_EQ(wire.trace.text(id), text);
    EXPECT_EQ(wire.trace.callId(row.call), "call-1");
    EXPECT_EQ(wire.trace.tag(row.fromTag), "a");
    EXPECT_EQ(wire.trace.tag(row.toTag), "b");
    EXPECT_EQ(wire.trace.source(id).text(), "192.0.2.2:5060");
    EXPECT_EQ(wire.trace.destination(id).text(), "192.0.2.1:5060");
    ASSERT_TRUE(wire.trace.message(id));
    EXPECT_EQ(wire.trace.message(id)->status, 183);
    EXPECT_EQ(wire.trace.local(id), nullptr);
}

TEST(Trace, TellsWhichHeadersNeedNotBeLookedFor)
{
    trace::Trace trace;
    const auto filed = [&](RowKind kind, std::string_view text) {
        sip::Digest digest;
        EXPECT_TRUE(sip::readDigest(text, digest));
        trace.hashNames(digest);
        const auto packet = packetOf(text, base::Origin::Tap);
        return trace.row(trace.add(kind, packet, text, digest));
    };
    const std::string head =
        "BYE sip:c@d SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK4\r\nFrom: <sip:a@b>;tag=1\r\n"
        "To: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 3 BYE\r\nReason: Q.850\r\n\r\n";
    const trace::Row whole = filed(RowKind::Message, head);
    EXPECT_TRUE(whole.mayHave(sip::HeaderId::Reason));
    EXPECT_FALSE(whole.mayHave(sip::HeaderId::Authorization));
    EXPECT_TRUE(whole.mayHave(sip::HeaderId::Subject)); // nobody keeps a mark of it
    EXPECT_EQ(whole.bodyAt, head.size());
    EXPECT_EQ(whole.body(), "");
    // The line that a cut goes through is one of any header.
    EXPECT_TRUE(filed(RowKind::Cut, head).mayHave(sip::HeaderId::Authorization));
    EXPECT_EQ(filed(RowKind::Message, head + "v=0\r\n").body(), "v=0\r\n");
    EXPECT_EQ(trace.callId(whole.call), "x");
    EXPECT_EQ(filed(RowKind::Message, head).call, whole.call);
}

TEST(Trace, KnowsANameWhoeverHashedIt)
{
    Wire wire;
    sip::Digest hashed, plain;
    hashed.callId = plain.callId = "one@host";
    hashed.fromTag = plain.fromTag = "a";
    wire.trace.hashNames(hashed);
    const auto packet = packetOf("x", base::Origin::Tap);
    for (unsigned step = 0; step < trace::Trace::kSteps; ++step)
        wire.trace.expect(hashed, step); // of names that nobody knows as yet
    const auto first = wire.trace.add(RowKind::Message, packet, "x", hashed);
    const auto second = wire.trace.add(RowKind::Message, packet, "x", plain);
    for (unsigned step = 0; step < trace::Trace::kSteps; ++step)
        wire.trace.expect(hashed, step);
    EXPECT_EQ(wire.trace.row(first).call, wire.trace.row(second).call);
    EXPECT_EQ(wire.trace.row(first).fromTag, wire.trace.row(second).fromTag);
    EXPECT_EQ(wire.trace.callId(wire.trace.row(first).call), "one@host");
}

TEST(Trace, InternsEachNameOnce)
{
    Wire wire;
    const auto first = wire.send("192.0.2.1:1", "192.0.2.2:2", support::request("INVITE"));
    const auto second =
        wire.send("192.0.2.1:1", "192.0.2.2:2", support::request("INVITE", {.toTag = "alice"}));
    const auto back = wire.send("192.0.2.2:2", "192.0.2.1:1",
                                support::response(200, "INVITE", {.callId = "other"}));
    const auto &a = wire.trace.row(first), &b = wire.trace.row(second), &c = wire.trace.row(back);
    EXPECT_EQ(a.call, b.call);
    EXPECT_NE(a.call, c.call);
    EXPECT_EQ(a.fromTag, b.toTag);
    EXPECT_EQ(a.toTag, 0U);
    EXPECT_EQ(a.pair, b.pair);
    EXPECT_NE(a.pair, c.pair);
}

TEST(Trace, CopiesLiveTextAndBorrowsFromFiles)
{
    const auto text = support::request("OPTIONS");
    trace::Trace trace;
    std::weak_ptr<const void> fileOwner, liveOwner;
    trace::RowId borrowed, copied;
    {
        const auto file = packetOf("xx" + text + "yy", base::Origin::Capture);
        fileOwner = file.payload.owner();
        borrowed =
            trace.add(RowKind::Message, file, file.payload.text().substr(2, text.size()), nullptr);
        EXPECT_EQ(trace.row(borrowed).text, file.payload.text().data() + 2);
        EXPECT_EQ(trace.bytesKept(), 0U);
        trace.add(RowKind::Message, file, file.payload.text().substr(3, 4), nullptr);
        EXPECT_EQ(fileOwner.use_count(), 2) << "one owner kept, however many rows";

        const auto live = packetOf(text, base::Origin::Tap);
        liveOwner = live.payload.owner();
        copied = trace.add(RowKind::Message, live, live.payload.text(), nullptr);
        const std::string reassembled = text;
        trace.add(RowKind::Message, file, reassembled, nullptr);
    }
    EXPECT_FALSE(fileOwner.expired());
    EXPECT_TRUE(liveOwner.expired());
    EXPECT_EQ(trace.text(borrowed), text);
    EXPECT_EQ(trace.text(copied), text);
    EXPECT_EQ(trace.bytesKept(), 2 * text.size());
}

TEST(Trace, KeepsLocalEventsWithTheirCall)
{
    Wire wire;
    const auto invite = wire.send("192.0.2.1:1", "192.0.2.2:2", support::request("INVITE"));
    const auto event = wire.local(base::LocalKind::TimedOut, 408, "call-1", "bob");
    const auto other = wire.local(base::LocalKind::NoAudioDevice, 0, "");
    ASSERT_NE(wire.trace.local(event), nullptr);
    EXPECT_EQ(wire.trace.local(event)->code, 408);
    EXPECT_EQ(wire.trace.row(event).call, wire.trace.row(invite).call);
    EXPECT_EQ(wire.trace.tag(wire.trace.row(event).toTag), "bob");
    EXPECT_FALSE(wire.trace.row(other).call.valid());
    EXPECT_EQ(wire.trace.local(other)->kind, base::LocalKind::NoAudioDevice);
    EXPECT_FALSE(wire.trace.message(event));
}

TEST(Trace, KeepsRowsThatHoldNoMessage)
{
    Wire wire;
    const auto ping = wire.mark(RowKind::Ping, "192.0.2.1:1", "192.0.2.2:2");
    EXPECT_FALSE(wire.trace.message(ping));
    EXPECT_FALSE(wire.trace.row(ping).call.valid());
    EXPECT_EQ(wire.trace.size(), 1U);
    EXPECT_EQ(wire.trace.text(trace::RowId{}), "");
    EXPECT_FALSE(wire.trace.message(trace::RowId{9}));
    EXPECT_FALSE(wire.trace.source(trace::RowId{9}).known());
    EXPECT_EQ(wire.trace.callId({}), "");
    EXPECT_EQ(wire.trace.tag(12345), "");
}

TEST(Trace, CountsWhatItRefusesBeyondItsLimits)
{
    trace::Limits limits;
    limits.rows = 5;
    limits.callIds = 2;
    limits.tags = 3; // one of them is "no tag"
    limits.pairs = 2;
    trace::Trace trace(limits);
    for (int i = 0; i < 7; ++i) {
        const auto text = support::request(
            "INVITE", {.callId = "c" + std::to_string(i), .fromTag = "f" + std::to_string(i)});
        auto packet = packetOf(text, base::Origin::Tap);
        packet.source.port = static_cast<std::uint16_t>(i + 1);
        const auto message = sip::parse(packet.payload.text());
        const auto id = trace.add(RowKind::Message, packet, packet.payload.text(), &*message);
        ASSERT_EQ(id.valid(), i < 5);
        if (id.valid()) {
            EXPECT_EQ(trace.row(id).call.valid(), i < 2);
            EXPECT_EQ(trace.row(id).fromTag != 0, i < 2);
            EXPECT_EQ(trace.source(id).known(), i < 1);
            EXPECT_EQ(trace.text(id), text);
        }
    }
    const auto refused = trace.refused();
    EXPECT_EQ(refused.rows, 2U);
    EXPECT_EQ(refused.callIds, 3U);
    EXPECT_EQ(refused.tags, 3U);
    EXPECT_EQ(refused.pairs, 4U);
    EXPECT_EQ(refused.texts, 0U);
}

TEST(Trace, RefusesTextBeyondItsBytesButKeepsTheRow)
{
    trace::Limits limits;
    limits.bytes = 100;
    trace::Trace trace(limits);
    const auto packet = packetOf(std::string(80, 'x'), base::Origin::Tap);
    const auto first = trace.add(RowKind::Garbage, packet, packet.payload.text(), nullptr);
    const auto second = trace.add(RowKind::Garbage, packet, packet.payload.text(), nullptr);
    EXPECT_EQ(trace.text(first).size(), 80U);
    EXPECT_EQ(trace.text(second).size(), 0U);
    EXPECT_EQ(trace.refused().texts, 1U);
    EXPECT_EQ(trace.bytesKept(), 80U);
}

TEST(Trace, IsReadByOthersWhileItGrows)
{
    Wire wire;
    constexpr std::size_t kRows = 30'000;
    std::atomic<bool> wrong{false};
    std::thread reader([&] {
        std::size_t checked = 0;
        while (checked < kRows) {
            const std::size_t size = wire.trace.size();
            for (; checked < size; ++checked) {
                const trace::RowId id{static_cast<std::uint32_t>(checked)};
                const auto &row = wire.trace.row(id);
                const std::string expected = "call-" + std::to_string(row.cseq % 500);
                if (row.cseq != checked || wire.trace.callId(row.call) != expected ||
                    wire.trace.text(id).find(expected) == std::string_view::npos ||
                    wire.trace.source(id).port == 0)
                    wrong = true;
            }
            std::this_thread::yield();
        }
    });
    for (std::size_t i = 0; i < kRows; ++i) {
        const auto number = static_cast<int>(i);
        wire.send("192.0.2.1:" + std::to_string(1 + i % 60'000), "192.0.2.2:5060",
                  support::request("OPTIONS", {.callId = "call-" + std::to_string(number % 500),
                                               .cseq = number}));
    }
    reader.join();
    EXPECT_FALSE(wrong);
    EXPECT_EQ(wire.trace.size(), kRows);
}

} // namespace
