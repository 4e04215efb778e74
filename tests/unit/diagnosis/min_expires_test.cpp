// SPDX-License-Identifier: Apache-2.0
// 423 after 423: who of the two does not keep to Min-Expires (RFC 3261 section 10.2.8).
#include <gmock/gmock.h>

#include "folded.h"

namespace {

using testing::HasSubstr;

std::shared_ptr<const diagnosis::Finding> twice(std::string_view first, std::string_view again)
{
    return support::Folded("0.00 bob>edge REGISTER \"Expires: 600\"\n"
                           "0.05 edge>bob 423 tag=r " +
                           std::string(first) + "\n1.00 bob>edge REGISTER cseq=2 " +
                           std::string(again) + "\n1.05 edge>bob 423 tag=r \"Min-Expires: 2400\"\n")
        .find("reg-loop-423");
}

TEST(MinExpires, WhoeverObeysIsNotBlamed)
{
    for (const auto again :
         {"\"Expires: 1200\"", "\"Contact: <sip:bob@192.0.2.20>;expires=1300\" \"Expires: 60\""}) {
        const auto found = twice("\"Min-Expires: 1200\"", again);
        ASSERT_NE(found, nullptr) << again;
        EXPECT_THAT(found->text, HasSubstr("refused too [3]")) << again;
        EXPECT_EQ(found->fixes.front().party, "registrar");
        EXPECT_EQ(found->evidence.size(), 3U);
    }
}

TEST(MinExpires, WhoeverDoesNotIs)
{
    for (const auto again :
         {"\"Expires: 600\"", "\"Contact: <sip:bob@192.0.2.20>;expires=60\" \"Expires: 1200\"",
          "\"Subject: no time\""}) {
        const auto found = twice("\"Min-Expires: 1200\"", again);
        ASSERT_NE(found, nullptr) << again;
        EXPECT_EQ(found->fixes.front().party, "user agent") << again;
    }
}

TEST(MinExpires, ARefusalThatNamesNoTimeIsTheRegistrars)
{
    const auto found = twice("\"Subject: none\"", "\"Expires: 600\"");
    ASSERT_NE(found, nullptr);
    EXPECT_EQ(found->fixes.front().party, "registrar");
}

} // namespace
