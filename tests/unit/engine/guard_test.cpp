// SPDX-License-Identifier: Apache-2.0
#include <engine/guard.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sip/write.h>

namespace {

using base::Transport;
using engine::inspect;
using testing::HasSubstr;

sip::Writer invite()
{
    return sip::Writer::request("INVITE", "sip:bob@127.0.0.1")
        .header("From", "<sip:alice@example.test>;tag=1")
        .header("To", "<sip:bob@example.test>")
        .header("Call-ID", "guarded")
        .header("CSeq", "1 INVITE");
}

sip::Writer goodInvite()
{
    return invite().header("Via", "SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKgood");
}

std::string refusalOf(const std::string &text, Transport transport = Transport::Udp)
{
    const auto refusal = inspect(text, transport);
    return refusal ? refusal->sentence : "";
}

TEST(Guard, LetsOrdinaryMessagesPass)
{
    EXPECT_EQ(refusalOf(goodInvite().body("application/sdp", "v=0\r\n").text()), "");
    EXPECT_EQ(
        refusalOf(
            sip::Writer::response(200, "OK").header("Via", "SIP/2.0/TCP a;branch=z9hG4bK1").text()),
        "");
    EXPECT_EQ(
        refusalOf(
            goodInvite().header("Route", "<sip:edge@127.0.0.1;lr>").header("Contact", "*").text()),
        "");
    EXPECT_EQ(refusalOf(goodInvite().header("Contact", "<sip:a@b;transport=tcp;ob>").text()), "");
    // RFC 2543: no branch at all is another matching rule, not a short one.
    EXPECT_EQ(refusalOf(invite().header("Via", "SIP/2.0/UDP 127.0.0.1:5060").text()), "");
}

TEST(Guard, RefusesAShortBranch)
{
    for (const char *branch : {";branch=z9hG4b", ";branch=1", ";branch=", ";branch"})
        EXPECT_THAT(
            refusalOf(invite().header("Via", std::string("SIP/2.0/UDP 127.0.0.1") + branch).text()),
            HasSubstr("Via branch"))
            << branch;
}

TEST(Guard, RefusesUriParametersThatOverrunTheLibrary)
{
    for (const char *route : {"<sip:a@b;lrZ>", "<sip:a@b;;lrZ>", "<sip:a@b;>",
                              "<sip:a@b;transportx>", "<sip:a@b;ob;maddrs>", "<sip:a@b>;lrZ"})
        EXPECT_NE(refusalOf(goodInvite().header("Route", route).text()), "") << route;
    EXPECT_NE(refusalOf(goodInvite().header("Contact", "<sip:a@b;methodical>").text()), "");
    const std::string target =
        "INVITE sip:bob@127.0.0.1;lrZ SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\n\r\n";
    EXPECT_NE(refusalOf(target), "");
}

TEST(Guard, RefusesOddTelephoneNumbers)
{
    for (const char *tel :
         {"tel:", "tel:+1-201-", "tel:+1%2D2", "tel:abc xyz", "tel:+1(", "tel:.;phone-context=x"})
        EXPECT_THAT(refusalOf(goodInvite().header("Contact", std::string("<") + tel + ">").text()),
                    HasSubstr("tel URI"))
            << tel;
    EXPECT_EQ(refusalOf(goodInvite().header("Contact", "<tel:+1-201-555-0123>").text()), "");
}

TEST(Guard, RefusesWhatIsNotSipOnTheSipPort)
{
    EXPECT_THAT(refusalOf(std::string("\x00\x01\x00\x00!\x12\xA4\x42", 8)), HasSubstr("STUN"));
    EXPECT_THAT(refusalOf(std::string("\x01\x01\x00\x00", 4)), HasSubstr("STUN"));
    EXPECT_THAT(refusalOf("\xF8 compressed"), HasSubstr("SigComp"));
    EXPECT_THAT(refusalOf("GET / HTTP/1.1\r\n\r\n"), HasSubstr("not SIP"));
    EXPECT_THAT(refusalOf("garbage"), HasSubstr("not SIP"));
}

TEST(Guard, RefusesMultipartBeyondTheCapsAndWithoutABoundary)
{
    EXPECT_NE(refusalOf(goodInvite().body("multipart/mixed", "--x\r\n\r\na\r\n--x--\r\n").text()),
              "");
    std::string many;
    for (int i = 0; i < 40; ++i)
        many += "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n";
    EXPECT_NE(refusalOf(goodInvite().body("multipart/mixed;boundary=b", many + "--b--\r\n").text()),
              "");
    EXPECT_EQ(
        refusalOf(goodInvite()
                      .body("multipart/mixed;boundary=b",
                            "--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n--b--\r\n")
                      .text()),
        "");
}

TEST(Guard, RefusesWhatIsTooLarge)
{
    EXPECT_THAT(
        refusalOf(goodInvite().body("text/plain", std::string(61000, 'x')).text(), Transport::Tcp),
        HasSubstr("more than 60000"));
    std::string headers = "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\n";
    for (int i = 0; i < 600; ++i)
        headers += "X: y\r\n";
    EXPECT_NE(refusalOf(headers + "\r\n"), "");
}

TEST(Guard, TellsAViaThatNamesAnotherTransport)
{
    const auto refusal = inspect(goodInvite().text(), Transport::Tcp);
    ASSERT_TRUE(refusal.has_value());
    EXPECT_EQ(refusal->kind, base::LocalKind::ViaMismatch);
    EXPECT_EQ(refusal->callId, "guarded");
    EXPECT_THAT(refusal->sentence, HasSubstr("UDP"));
}

TEST(Guard, CountsRequestsPerSourceAndSecond)
{
    engine::RateLimit limit(3);
    const auto a = base::Address::v4(0x7F000001), b = base::Address::v4(0x7F000002);
    const base::Instant start{1'000'000'000};
    for (int i = 0; i < 3; ++i)
        EXPECT_TRUE(limit.passes(a, start));
    EXPECT_FALSE(limit.passes(a, start));
    EXPECT_FALSE(limit.passes(a, start));
    EXPECT_TRUE(limit.passes(b, start));
    EXPECT_TRUE(limit.passes(a, start + std::chrono::seconds(1)));
}

TEST(Guard, TellsWhatASecondDroppedWhenItIsOver)
{
    engine::RateLimit limit(1);
    const auto a = base::Address::v4(0x7F000001), b = base::Address::v4(0x7F000002);
    const base::Instant start{1'000'000'000}, half = start + std::chrono::milliseconds(500),
                                              next = start + std::chrono::seconds(1);
    for (int i = 0; i < 4; ++i)
        limit.passes(a, start);
    limit.pardon(a);
    for (int i = 0; i < 6; ++i)
        limit.passes(b, half);
    auto drops = limit.over(half);
    EXPECT_TRUE(drops.bySource.empty());
    EXPECT_TRUE(drops.more);
    limit.passes(a, next); // the next second does not take the former one's number along
    limit.passes(a, next);
    drops = limit.over(next);
    EXPECT_THAT(drops.bySource, testing::ElementsAre(std::pair(a, 2U)));
    EXPECT_TRUE(drops.more);
    drops = limit.over(next + std::chrono::seconds(1));
    EXPECT_THAT(drops.bySource, testing::UnorderedElementsAre(std::pair(a, 1U), std::pair(b, 5U)));
    EXPECT_FALSE(drops.more);
    EXPECT_EQ(drops.others, 0U);
    EXPECT_TRUE(limit.over(next + std::chrono::seconds(2)).bySource.empty());
}

TEST(Guard, SumsWhatManySourcesLost)
{
    engine::RateLimit limit(1);
    const base::Instant start{1'000'000'000};
    for (std::uint32_t source = 0; source < 5000; ++source) // more than are watched at once
        for (int i = 0; i < 3; ++i)
            limit.passes(base::Address::v4(0x0A000000 + source), start);
    const auto drops = limit.over(start + std::chrono::seconds(1));
    std::uint64_t sum = drops.others;
    for (const auto &[address, count] : drops.bySource)
        sum += count;
    EXPECT_EQ(sum, 10'000U);
    EXPECT_EQ(drops.bySource.size(), 16U);
}

} // namespace
