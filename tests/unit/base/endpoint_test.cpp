// SPDX-License-Identifier: Apache-2.0
#include <base/endpoint.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace {

using namespace base;

TEST(Endpoint, ParsesBothFamiliesAndRefusesTheRest)
{
    EXPECT_EQ(Endpoint::parse("192.0.2.1:5060")->text(), "192.0.2.1:5060");
    EXPECT_EQ(Endpoint::parse("[2001:db8::1]:5061")->text(), "[2001:db8::1]:5061");
    for (const char *bad : {"", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "2001:db8::1:5060",
                            "host:5060", "[192.0.2.1]:5060", "192.0.2.1:-1"})
        EXPECT_FALSE(Endpoint::parse(bad)) << bad;
}

TEST(Endpoint, SocketAddressRoundTrip)
{
    for (const char *text : {"127.0.0.1:40000", "[::1]:1"}) {
        const auto endpoint = *Endpoint::parse(text);
        sockaddr_storage storage{};
        EXPECT_GT(endpoint.toSocketAddress(storage), 0U);
        EXPECT_EQ(Endpoint::of(reinterpret_cast<const sockaddr *>(&storage)), endpoint);
    }
}

TEST(Address, MappedAddressesAreVersionFour)
{
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_addr.s6_addr[10] = in.sin6_addr.s6_addr[11] = 0xFF;
    in.sin6_addr.s6_addr[12] = 127;
    in.sin6_addr.s6_addr[15] = 1;
    EXPECT_EQ(Endpoint::of(reinterpret_cast<const sockaddr *>(&in)).address.text(), "127.0.0.1");
}

TEST(Address, PrivateRanges)
{
    for (const char *text : {"10.1.2.3", "172.16.0.1", "172.31.255.1", "192.168.1.1", "100.64.0.1",
                             "169.254.1.1", "127.0.0.1", "fd00::1", "fe80::1", "::1"})
        EXPECT_TRUE(Address::parse(text)->isPrivate()) << text;
    for (const char *text : {"172.32.0.1", "100.128.0.1", "203.0.113.1", "2001:db8::1"})
        EXPECT_FALSE(Address::parse(text)->isPrivate()) << text;
}

} // namespace
