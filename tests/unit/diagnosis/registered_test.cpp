// SPDX-License-Identifier: Apache-2.0
// What a registrar granted and refused: by the Contact that is ours, by credentials that were sent.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "folded.h"

namespace {

using support::Folded;
using testing::HasSubstr;

constexpr std::string_view kOurs =
    "\"Contact: <sip:bob@192.0.2.20>;reg-id=1;+sip.instance=\\\"<urn:uuid:1>\\\";expires={}\"";
constexpr std::string_view kOthers =
    "\"Contact: <sip:bob@192.0.2.21>;reg-id=1;+sip.instance=\\\"<urn:uuid:2>\\\";expires={}\"";

std::string contact(std::string_view whose, int seconds)
{
    return fmt::format(fmt::runtime(whose), seconds);
}

Folded registered(const std::string &bound)
{
    return Folded("0.00 bob>edge REGISTER " + contact(kOurs, 600) + "\n0.05 edge>bob 200 tag=r " +
                  bound + "\n");
}

TEST(Registered, ForLessIsToldOfOurContactAlone)
{
    const auto behind = registered(contact(kOthers, 600) + " " + contact(kOurs, 30));
    const auto found = behind.find("reg-expiry-cut");
    ASSERT_NE(found, nullptr);
    EXPECT_THAT(found->text, HasSubstr("for 30 s"));
    EXPECT_FALSE(
        registered(contact(kOthers, 30) + " " + contact(kOurs, 600)).has("reg-expiry-cut"));
    EXPECT_FALSE(registered(contact(kOthers, 30)).has("reg-expiry-cut")) << "not bound at all";
    EXPECT_FALSE(registered("\"Contact: <sip:bob@192.0.2.77>;expires=30\"").has("reg-expiry-cut"))
        << "somebody else's, as it looks";
}

TEST(StaleNonce, ThatWasNeverUsedCountsNotAndOneAfterTheOtherIsALoop)
{
    const std::string challenge =
        "{:.2f} edge>bob 401 tag=r \"WWW-Authenticate: Digest realm=\\\"r\\\", nonce=\\\"n{}\\\", "
        "stale=true\"\n";
    const auto tries = [&](int count, std::string_view end) {
        std::string out =
            "0.00 bob>edge REGISTER\n" + fmt::format(fmt::runtime(challenge), 0.05, 0);
        for (int i = 1; i <= count; ++i)
            out += fmt::format("{}.00 bob>edge REGISTER cseq={} \"Authorization: Digest "
                               "username=\\\"b\\\", realm=\\\"r\\\", nonce=\\\"n{}\\\"\"\n",
                               i, i + 1, i - 1) +
                   (i == count && !end.empty() ? fmt::format("{}.05 {}\n", i, end)
                                               : fmt::format(fmt::runtime(challenge), i + 0.05, i));
        return Folded(out);
    };
    EXPECT_FALSE(tries(1, "edge>bob 200 tag=r").has("auth-stale")) << "there was none to run out";
    const auto once = tries(2, "edge>bob 200 tag=r").find("auth-stale");
    ASSERT_NE(once, nullptr);
    EXPECT_EQ(once->severity, diagnosis::Severity::Info);
    EXPECT_THAT(once->text, HasSubstr("1 time: the password was good"));
    const auto always = tries(3, "").find("auth-stale");
    ASSERT_NE(always, nullptr);
    EXPECT_EQ(always->severity, diagnosis::Severity::Warning);
    EXPECT_THAT(always->text, HasSubstr("3 times"));
    EXPECT_THAT(always->text, HasSubstr("cannot be told"));
}

/// The pong of a ping that was seen is no second keep-alive.
TEST(FlowTimer, IsViolatedWhereOnlyLatePongsLieBetween)
{
    const auto flow = [](int between, int late) {
        std::string out =
            "0.00 bob>edge REGISTER tcp call=r1 \"Supported: path, outbound\" " +
            contact(kOurs, 600) +
            "\n0.05 edge>bob 200 tcp call=r1 tag=r \"Require: outbound\" \"Flow-Timer: 5\" " +
            contact(kOurs, 600) + "\n";
        for (int i = 1; i <= 5; ++i)
            out += fmt::format("{}.00 bob>edge tcp ping\n{}.00 edge>bob tcp pong\n", i * between,
                               i * between + late);
        return Folded(out + "60 tick\n");
    };
    EXPECT_TRUE(flow(8, 4).has("flow-timer-violated"));
    EXPECT_FALSE(flow(5, 4).has("flow-timer-violated"));
}

} // namespace
