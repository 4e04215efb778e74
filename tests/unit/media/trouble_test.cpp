// SPDX-License-Identifier: Apache-2.0
// The whole layer when something is wrong: hostile packets, no audio device, an audio server that
// does not answer.
#include "media_fixture.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace {

TEST_F(MediaTest, HostilePacketsDoNotEndIt)
{
    ASSERT_NO_FATAL_FAILURE(open());
    support::RtpSource source(0x77);
    std::uint32_t state = 1;
    const auto next = [&] { return state = state * 1664525 + 1013904223; };
    for (int i = 0; i < 3000; ++i) {
        std::string bytes(next() >> 24, '\0');
        for (auto &c : bytes)
            c = static_cast<char>(next() >> 24);
        if (bytes.size() > 12 && i % 2 == 0) {
            bytes[0] = '\x80';
            bytes[1] =
                i % 4 == 0 ? '\x60' : '\x00'; // garbage as Opus and as PCMU, SSRCs without end
        }
        source.raw(prepared.rtp, bytes);
    }
    support::RtpSource good(0x78);
    layer->remote(prepared.media, remote("tag", good));
    EXPECT_TRUE(sendUntil(good, [&] { return status().toTag == "tag" && status().packets > 10; }));
    EXPECT_TRUE(status().playing);
    // One decoder for each made-up SSRC would stop everything. (A busy machine's kernel drops some
    // before us.)
    EXPECT_GT(status().refused, 0U);
    EXPECT_GT(status().refused + status().overflowed, 1000U);
}

TEST_F(MediaTest, WithoutADeviceItIsSilentAndSaysSo)
{
    ::setenv("PULSE_SERVER", "unix:/nonexistent/native", 1);
    options.output = media::Output::Auto;
    ASSERT_NO_FATAL_FAILURE(open());
    ::unsetenv("PULSE_SERVER");
    if (status().device == "ALSA")
        GTEST_SKIP() << "this machine has a sound card";
    EXPECT_EQ(status().device, "none");
    EXPECT_NE(status().notice.find("No audio device"), std::string::npos);
    support::RtpSource source(0x88);
    layer->remote(prepared.media, remote("tag", source));
    EXPECT_TRUE(sendUntil(source, [&] { return status().playing && status().level > -20; }));
}

TEST_F(MediaTest, AnAudioServerThatDoesNotAnswerStopsNothing)
{
    const std::string path = folder + "/native";
    const int listening = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    ASSERT_EQ(::bind(listening, reinterpret_cast<sockaddr *>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(listening, 5), 0);
    ::setenv("PULSE_SERVER", ("unix:" + path).c_str(), 1);
    options.output = media::Output::Auto;
    ASSERT_NO_FATAL_FAILURE(open());
    EXPECT_NE(status().notice.find("does not answer"), std::string::npos) << status().notice;
    support::RtpSource source(0x89);
    layer->remote(prepared.media, remote("tag", source));
    EXPECT_TRUE(sendUntil(source, [&] { return status().playing && status().packets > 5; }));
    ::close(listening); // and now it refuses: the silent output comes late
    EXPECT_TRUE(sendUntil(source, [&] {
        return status().notice.find("No audio device") != std::string::npos ||
               status().device != "none";
    }));
    ::unsetenv("PULSE_SERVER");
}

TEST_F(MediaTest, TheEnvironmentForcesSilence)
{
    ::setenv("EARSHOT_OUTPUT", "silent", 1);
    options.output = media::Output::Auto;
    ASSERT_NO_FATAL_FAILURE(open());
    ::unsetenv("EARSHOT_OUTPUT");
    EXPECT_EQ(status().device, "none");
    EXPECT_EQ(status().notice, "");
}

TEST_F(MediaTest, KnowsItsCodecs)
{
    ASSERT_NO_FATAL_FAILURE(open());
    const auto codecs = layer->codecs();
    ASSERT_EQ(codecs.size(), 7U);
    for (const auto &codec : codecs) {
        // G.729 alone comes from a package that a machine may do without, and names it.
        EXPECT_TRUE(codec.available || codec.encoding == "G729") << codec.encoding;
        EXPECT_EQ(codec.package, codec.available ? "" : "gstreamer1.0-libav") << codec.encoding;
    }
    EXPECT_EQ(media::gstreamerVersion().substr(0, 2), "1.");
}

} // namespace
