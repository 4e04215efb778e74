// SPDX-License-Identifier: Apache-2.0
// Messages of a connection of which the capture holds a part.
#include "talk.h"

using namespace talk;
using testing::ElementsAre;
using testing::HasSubstr;

namespace {

/// The capture lost the end of the INVITE, and everybody else knew it.
TEST(Torn, aMessageThatLostAPieceStandsWhereItCame)
{
    const std::string text = invite("torn"), more = ack("torn"), answer = progress("torn");
    support::PcapOptions options;
    options.linkType = 101;
    const auto sent = [&](std::size_t at, std::string_view bytes) {
        return support::tcp(kCaller, kCallee, static_cast<std::uint32_t>(100 + at), bytes);
    };
    const support::TemporaryFile file(
        "torn.pcap",
        support::pcap(
            {{at(0), support::tcp(kCaller, kCallee, 99, "", support::kSyn)},
             {at(10), sent(0, text.substr(0, 300))},
             {at(30), support::tcp(kCallee, kCaller, 500, answer)},
             {at(40), sent(text.size(), more)},
             {at(90), support::tcp(kCaller, kCallee,
                                   static_cast<std::uint32_t>(100 + text.size() + more.size()), "",
                                   support::kFin | support::kAck)}},
            options));
    const auto session = open(false);
    ASSERT_TRUE(session->import(file.path()));
    ASSERT_TRUE(session->settle(kLimit));
    ASSERT_EQ(session->calls().size(), 1U);
    const calls::Call &call = *session->calls()[0]->call;
    std::vector<std::pair<trace::RowKind, base::Instant>> rows;
    for (const auto &place : call.rows)
        rows.emplace_back(session->trace().row(place.row).kind,
                          session->trace().row(place.row).time);
    EXPECT_THAT(rows, ElementsAre(std::pair(trace::RowKind::Cut, at(10)),
                                  std::pair(trace::RowKind::Message, at(30)),
                                  std::pair(trace::RowKind::Message, at(40))));
}

/// Its other half never came, and the connection stayed open for long.
TEST(Torn, halfAMessageStandsWhereItsLastByteCame)
{
    const std::string text = invite("half");
    support::PcapOptions options;
    options.linkType = 101;
    for (const bool closed : {true, false}) {
        const support::TemporaryFile file(
            "half.pcap",
            support::pcap(
                {{at(0), support::tcp(kCaller, kCallee, 99, "", support::kSyn)},
                 {at(10), support::tcp(kCaller, kCallee, 100, text.substr(0, 300))},
                 {at(5000), support::tcp(kCaller, kCallee, 400, "",
                                         closed ? support::kFin | support::kAck : support::kAck)},
                 {at(6000), support::udp(kCallee, kCaller, invite("later"))}},
                options));
        const auto session = open(false);
        ASSERT_TRUE(session->import(file.path()));
        ASSERT_TRUE(session->settle(kLimit));
        ASSERT_EQ(session->calls().size(), 2U);
        const auto half = session->calls()[closed ? 0 : 1];
        EXPECT_EQ(half->call->last, at(10));
    }
}

/// What is left of a message when nothing more comes is told, and whose it was.
TEST(Torn, anUnfinishedMessageIsTold)
{
    const std::string text = invite("half");
    support::PcapOptions options;
    options.linkType = 101;
    const auto flawsOf = [&](std::size_t there, std::uint8_t flags, std::uint16_t connections = 1) {
        std::vector<support::CapturedFrame> all;
        for (std::uint16_t i = 0; i < connections; ++i) {
            const base::Endpoint from{kCaller.address, static_cast<std::uint16_t>(40000 + i)};
            const auto next = static_cast<std::uint32_t>(100 + there);
            all.push_back({at(0), support::tcp(from, kCallee, 99, "", support::kSyn)});
            all.push_back({at(10), support::tcp(from, kCallee, 100, text.substr(0, there))});
            all.push_back({at(20), support::tcp(from, kCallee, next, "", flags)});
        }
        const support::TemporaryFile file("half.pcap", support::pcap(all, options));
        const auto session = open(false);
        EXPECT_TRUE(session->import(file.path()));
        EXPECT_TRUE(session->settle(kLimit));
        return session->last()->import.flaws;
    };
    EXPECT_THAT(flawsOf(300, support::kAck),
                ElementsAre("The capture ends within a message from 192.0.2.1:40000 to "
                            "192.0.2.2:5060 (TCP): 300 bytes of it are there, shown as cut."));
    EXPECT_THAT(flawsOf(100, support::kAck),
                ElementsAre("The capture ends within a message from 192.0.2.1:40000 to "
                            "192.0.2.2:5060 (TCP): 100 bytes of it are there, and no Call-ID that "
                            "tells whose call it is."));
    EXPECT_THAT(flawsOf(100, support::kFin | support::kAck),
                ElementsAre(HasSubstr("The connection ends within a message")));
    EXPECT_THAT(flawsOf(text.size(), support::kAck), ElementsAre());
    const auto many = flawsOf(300, support::kAck, 9);
    ASSERT_EQ(many.size(), 6U);
    EXPECT_EQ(many.back(), "4 further messages are there in part only.");
}

} // namespace
