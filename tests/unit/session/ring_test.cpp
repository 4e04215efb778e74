// SPDX-License-Identifier: Apache-2.0
// The files of one capture, read one after another.
#include "talk.h"

namespace {

using namespace talk;

std::string part(std::int64_t from, const std::vector<std::string> &packets,
                 std::uint32_t linkType = 101)
{
    std::vector<support::CapturedFrame> out;
    for (const std::string &packet : packets)
        out.push_back({at(from + static_cast<std::int64_t>(out.size())), packet});
    support::PcapOptions options;
    options.linkType = linkType;
    return support::pcap(out, options);
}

void read(session::Session &session, const std::string &path, const std::string &next = {})
{
    ASSERT_TRUE(session.import(path, {}, next));
    ASSERT_TRUE(session.settle(kLimit));
}

const std::string kText = invite("one");

std::string piece(std::size_t from, std::size_t length)
{
    return support::tcp(kCaller, kCallee, static_cast<std::uint32_t>(100 + from),
                        kText.substr(from, length));
}

TEST(Ring, aMessageGoesOnInTheNextFile)
{
    const support::TemporaryFile first(
        "a.pcap", part(0, {support::tcp(kCaller, kCallee, 99, "", support::kSyn), piece(0, 200)})),
        second("b.pcap", part(100, {piece(200, 100)})),
        third("c.pcap", part(200, {piece(300, 5000)}));
    const auto session = open(false);
    read(*session, first.path(), second.path());
    EXPECT_EQ(session->trace().size(), 0U) << "it is not over";
    read(*session, second.path(), third.path());
    read(*session, third.path());
    ASSERT_EQ(session->trace().size(), 1U);
    EXPECT_EQ(session->trace().row({0}).kind, trace::RowKind::Message);
    EXPECT_EQ(session->trace().text({0}), kText);
    for (const auto &import : session->imports())
        EXPECT_TRUE(import.flaws.empty()) << import.flaws.front();
}

TEST(Ring, whatWaitedIsShownWhenTheNextFileIsAnother)
{
    const support::TemporaryFile first(
        "a.pcap", part(0, {support::tcp(kCaller, kCallee, 99, "", support::kSyn), piece(0, 300)})),
        later("b.pcap", part(100, {piece(300, 100)})),
        other("c.pcap", part(50, {support::udp(kCaller, kCallee, invite("two"))}));
    const auto session = open(false);
    read(*session, first.path(), later.path());
    read(*session, other.path());
    ASSERT_EQ(session->trace().size(), 2U);
    EXPECT_EQ(session->calls().size(), 2U);
}

TEST(Ring, whatIsSentAgainBehindTheSeamIsNoSignOfAnotherClock)
{
    const auto sent = [](std::string_view text) { return support::udp(kCaller, kCallee, text); };
    std::vector<std::string> rest{sent(invite("one"))};
    for (int i = 0; i < 5; ++i)
        rest.push_back(sent(invite("later" + std::to_string(i))));
    const support::TemporaryFile first("a.pcap", part(0, {sent(invite("one"))})),
        second("b.pcap", part(500, rest));
    const auto session = open(false);
    read(*session, first.path(), second.path());
    read(*session, second.path());
    EXPECT_FALSE(session->last()->import.clock.applied);
    const auto &rows = session->calls()[0]->call->rows;
    ASSERT_EQ(rows.size(), 2U);
    EXPECT_EQ(session->trace().row(rows[1].row).time, at(500));
}

} // namespace
