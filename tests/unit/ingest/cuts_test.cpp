// SPDX-License-Identifier: Apache-2.0
// What the capture's snap length took away is told once, with how much of it was SIP.
#include "reading.h"

#include <gmock/gmock.h>

namespace {

using reading::at;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const base::Endpoint kA = support::endpoint("192.0.2.1:5060"),
                     kB = support::endpoint("192.0.2.2:5060");
const base::Endpoint kMedia = support::endpoint("192.0.2.1:4000"),
                     kMediaTo = support::endpoint("192.0.2.2:4000");
const std::string kMessage = "OPTIONS sip:b@example.test SIP/2.0\r\nCall-ID: x\r\n\r\n";

support::CapturedFrame frame(const base::Endpoint &from, const base::Endpoint &to,
                             std::string_view payload, std::size_t kept)
{
    const std::string whole = support::ethernet(support::udp(from, to, payload));
    const std::size_t left = std::min(kept, whole.size());
    return {at(0), whole.substr(0, left), static_cast<std::uint32_t>(whole.size() - left)};
}

TEST(Cuts, allOfSip)
{
    const auto read =
        reading::read(support::pcap({frame(kA, kB, kMessage, 68), frame(kB, kA, kMessage, 68),
                                     frame(kMedia, kMediaTo, "short", 68)}));
    EXPECT_THAT(read.flaws,
                ElementsAre(AllOf(HasSubstr("2 of 3 packets were cut"), HasSubstr("68 bytes"),
                                  HasSubstr("All 2 packets of SIP"))));
    EXPECT_EQ(read.outcome->cut.packets, 2U);
    EXPECT_EQ(read.outcome->cut.sipCut, 2U);
    EXPECT_EQ(read.outcome->cut.kept, 68U);
    EXPECT_FALSE(read.outcome->truncated);
}

TEST(Cuts, someOrNoneOfSip)
{
    const std::string sound(200, 'x');
    EXPECT_THAT(reading::read(support::pcap({frame(kA, kB, kMessage, 68),
                                             frame(kA, kB, kMessage + "more", 1500)}))
                    .flaws,
                ElementsAre(HasSubstr("1 of 2 packets of SIP")));
    EXPECT_THAT(reading::read(support::pcap({frame(kA, kB, kMessage, 1500),
                                             frame(kMedia, kMediaTo, sound, 68)}))
                    .flaws,
                ElementsAre(HasSubstr("No packet of SIP")));
    EXPECT_THAT(reading::read(support::pcap({frame(kA, kB, kMessage, 1500)})).flaws, IsEmpty());
}

} // namespace
