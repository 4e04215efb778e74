// SPDX-License-Identifier: Apache-2.0
// What a pcapng file says besides its packets: comments, names.
#include "reading.h"

namespace {

using reading::read;
using reading::Read;
using support::endpoint;

const base::Endpoint kAlice = endpoint("192.0.2.1:5060"), kBob = endpoint("192.0.2.2:5060");

std::string frame(std::string_view text)
{
    return support::ethernet(support::udp(kAlice, kBob, text));
}

std::string noteOf(const base::Packet &packet)
{
    return packet.local ? packet.local->sentence : "(no note)";
}

class NgBlocks : public testing::TestWithParam<bool>
{
protected:
    support::Writer w{GetParam()};
};

TEST_P(NgBlocks, packetCommentsGoWithTheirPacket)
{
    const Read out =
        read(support::sectionBlock(w) + support::interfaceBlock(w, 1) +
             support::packetBlock(w, 0, 1, frame("one"), 0,
                                  support::option(w, 2, std::string(4, '\0')) +
                                      support::option(w, 1, "first line") +
                                      support::option(w, 1, "second") + support::option(w, 0, "")) +
             support::packetBlock(w, 0, 2, frame("two")));
    ASSERT_EQ(out.packets.size(), 2U);
    ASSERT_TRUE(out.packets[0].comment);
    EXPECT_EQ(*out.packets[0].comment, "first line\nsecond");
    EXPECT_FALSE(out.packets[1].comment);
    EXPECT_TRUE(out.flaws.empty());
}

TEST_P(NgBlocks, commentsOfTheOldPacketBlockAreRead)
{
    const std::string bytes = frame("one");
    const auto size = static_cast<std::uint32_t>(bytes.size());
    const Read out =
        read(support::sectionBlock(w) + support::interfaceBlock(w, 1) +
             support::block(w, 2,
                            w.u16(0) + w.u16(0xFFFF) + w.u32(0) + w.u32(7) + w.u32(size) +
                                w.u32(size) + support::padded(bytes) +
                                support::option(w, 1, "old") + support::option(w, 0, "")));
    ASSERT_EQ(out.packets.size(), 1U);
    ASSERT_TRUE(out.packets[0].comment);
    EXPECT_EQ(*out.packets[0].comment, "old");
}

TEST_P(NgBlocks, aCommentWithoutAReadablePacketIsANote)
{
    const Read out = read(
        support::sectionBlock(w) + support::interfaceBlock(w, 1) +
        support::packetBlock(w, 0, 3'000'000, std::string(60, '\0'), 0,
                             support::option(w, 1, "nothing here") + support::option(w, 0, "")));
    ASSERT_EQ(out.packets.size(), 1U);
    EXPECT_EQ(out.packets[0].kind, base::PacketKind::Local);
    EXPECT_EQ(noteOf(out.packets[0]), "Comment: nothing here");
    EXPECT_EQ(out.packets[0].time.ns, 3'000'000'000);
    EXPECT_EQ(out.outcome->progress.packets, 0U);
    EXPECT_EQ(out.outcome->frames, 1U);
}

TEST_P(NgBlocks, commentsOfSectionAndInterfaceComeBeforeTheFirstPacket)
{
    const Read out =
        read(support::sectionBlock(w, support::option(w, 4, "a program") +
                                          support::option(w, 1, "of the file")) +
             support::interfaceBlock(w, 1, support::option(w, 1, "of the interface")) +
             support::packetBlock(w, 0, 1'000'000, frame("one"), 0, support::option(w, 1, "mine")));
    ASSERT_EQ(out.packets.size(), 3U);
    EXPECT_EQ(noteOf(out.packets[0]), "Comment: of the file");
    EXPECT_EQ(noteOf(out.packets[1]), "Comment: of the interface");
    EXPECT_EQ(out.packets[0].time.ns, 1'000'000'000);
    ASSERT_TRUE(out.packets[2].comment);
    EXPECT_EQ(*out.packets[2].comment, "mine");
}

TEST_P(NgBlocks, namesAreTold)
{
    const auto six = base::Address::parse("2001:db8::5").value();
    std::vector<std::string> names;
    const std::atomic<bool> cancel{false};
    ingest::Sink sink;
    sink.emit = [](const base::Packet &) { return true; };
    sink.name = [&](const base::Address &address, std::string_view name) {
        names.push_back(address.text() + "=" + std::string(name));
    };
    const std::string file =
        support::sectionBlock(w) +
        support::nameBlock(
            w, support::nameRecord(w, kAlice.address, std::string_view("alice\0pc\0", 9)) +
                   support::option(w, 77, "an unknown record") +
                   support::nameRecord(w, six, std::string_view("edge.example.test\0", 18)) +
                   support::nameRecord(w, kBob.address, "unended") +
                   support::option(w, 1, "abc")); // shorter than an address
    ASSERT_TRUE(ingest::readBytes("x", base::Blob::copy(file), sink, cancel));
    EXPECT_EQ(names,
              (std::vector<std::string>{"192.0.2.1=alice", "192.0.2.1=pc",
                                        "2001:db8::5=edge.example.test", "192.0.2.2=unended"}));
}

INSTANTIATE_TEST_SUITE_P(BothOrders, NgBlocks, testing::Bool());

} // namespace
