// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <gtest/gtest.h>
#include <sip/status.h>

using namespace sip;

TEST(Status, All75RegisteredCodesAreThere)
{
    const auto all = statuses();
    EXPECT_EQ(std::count_if(all.begin(), all.end(), [](const Status &s) { return s.registered; }),
              75);
    EXPECT_TRUE(std::is_sorted(all.begin(), all.end(),
                               [](const Status &a, const Status &b) { return a.code < b.code; }));
    for (const Status &one : all) {
        EXPECT_FALSE(one.phrase.empty()) << one.code;
        EXPECT_FALSE(one.reference.empty()) << one.code;
        EXPECT_EQ(status(one.code), &one);
        EXPECT_EQ(treatedAs(one.code), one.code);
        EXPECT_EQ(one.registered,
                  one.reference.substr(0, 4) == "RFC " && one.reference != "RFC 2543")
            << one.code;
    }
}

TEST(Status, TheOnesThisProgramIsAbout)
{
    EXPECT_EQ(status(430)->phrase, "Flow Failed");
    EXPECT_EQ(status(430)->reference, "RFC 5626");
    EXPECT_EQ(status(430)->effect, Effect::Transaction);
    EXPECT_EQ(status(439)->phrase, "First Hop Lacks Outbound Support");
    EXPECT_EQ(status(199)->reference, "RFC 6228");
    EXPECT_EQ(status(481)->effect, Effect::Usage);
    EXPECT_EQ(status(404)->effect, Effect::Dialog);
    EXPECT_EQ(status(183)->effect, Effect::None);
    EXPECT_FALSE(status(477)->registered);
    EXPECT_EQ(status(431), nullptr);
}

TEST(Status, UnknownCodesAreTheirClass)
{
    EXPECT_EQ(treatedAs(187), 183);
    EXPECT_EQ(treatedAs(299), 200);
    EXPECT_EQ(treatedAs(431), 400);
    EXPECT_EQ(treatedAs(699), 600);
    EXPECT_EQ(treatedAs(700), 700);
    EXPECT_EQ(phrase(486), "Busy Here");
    EXPECT_EQ(phrase(431), "unknown 4xx, treated as 400");
    EXPECT_EQ(phrase(188), "unknown 1xx, treated as 183");
    for (const int code : {-1, 0, 99, 700, 1000})
        EXPECT_EQ(phrase(code), "not a SIP status code");
}
