// SPDX-License-Identifier: Apache-2.0
// The same fault, seen at more than one hop.
#include "folded.h"

namespace {

using support::Folded;

/// A BYE over a proxy, both hops captured, after what the other side did.
bool unknown(std::string_view before, std::string_view status)
{
    return Folded("0.00 alice>proxy INVITE offer\n0.01 proxy>bob INVITE offer\n"
                  "1.00 bob>proxy 200 tag=b answer\n1.01 proxy>alice 200 tag=b answer\n"
                  "1.05 alice>proxy ACK tag=b\n1.06 proxy>bob ACK tag=b\n" +
                  std::string(before) +
                  "9.00 alice>proxy BYE tag=b\n9.01 proxy>bob BYE tag=b\n"
                  "9.05 bob>proxy " +
                  std::string(status) + " for=BYE\n9.06 proxy>alice " + std::string(status) +
                  " for=BYE\n9.20 tick\n")
        .has("dlg-481");
}

TEST(Hops, AByeThatIsRefusedAtEveryHop)
{
    EXPECT_TRUE(unknown("", "481"));
    EXPECT_FALSE(unknown("", "200"));
    EXPECT_FALSE(unknown("8.98 bob>proxy BYE tag=b reverse cseq=7\n"
                         "8.99 proxy>alice BYE tag=b reverse cseq=7\n",
                         "481"))
        << "both hung up";
}

} // namespace
