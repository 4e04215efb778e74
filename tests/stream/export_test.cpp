// SPDX-License-Identifier: Apache-2.0
// A call as a capture of its own: what it proves has to be in it.
#include <gmock/gmock.h>
#include <report/format.h>
#include <session/read_again.h>
#include <session/session.h>
#include <sstream>
#include <support/capture_writer.h>
#include <support/conversation.h>

namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kCall = R"(
  0.00 alice>bob INVITE offer
  0.10 bob>alice 180 tag=b
  1.00 bob>alice 200 tag=b answer
  1.01 alice>bob ACK tag=b
  1.10 alice>bob rtp 300
  1.10 bob>alice rtp 250
  1.20 carol>gw rtp 100
  7.50 alice>bob BYE tag=b
  7.51 bob>alice 200 for=BYE
)";

class Exported
{
public:
    explicit Exported(std::string_view bytes)
    {
        session::Options options;
        options.live = false;
        m_session = std::move(*session::Session::open(options));
        read(bytes);
    }
    void read(std::string_view bytes)
    {
        m_files.push_back(std::make_unique<support::TemporaryFile>("export.pcap", bytes));
        ASSERT_TRUE(m_session->import(m_files.back()->path()));
        ASSERT_TRUE(m_session->settle(60s));
    }
    std::string write(bool withMedia = true) const
    {
        std::vector<report::ReportCall> calls;
        for (const auto &view : m_session->calls())
            calls.push_back({view->call, view->streams, view->findings, {}});
        report::ReportInput input{m_session->trace(), calls, {}, {}, {}, "a test", true, {}};
        if (withMedia)
            input.packets = [&](const report::ReportInput::Visit &visit) {
                return session::readAgain(m_session->imports(), visit);
            };
        std::ostringstream out;
        report::format("pcapng")->write(input, out);
        return out.str();
    }
    session::Session &session() const { return *m_session; }
    std::vector<std::uint64_t> packets() const
    {
        std::vector<std::uint64_t> out;
        for (const auto &bound : m_session->calls().at(0)->streams)
            out.push_back(bound.stream->packets);
        return out;
    }
    std::size_t rows(trace::RowKind kind) const
    {
        std::size_t out = 0;
        for (std::uint32_t i = 0; i < m_session->trace().size(); ++i)
            out += m_session->trace().row({i}).kind == kind ? 1 : 0;
        return out;
    }
    void forget() { m_files.clear(); }

private:
    std::vector<std::unique_ptr<support::TemporaryFile>> m_files;
    std::unique_ptr<session::Session> m_session;
};

support::CapturedFrame frame(const base::Packet &packet)
{
    return {packet.time, support::ethernet(support::udp(packet.source, packet.destination,
                                                        packet.payload.text()))};
}

base::Packet between(double seconds, std::string_view from, std::string_view to,
                     std::string_view payload)
{
    base::Packet packet;
    packet.time = support::Conversation::kStart +
                  std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
    packet.source = support::endpoint(from);
    packet.destination = support::endpoint(to);
    packet.payload = base::Blob::copy(payload);
    return packet;
}

/// The call, keep-alives on its way, a report of its media, a STUN check at its media's ends.
std::string capture()
{
    const support::Conversation all(kCall, true);
    EXPECT_EQ(all.error(), "");
    std::vector<base::Packet> packets = all.packets();
    const auto extra = {
        between(2.0, "192.0.2.10:5060", "192.0.2.20:5060", "\r\n\r\n"),
        between(2.1, "192.0.2.20:5060", "192.0.2.10:5060", "\r\n"),
        between(3.0, "192.0.2.10:4001", "192.0.2.20:5001", std::string("\x80\xC9\0\1\0\0\0\7", 8)),
        between(3.1, "192.0.2.10:4000", "192.0.2.20:5000",
                std::string("\0\1\0\0\x21\x12\xA4\x42stun-in-a-call", 20)),
        between(3.2, "192.0.2.77:4000", "192.0.2.78:5000",
                std::string("\0\1\0\0\x21\x12\xA4\x42of-other-ends", 20)),
    };
    packets.insert(packets.end(), extra.begin(), extra.end());
    std::stable_sort(packets.begin(), packets.end(),
                     [](const auto &a, const auto &b) { return a.time < b.time; });
    std::vector<support::CapturedFrame> frames;
    for (const base::Packet &packet : packets)
        if (packet.kind == base::PacketKind::Datagram)
            frames.push_back(frame(packet));
    return support::pcap(frames);
}

TEST(Export, holdsTheMediaThatTheFindingsAreAbout)
{
    const Exported first(capture());
    ASSERT_THAT(first.packets(), testing::UnorderedElementsAre(300, 250));
    const std::string bytes = first.write();
    const Exported again(bytes);
    EXPECT_THAT(again.packets(), testing::UnorderedElementsAre(300, 250));
    EXPECT_EQ(again.session().streams(20s).size(), 2U) << "carol's is of no call";
    EXPECT_EQ(again.rows(trace::RowKind::Ping), 1U);
    EXPECT_EQ(again.rows(trace::RowKind::Pong), 1U);
    EXPECT_EQ(again.rows(trace::RowKind::Local), 0U) << "nothing was left out";
    EXPECT_THAT(bytes, HasSubstr(std::string_view("\x80\xC9\0\1\0\0\0\7", 8)));
    EXPECT_THAT(bytes, HasSubstr("stun-in-a-ca"));
    EXPECT_THAT(bytes, Not(HasSubstr("of-other-en")));
}

TEST(Export, saysWhatIsNotInIt)
{
    Exported first(capture());
    EXPECT_THAT(first.write(false), HasSubstr("Left out: The RTP of these calls"));
    first.forget(); // the file is gone
    const std::string bytes = first.write();
    EXPECT_THAT(bytes, HasSubstr("Left out: The RTP of these calls"));
    EXPECT_EQ(Exported(bytes).rows(trace::RowKind::Local), 2U);
}

TEST(Export, twoCapturesOfOneWayGiveEachPacketOnce)
{
    Exported first(capture());
    first.read(capture());
    const Exported again(first.write());
    EXPECT_THAT(again.packets(), testing::UnorderedElementsAre(300, 250));
}

TEST(Export, hidesWhichKeysWerePressed)
{
    const support::Conversation all(R"(
  0.00 alice>bob INVITE sdp=0,101
  1.00 bob>alice 200 tag=b sdp=0,101
  1.05 alice>bob ACK tag=b
  1.10 alice>bob rtp 100
  3.10 alice>bob rtp 8 pt=101 event=5 sequence=100 at=100 step=0
)",
                                    true);
    ASSERT_EQ(all.error(), "");
    std::vector<support::CapturedFrame> frames;
    for (const base::Packet &packet : all.packets())
        if (packet.kind == base::PacketKind::Datagram)
            frames.push_back(frame(packet));
    const Exported first(support::pcap(frames));
    const auto keys = [](const Exported &from) {
        std::string out;
        for (const auto &stream : from.session().streams(20s))
            for (const rtp::Digit &digit : stream->digits)
                out += digit.key;
        return out;
    };
    ASSERT_EQ(keys(first), "5");
    EXPECT_EQ(keys(Exported(first.write())), "0");
}

} // namespace
