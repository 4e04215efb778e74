// SPDX-License-Identifier: Apache-2.0
#include <base/check.h>
#include <gtest/gtest.h>

int main(int argc, char **argv)
{
    base::abortOnFailedCheck(true);
    ::testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
