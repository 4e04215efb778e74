// SPDX-License-Identifier: Apache-2.0
// Who listens may send nothing: silence that was agreed on is no loss.
#include <gtest/gtest.h>

#include "folded.h"

namespace {

/// Answered after a second; the callee's sound begins 1.5 s after that, or ends for good.
std::string call(const std::string &sdp, const std::string &media)
{
    return "0.00 alice>bob INVITE " + sdp + "\n1.00 bob>alice 200 tag=b " + sdp +
           "\n1.05 alice>bob ACK tag=b\n1.06 alice>bob rtp 800\n" + media;
}
const std::string kLate = "2.50 bob>alice rtp 200\n16.0 tick\n";
const std::string kStops = "1.10 bob>alice rtp 100\n18.0 tick\n";

bool finds(const std::string &text, std::string_view rule)
{
    const support::Folded folded(text);
    return folded.find(rule) != nullptr;
}

TEST(Suppression, WhoListensFirstLosesNoWords)
{
    EXPECT_TRUE(finds(call("sdp=0", kLate), "em-clip-after-answer"));
    EXPECT_FALSE(finds(call("sdp=0,13", kLate), "em-clip-after-answer"));
}

TEST(Suppression, SilenceThatWasAgreedOnIsNoOneWayAudio)
{
    EXPECT_TRUE(finds(call("sdp=0", kStops), "rtp-one-way"));
    EXPECT_FALSE(finds(call("sdp=0,13", kStops), "rtp-one-way"));
    EXPECT_FALSE(finds(call("sdp=18 pt=18", kStops), "rtp-one-way"));
    EXPECT_TRUE(finds(call("sdp=18 \"a=fmtp:18 annexb=no\"", kStops), "rtp-one-way"));
    EXPECT_FALSE(
        finds(call("sdp=0,111 \"a=rtpmap:111 opus/48000/2\" \"a=fmtp:111 usedtx=1\"", kStops),
              "rtp-one-way"));
}

} // namespace
