// SPDX-License-Identifier: Apache-2.0
// A 183 without a description behind a 180: harmless for phones that keep ringing, and not for all.
#include "folded.h"

namespace {

std::string call(std::string_view progress)
{
    return std::string("0.00 alice>bob INVITE offer\n0.10 bob>alice 180 tag=b\n") +
           std::string(progress) + "9.00 bob>alice 200 tag=b answer\n9.05 alice>bob ACK tag=b\n";
}

TEST(Progress, A183WithoutSdpBehindA180IsTold)
{
    const auto found = support::Folded(call("1.00 bob>alice 183 tag=b\n")).find("em-183-no-sdp");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->severity, diagnosis::Severity::Info);
}

TEST(Progress, WithADescriptionOrShortlyBeforeTheAnswerItIsNot)
{
    EXPECT_FALSE(support::Folded(call("1.00 bob>alice 183 tag=b answer\n")).has("em-183-no-sdp"));
    EXPECT_FALSE(support::Folded(call("8.00 bob>alice 183 tag=b\n")).has("em-183-no-sdp"));
}

} // namespace
