// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sip/address.h>
#include <sip/uri.h>

using namespace sip;

TEST(Uri, ReadsItsPieces)
{
    const auto uri = parseUri("sip:alice:secret@example.test:5070;transport=tcp;lr?Subject=x&To=y");
    EXPECT_TRUE(uri.ok);
    EXPECT_EQ(uri.scheme, "sip");
    EXPECT_EQ(uri.user, "alice");
    EXPECT_EQ(uri.password, "secret");
    EXPECT_EQ(uri.host, "example.test");
    EXPECT_EQ(uri.port, 5070);
    EXPECT_EQ(uri.parameter("TRANSPORT"), "tcp");
    EXPECT_EQ(uri.parameter("lr"), "");
    EXPECT_EQ(uri.parameter("ob"), std::nullopt);
    EXPECT_EQ(uri.headers, "Subject=x&To=y");
    EXPECT_EQ(uri.address(), "alice@example.test");
}

TEST(Uri, Ipv6StandsInBrackets)
{
    const auto uri = parseUri("SIPS:bob@[2001:db8::10]:5061");
    EXPECT_TRUE(uri.ok);
    EXPECT_TRUE(uri.ipv6);
    EXPECT_EQ(uri.host, "2001:db8::10");
    EXPECT_EQ(uri.port, 5061);
    EXPECT_EQ(uri.address(), "bob@[2001:db8::10]");
    EXPECT_TRUE(parseUri("sip:[::1]").ok);
    EXPECT_FALSE(parseUri("sip:[::1").ok);
    EXPECT_FALSE(parseUri("sip:[nonsense]").ok);
    EXPECT_FALSE(parseUri("sip:[::1]x").ok);
}

TEST(Uri, Ipv6MayNameAZone)
{
    const auto uri = parseUri("sip:bob@[fe80::1%eth0.7]:5060");
    EXPECT_TRUE(uri.ok);
    EXPECT_EQ(uri.host, "fe80::1%eth0.7");
    EXPECT_EQ(addressOf(uri.host), base::Address::parse("fe80::1"));
    EXPECT_EQ(addressOf("[fe80::1%25eth0]"), base::Address::parse("fe80::1"));
    for (const char *bad : {"fe80::1%", "fe80::1%e th", "192.0.2.1%eth0", "%eth0", "fe80::1%a%b"}) {
        EXPECT_FALSE(addressOf(bad)) << bad;
        EXPECT_FALSE(parseUri("sip:[" + std::string(bad) + "]").ok) << bad;
    }
}

TEST(Uri, OtherSchemes)
{
    const auto tel = parseUri("tel:+49-89-1;phone-context=x");
    EXPECT_TRUE(tel.ok);
    EXPECT_EQ(tel.address(), "+49-89-1");
    EXPECT_EQ(tel.parameter("phone-context"), "x");
    EXPECT_TRUE(parseUri("urn:service:sos").ok);
    EXPECT_EQ(parseUri("urn:service:sos").host, "");
    EXPECT_TRUE(parseUri("http://example.test/x").ok);
}

TEST(Uri, WhatIsWrongIsNotOk)
{
    for (const std::string_view text :
         {"", ":", "sip:", "bob", "bob@example.test", "sip:@host", "sip:a@", "sip:a@ho st",
          "sip:a b@host", "<sip:a@b>", "sip:a@b:port", "sip:a@b:65536", "sip:a@b:", "1sip:a@b",
          "tel:", "http:", "sip:a@b\x01", "sip:a@h<x", "sip:a@host,b"})
        EXPECT_FALSE(parseUri(text).ok) << text;
}

TEST(NameAddress, WithAndWithoutBrackets)
{
    const auto named = parseNameAddress("\"Bob \\\"<x>\\\"\" <sip:bob@b.test;lr>;tag=1;q");
    EXPECT_TRUE(named.ok);
    EXPECT_EQ(named.display, "Bob \\\"<x>\\\"");
    EXPECT_EQ(named.uriText, "sip:bob@b.test;lr");
    EXPECT_EQ(named.uri.parameter("lr"), "");
    EXPECT_EQ(named.parameter("tag"), "1");
    EXPECT_EQ(named.parameter("lr"), std::nullopt);

    const auto token = parseNameAddress("Bob Bobson<sip:bob@b.test>");
    EXPECT_TRUE(token.ok);
    EXPECT_EQ(token.display, "Bob Bobson");

    const auto bare = parseNameAddress(" sip:bob@b.test ; tag=2 ");
    EXPECT_TRUE(bare.ok);
    EXPECT_EQ(bare.uriText, "sip:bob@b.test");
    EXPECT_EQ(bare.parameter("tag"), "2");
    EXPECT_EQ(bare.uri.parameters, "");
}

TEST(NameAddress, UnbalancedOnesSayWhatCanBeRead)
{
    for (const std::string_view text :
         {"", "*", "<", ">", "\"", "\"Bob\" sip:b@b", "\"Bob <sip:b@b>", "<sip:b@b",
          "<sip:b@b>x;tag=1", "Bob <>"})
        EXPECT_FALSE(parseNameAddress(text).ok) << text;
    EXPECT_EQ(parseNameAddress("\"Bob <sip:b@b>;tag=1").uri.user, "b");
    EXPECT_EQ(parseNameAddress("\"Bob <sip:b@b>;tag=1").parameter("tag"), "1");
    EXPECT_EQ(parseNameAddress("<sip:b@b").uri.host, "b");
}

TEST(Via, ReadsItsPieces)
{
    const auto via =
        parseVia("SIP/2.0/TLS [2001:db8::1]:5061;branch=z9hG4bK1;rport;received=192.0.2.9");
    EXPECT_TRUE(via.ok);
    EXPECT_EQ(via.transport, "TLS");
    EXPECT_EQ(via.host, "2001:db8::1");
    EXPECT_EQ(via.port, 5061);
    EXPECT_EQ(via.parameter("rport"), "");
    EXPECT_EQ(via.parameter("received"), "192.0.2.9");
    const auto spaced = parseVia("SIP / 2.0 / UDP first.example.test: 4000;ttl=16");
    EXPECT_TRUE(spaced.ok);
    EXPECT_EQ(spaced.port, 4000);
    for (const std::string_view text : {"", "SIP/2.0/UDP", "SIP/3.0/UDP h", "SIP/2.0/U DP h x",
                                        "HTTP/2.0/UDP h", "SIP/2.0/ h", "h;branch=1"})
        EXPECT_FALSE(parseVia(text).ok) << text;
}
