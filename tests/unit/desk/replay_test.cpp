// SPDX-License-Identifier: Apache-2.0
// A captured call as sound: its streams, and what a phone would have let its caller hear.
#include <desk/replay.h>

#include <filesystem>
#include <gtest/gtest.h>
#include <media/samples.h>
#include <session/session.h>
#include <support/conversation.h>
#include <support/null_sink.h>

namespace {

using namespace std::chrono_literals;
using diagnosis::EarPolicy;

class Captured
{
public:
    explicit Captured(std::string_view text)
    {
        session::Options options;
        options.live = false;
        m_session = std::move(*session::Session::open(options));
        const support::Conversation conversation(text);
        EXPECT_EQ(conversation.error(), "");
        for (const auto &packet : conversation.packets())
            m_session->inbox().push(packet);
        EXPECT_TRUE(m_session->settle(10s));
        m_view = m_session->calls().front();
        m_flows = m_session->flows();
    }
    diagnosis::Evidence evidence() const
    {
        return {*m_view->call, m_session->trace(), m_view->streams, m_flows, m_view->now, false};
    }

private:
    std::unique_ptr<session::Session> m_session;
    std::shared_ptr<const session::CallView> m_view;
    std::vector<std::shared_ptr<const flows::Flow>> m_flows;
};

/// A 180, then early media for two seconds, a 182, the answer after six seconds.
constexpr const char *kRingsAgain = R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 180 tag=b
  2.00 bob>alice 183 tag=b answer
  2.00 bob>alice rtp 100
  4.50 bob>alice 182 tag=b
  6.00 bob>alice 200 tag=b answer
  6.05 alice>bob ACK tag=b
  6.00 bob>alice rtp 50
  7.00 alice>bob rtp 10
)";

/// "1.00-2.04 DE, 2.04-5.00 1 streams"
std::string told(const base::Result<media::Program> &program)
{
    if (!program)
        return program.error().sentence;
    std::string out;
    for (const auto &part : program->parts)
        out += fmt::format(
            "{}{:.2f}-{:.2f} {}", out.empty() ? "" : ", ",
            base::toSeconds(part.from - program->from), base::toSeconds(part.to - program->from),
            part.ringback.empty() ? fmt::format("{} streams", part.spools.size()) : part.ringback);
    return out;
}

TEST(Replay, APhonePlaysItsRingbackAndTheEarlyMediaThatItLetsThrough)
{
    const Captured captured(kRingsAgain);
    const auto evidence = captured.evidence();
    EXPECT_EQ(told(desk::earProgram(evidence, EarPolicy::Rfc3960, "DE")),
              "1.00-2.04 DE, 2.04-4.98 1 streams, 4.98-6.00 DE, 6.00-7.18 1 streams");
    EXPECT_EQ(told(desk::earProgram(evidence, EarPolicy::Baresip, "US")),
              "1.00-2.00 US, 2.04-4.50 1 streams, 4.50-6.00 US, 6.00-7.18 1 streams");
    EXPECT_EQ(told(desk::earProgram(evidence, EarPolicy::Rfc3960, "")),
              "2.04-4.98 1 streams, 6.00-7.18 1 streams")
        << "ringback off is silence";
}

TEST(Replay, WithoutAnythingToDecideOnThereIsASentence)
{
    const Captured captured(R"(
      0.00 alice>bob INVITE offer
      1.00 bob>alice 486 tag=b
    )");
    EXPECT_NE(told(desk::streamProgram(captured.evidence())).find("No RTP belongs"),
              std::string::npos);
}

TEST(Replay, PhonesAreKnownByTheirNames)
{
    for (const auto policy : diagnosis::earPolicies())
        EXPECT_EQ(desk::earNamed(desk::earKey(policy)), policy);
    EXPECT_EQ(desk::earNamed("RFC 3960"), EarPolicy::Rfc3960);
    EXPECT_EQ(desk::earNamed("FREESWITCH"), EarPolicy::FreeSwitch);
    EXPECT_FALSE(desk::earNamed("zoiper"));
}

TEST(Replay, FilesHoldWhatIsHeardOnTheLaddersClock)
{
    const Captured captured(kRingsAgain);
    std::string folder =
        (std::filesystem::temp_directory_path() / "earshot-replay-XXXXXX").string();
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    const auto files = desk::render(captured.evidence(), folder, "call-1", "DE");
    ASSERT_TRUE(files) << files.error().sentence;
    const auto ear = media::readWav(folder + "/call-1-ear-rfc3960.wav");
    ASSERT_TRUE(ear) << ear.error().sentence;
    EXPECT_EQ(ear->rate, 8000U);
    EXPECT_NEAR(static_cast<double>(ear->mono.size()) / 8000, 7.18, 0.1);
    const auto part = [&](double from, double seconds) {
        return std::span(ear->mono).subspan(static_cast<std::size_t>(from * 8000),
                                            static_cast<std::size_t>(seconds * 8000));
    };
    EXPECT_NEAR(support::powerAt(part(1.0, 1), 425, 8000), -16, 0.3) << "its own ringback";
    EXPECT_LT(support::powerAt(part(0, 1), 425, 8000), -80);
    EXPECT_TRUE(std::filesystem::exists(folder + "/call-1-to-caller.wav"));
    EXPECT_TRUE(std::filesystem::exists(folder + "/call-1-to-callee.wav"));
    for (const auto policy : diagnosis::earPolicies())
        EXPECT_TRUE(
            std::filesystem::exists(folder + "/call-1-ear-" + desk::earKey(policy) + ".wav"));
    std::filesystem::remove_all(folder);
    EXPECT_FALSE(desk::render(captured.evidence(), "/proc/nowhere", "x", "DE"));
}

/// A packet with a wrong time, or a BYE days behind, must not fill the disk with silence.
TEST(Replay, PausesOfDaysAreShortenedAndTold)
{
    const Captured captured(R"(
      0.00 alice>bob INVITE offer
      0.50 bob>alice 180 tag=b
      1.00 bob>alice 200 tag=b answer
      1.05 alice>bob ACK tag=b
      1.10 bob>alice rtp 100
      900000 bob>alice rtp 50
      90000000 bob>alice BYE tag=b
    )");
    std::string folder =
        (std::filesystem::temp_directory_path() / "earshot-replay-XXXXXX").string();
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    const auto files = desk::render(captured.evidence(), folder, "far", "DE");
    ASSERT_TRUE(files) << files.error().sentence;
    const auto caller = std::find_if(files->begin(), files->end(), [](const auto &each) {
        return each.path.ends_with("far-to-caller.wav");
    });
    ASSERT_NE(caller, files->end());
    EXPECT_LT(caller->length, 1min);
    EXPECT_NE(caller->trouble.find("are left out"), std::string::npos) << caller->trouble;
    for (const auto &each : *files)
        EXPECT_LT(each.length, 15min) << each.path;
    const auto sound = media::readWav(caller->path);
    ASSERT_TRUE(sound);
    const auto loud = [&](double from, double to) {
        return std::any_of(sound->mono.begin() + static_cast<std::ptrdiff_t>(from * 8000),
                           sound->mono.begin() + static_cast<std::ptrdiff_t>(to * 8000),
                           [](std::int16_t sample) { return std::abs(sample) > 100; });
    };
    EXPECT_TRUE(loud(1.1, 3));
    EXPECT_FALSE(loud(4.5, 11)) << "ten seconds stand for ten days";
    EXPECT_TRUE(loud(11, 16)) << "and what comes behind them is there";
    std::filesystem::remove_all(folder);
}

} // namespace
