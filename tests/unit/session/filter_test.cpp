// SPDX-License-Identifier: Apache-2.0
// The filter's language: what cannot mean anything is refused in a sentence.
#include <gmock/gmock.h>
#include <session/filter.h>

#include "talk.h"

namespace {

using session::Filter;
using testing::HasSubstr;

TEST(Filter, takesWhatCanMatch)
{
    for (const auto *text : {"",
                             "  ",
                             "code:430",
                             "!code:4xx",
                             "method:INVITE",
                             "method:x-own",
                             "from:alice to:bob",
                             "call-id:abc:def",
                             "state:ended",
                             "state:ANSWERED",
                             "finding:error",
                             "rule:em-",
                             "earlymedia:no",
                             "alice@example.test",
                             "sip.example.com",
                             "rtp.example.com:5060",
                             "sip.to-go.example",
                             "sip:bob@example.test",
                             "192.0.2.1:5060",
                             "[2001:db8::1]",
                             "code:486 & from:a",
                             "ip:192.0.2.",
                             "ip:2001:db8::1",
                             "port:5060",
                             "codec:opus",
                             "pdd>5s",
                             "!pdd<500ms dur>2m",
                             "<sip:bob@example.test>",
                             "a=x>y",
                             "\"quoted\""})
        EXPECT_TRUE(Filter::parse(text)) << text;
}

TEST(Filter, refusesWhatCannot)
{
    for (const auto *text : {"code:",
                             "code:4",
                             "code:4x",
                             "code:abc",
                             "code:99",
                             "code:700",
                             "code:0xx",
                             "code:43 0",
                             "method:",
                             "method:a b:",
                             "method:IN(VITE",
                             "from:",
                             "to:",
                             "call-id:",
                             "state:",
                             "state:busy",
                             "finding:fatal",
                             "rule:",
                             "rule:nosuchrule",
                             "earlymedia:maybe",
                             "!",
                             "!code:",
                             "nosuchfield:1",
                             "code:486 && from:a",
                             "a || b",
                             "sip.Method == \"INVITE\"",
                             "code == 486",
                             "(code:486)",
                             "alice or bob",
                             "ip:bob",
                             "port:0",
                             "port:70000",
                             "codec:",
                             "pdd>5h",
                             "gap>5s",
                             "dur>5x",
                             "\"",
                             "not alice"}) {
        const auto filter = Filter::parse(text);
        ASSERT_FALSE(filter) << text;
        EXPECT_FALSE(filter.error().sentence.empty());
        EXPECT_EQ(filter.error().sentence.back(), '.');
    }
    EXPECT_THAT(Filter::parse("code:4x").error().sentence, HasSubstr("4xx"));
    EXPECT_THAT(Filter::parse("state:busy").error().sentence, HasSubstr("answered"));
}

TEST(Filter, matchesWhatTheCallDid)
{
    const auto session = talk::open(false);
    talk::push(*session, talk::earlyMediaCall("one", 50)); // 183 after 20 ms, never answered
    ASSERT_TRUE(session->settle(talk::kLimit));
    ASSERT_EQ(session->calls().size(), 1U);
    const auto matches = [&](std::string_view text) {
        const auto filter = Filter::parse(text);
        EXPECT_TRUE(filter) << text;
        return filter && filter->matches(*session->calls()[0], session->trace());
    };
    for (const auto *text : {"ip:192.0.2.1", "ip:192.0.", "port:5060", "port:30000", "codec:pcmu",
                             "pdd>10ms", "pdd<30ms", "!pdd>5s", "!dur>0s", "!dur<9s"})
        EXPECT_TRUE(matches(text)) << text;
    for (const auto *text :
         {"ip:192.0.3.", "port:5061", "port:40002", "codec:opus", "pdd>5s", "pdd<10ms", "dur>0s"})
        EXPECT_FALSE(matches(text)) << text;
}

} // namespace
