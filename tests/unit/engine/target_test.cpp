// SPDX-License-Identifier: Apache-2.0
#include <engine/target.h>

#include <gtest/gtest.h>

TEST(Target, ASipsUriBecomesTheSipUriOfTheSameHop)
{
    const std::pair<const char *, const char *> kCases[] = {
        {"sips:edge.test", "sip:edge.test;transport=tls"},
        {"SIPS:edge.test:5071;lr", "sip:edge.test:5071;lr;transport=tls"},
        {"sips:token@[2001:db8::1]:5061;Transport=tcp;lr;ob",
         "sip:token@[2001:db8::1]:5061;lr;ob;transport=tls"},
        {"sips:edge.test;lr;transport=tls", "sip:edge.test;lr;transport=tls"},
        {"sips:edge.test;lr?x=;transport=udp", "sip:edge.test;lr;transport=tls?x=;transport=udp"},
        {"sip:edge.test;transport=tcp", "sip:edge.test;transport=tcp"},
        {"sip:sips@edge.test", "sip:sips@edge.test"},
    };
    for (const auto &[uri, expected] : kCases)
        EXPECT_EQ(engine::sipOverTls(uri), expected);
}
