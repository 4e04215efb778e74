// SPDX-License-Identifier: Apache-2.0
// From packets to pictures: a capture file and every rule's conversation through the session, the
// ladder and every report format.
#include <diagnosis/rule.h>
#include <gmock/gmock.h>
#include <report/format.h>
#include <report/text_ladder.h>
#include <session/session.h>
#include <sstream>
#include <support/capture_writer.h>
#include <support/conversation.h>
#include <support/golden.h>
#include <unit/ladder/made_call.h>
#include <unit/report/well_formed.h>

namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::unique_ptr<session::Session> openSession()
{
    session::Options options;
    options.live = false;
    auto session = session::Session::open(options);
    return session ? std::move(*session) : nullptr;
}

/// What a report needs of a session that has settled.
struct Told {
    explicit Told(const session::Session &session) : flows(session.flows())
    {
        base::Instant now;
        for (const auto &view : session.calls()) {
            calls.push_back({view->call, view->streams, view->findings, {}});
            now = std::max(now, view->now);
        }
        input = std::make_unique<report::ReportInput>(
            report::ReportInput{session.trace(), calls, flows, {}, now, "a test", true, {}});
    }
    std::string write(std::string_view id) const
    {
        std::ostringstream out;
        report::format(id)->write(*input, out);
        return out.str();
    }

    std::vector<report::ReportCall> calls;
    std::vector<std::shared_ptr<const flows::Flow>> flows;
    std::unique_ptr<report::ReportInput> input;
};

/// A call with early media as a capture file holds it.
class Capture
{
public:
    void say(std::string_view from, std::string_view to, const made::Says &says)
    {
        const bool response = says.first[0] >= '1' && says.first[0] <= '9';
        const made::Call words;
        add(from, to, words.write(says, response ? to : from));
    }
    void add(std::string_view from, std::string_view to, std::string_view payload)
    {
        m_frames.push_back(
            {m_clock, support::ethernet(
                          support::udp(support::endpoint(from), support::endpoint(to), payload))});
    }
    void talk(std::string_view from, std::string_view to, int packets)
    {
        for (int i = 0; i < packets; ++i) {
            add(from, to,
                support::rtp(static_cast<std::uint16_t>(100 + i),
                             static_cast<std::uint32_t>(i * 160), 0x1234,
                             std::string(160, '\x23')));
            wait(20);
        }
    }
    void wait(int milliseconds) { m_clock = m_clock + std::chrono::milliseconds(milliseconds); }
    std::string bytes() const { return support::pcap(m_frames); }

private:
    base::Instant m_clock{1'760'000'000'000'000'000};
    std::vector<support::CapturedFrame> m_frames;
};

std::string earlyMediaCapture()
{
    const std::string alice = "10.0.0.1:5060", bob = "10.0.0.2:5060";
    const auto answer = made::sdp("10.0.0.2", 5002, "0");
    const std::string contact = "Contact: <sip:bob@10.0.0.2:5060>\r\n";
    Capture capture;
    capture.say(
        alice, bob,
        {"INVITE sip:bob@example.test", "INVITE", "z9hG4bKa", "", "", made::sdp("10.0.0.1", 4000)});
    capture.wait(5);
    capture.say(bob, alice, {"100 Trying", "INVITE", "z9hG4bKa"});
    capture.wait(100);
    capture.say(bob, alice, {"183 Session Progress", "INVITE", "z9hG4bKa", "b1", "", answer});
    capture.wait(12);
    capture.talk("10.0.0.2:5002", "10.0.0.1:4000", 100);
    capture.say(bob, alice, {"200 OK", "INVITE", "z9hG4bKa", "b1", contact, answer});
    capture.wait(3);
    capture.say(alice, bob, {"ACK sip:bob@10.0.0.2:5060", "ACK", "z9hG4bKb", "b1"});
    capture.wait(900);
    capture.say(alice, bob, {"BYE sip:bob@10.0.0.2:5060", "BYE", "z9hG4bKc", "b1", "", "", 2});
    capture.wait(4);
    capture.say(bob, alice, {"200 OK", "BYE", "z9hG4bKc", "b1", "", "", 2});
    return capture.bytes();
}

TEST(Scene, ACaptureBecomesALadder)
{
    const support::TemporaryFile file("early.pcap", earlyMediaCapture());
    const auto session = openSession();
    ASSERT_NE(session, nullptr);
    ASSERT_TRUE(session->import(file.path()).has_value());
    ASSERT_TRUE(session->settle(std::chrono::seconds(20)));
    const Told told(*session);
    ASSERT_EQ(told.calls.size(), 1U);
    const auto outline =
        report::outlineOf(*told.input, told.calls[0], report::ladderOptions(*told.input));
    support::expectGolden(support::sourceFolder() / "tests/stream/early_media.expected",
                          outline.title + "\n" + report::textLadder(outline));
    EXPECT_THAT(told.write("text"), HasSubstr("Early media"));
    EXPECT_THAT(told.write("svg"), HasSubstr("RTP PCMU"));
}

class EveryConversation : public testing::TestWithParam<const diagnosis::Rule *>
{
};

TEST_P(EveryConversation, IsReportedInEveryFormat)
{
    for (const auto text : {GetParam()->firesOn, GetParam()->quietOn}) {
        const support::Conversation spoken(text);
        const auto session = openSession();
        ASSERT_NE(session, nullptr);
        for (const auto &packet : spoken.packets())
            ASSERT_TRUE(session->inbox().push(packet));
        ASSERT_TRUE(session->settle(std::chrono::seconds(20)));
        const Told told(*session);
        ASSERT_FALSE(told.calls.empty());
        for (const auto id : {"svg", "html"})
            EXPECT_EQ(made::WellFormed(told.write(id)).error, "") << id;
        EXPECT_THAT(told.write("json"), HasSubstr("\"schema_version\": 1"));
        EXPECT_THAT(told.write("text"), Not(HasSubstr("\x1b")));
        for (const auto &call : told.calls) {
            const auto outline =
                report::outlineOf(*told.input, call, report::ladderOptions(*told.input));
            for (const auto &row : call.call->rows) // every row is shown, or another stands for it
                EXPECT_NE(outline.stepOf({ladder::TargetKind::Row, row.row.value}), nullptr);
            for (const auto &stream : call.streams)
                EXPECT_NE(outline.stepOf({ladder::TargetKind::Stream, stream.stream->id.value}),
                          nullptr);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Rules, EveryConversation, testing::ValuesIn(diagnosis::rules::all()),
                         [](const auto &rule) {
                             std::string name(rule.param->id);
                             for (char &c : name)
                                 c = c == '-' ? '_' : c;
                             return name;
                         });

} // namespace
