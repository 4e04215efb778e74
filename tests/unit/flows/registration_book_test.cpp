// SPDX-License-Identifier: Apache-2.0
#include <flows/registration_book.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <support/wire.h>

namespace {

using flows::RegistrationState;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char *kPhone = "192.0.2.10:5060";
constexpr const char *kEdge = "192.0.2.2:5060";
constexpr const char *kHome = "192.0.2.1:5060";

class Registering : public testing::Test
{
protected:
    Registering()
        : wire([this](trace::RowId row, const sip::Message *message) { book.add(row, *message); })
    {
    }

    static std::string text(const std::string &first, int cseq, const std::string &headers,
                            bool edge = false, const std::string &call = "reg-1")
    {
        return first + "\r\n" +
               (edge ? "Via: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKe" + std::to_string(cseq) +
                           "\r\n"
                     : "") +
               "Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKp" + std::to_string(cseq) +
               "\r\nFrom: <sip:bob@example.test>;tag=b\r\nTo: <sip:bob@example.test>\r\nCall-ID: " +
               call + "\r\nCSeq: " + std::to_string(cseq) + " REGISTER\r\n" + headers +
               "Content-Length: 0\r\n\r\n";
    }
    void asks(int cseq, const std::string &headers, const std::string &call = "reg-1")
    {
        wire.send(kPhone, kHome,
                  text("REGISTER sip:example.test SIP/2.0", cseq, headers, false, call));
    }
    void gets(int status, int cseq, const std::string &headers, const std::string &call = "reg-1")
    {
        wire.send(kHome, kPhone,
                  text("SIP/2.0 " + std::to_string(status) + " Text", cseq, headers, false, call));
    }
    const flows::Registration &only() const
    {
        EXPECT_THAT(book.all(), SizeIs(1));
        return book.all().front();
    }
    RegistrationState state() const { return only().stateAt(wire.time); }
    void wait(int seconds) { wire.time = wire.time + std::chrono::seconds(seconds); }

    support::Wire wire;
    flows::RegistrationBook book{wire.trace};
};

TEST_F(Registering, ListsEveryBindingOfThe2xx)
{
    asks(1, "Contact: <sip:bob@192.0.2.10>;reg-id=1;+sip.instance=\"<urn:uuid:1>\"\r\n"
            "Supported: path, outbound\r\nUser-Agent: phone 1\r\nExpires: 600\r\n");
    gets(200, 1,
         "Contact: "
         "<sip:bob@192.0.2.10>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=300;q=0.7,\r\n"
         " <sip:bob@192.0.2.11;transport=tcp>;expires=1200;pub-gruu=\"sip:bob@example.test;gr=urn:"
         "x\"\r\n"
         "Path: <sip:token@edge.test;lr;ob>\r\nService-Route: <sip:home.test;lr>\r\n"
         "Require: outbound\r\nFlow-Timer: 120\r\nServer: registrar 9\r\n");
    const auto &registration = only();
    EXPECT_EQ(registration.aor, "sip:bob@example.test");
    EXPECT_EQ(state(), RegistrationState::Registered);
    ASSERT_THAT(registration.contacts, SizeIs(2));
    EXPECT_EQ(registration.contacts[0].uri, "sip:bob@192.0.2.10");
    EXPECT_EQ(registration.contacts[0].regId, 1U);
    EXPECT_EQ(registration.contacts[0].instance, "urn:uuid:1");
    EXPECT_EQ(registration.contacts[0].q, "0.7");
    EXPECT_EQ(registration.contacts[0].expires, 300U);
    EXPECT_EQ(registration.contacts[1].uri, "sip:bob@192.0.2.11;transport=tcp");
    EXPECT_EQ(registration.contacts[1].publicGruu, "sip:bob@example.test;gr=urn:x");
    EXPECT_THAT(registration.path, ElementsAre("<sip:token@edge.test;lr;ob>"));
    EXPECT_THAT(registration.serviceRoute, ElementsAre("<sip:home.test;lr>"));
    EXPECT_EQ(registration.flowTimer, 120U);
    EXPECT_TRUE(registration.outboundAsked && registration.outboundGranted);
    EXPECT_EQ(registration.asked, 600U);
    EXPECT_EQ(registration.userAgent, support::Wire::at(kPhone));
    EXPECT_EQ(registration.registrar, support::Wire::at(kHome));
    EXPECT_EQ(registration.userAgentName, "phone 1");
    EXPECT_EQ(registration.registrarName, "registrar 9");
    wait(301);
    EXPECT_EQ(state(), RegistrationState::Registered); // the other one still holds
    wait(900);
    EXPECT_EQ(state(), RegistrationState::Expired);
}

TEST_F(Registering, WhatWasGrantedStaysKnownWhenTheUserAgentLeavesOrAsks)
{
    const std::string contact =
        "Contact: <sip:bob@192.0.2.10>;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=";
    asks(1, contact + "600\r\n");
    gets(200, 1, contact + "600\r\nRequire: outbound\r\nFlow-Timer: 25\r\n");
    asks(2, "");
    gets(200, 2, contact + "590\r\n");
    EXPECT_TRUE(only().outboundGranted);
    asks(3, contact + "0\r\n");
    gets(200, 3, "");
    EXPECT_EQ(state(), RegistrationState::Removed);
    EXPECT_TRUE(only().outboundGranted);
    EXPECT_EQ(only().flowTimer, 25U);
    asks(4, contact + "600\r\n");
    gets(200, 4, contact + "600\r\n");
    EXPECT_FALSE(only().outboundGranted) << "the registrar did not grant it again";
}

TEST_F(Registering, ParameterCountsMoreThanHeaderAndHeaderMoreThanNothing)
{
    asks(1, "Contact: <sip:bob@192.0.2.10>\r\n");
    gets(200, 1,
         "Contact: <sip:bob@192.0.2.10>;expires=60\r\nContact: <sip:bob@192.0.2.11>\r\n"
         "Expires: 3600\r\n");
    EXPECT_EQ(only().contacts[0].expires, 60U);
    EXPECT_EQ(only().contacts[1].expires, 3600U);
    asks(2, "Contact: <sip:bob@192.0.2.10>\r\n");
    gets(200, 2, "Contact: <sip:bob@192.0.2.10>\r\n");
    EXPECT_EQ(only().contacts[0].expires, std::nullopt);
    EXPECT_EQ(state(), RegistrationState::Registered);
    EXPECT_EQ(only().refreshes, 1U);
    EXPECT_EQ(only().requests, 2U);
}

TEST_F(Registering, RemovalOfOneAndOfAll)
{
    asks(1, "Contact: <sip:bob@192.0.2.10>;expires=600\r\n");
    gets(200, 1, "Contact: <sip:bob@192.0.2.10>;expires=600, <sip:bob@192.0.2.11>;expires=600\r\n");
    asks(2, "Contact: <sip:bob@192.0.2.10>;expires=0\r\n");
    gets(200, 2, "Contact: <sip:bob@192.0.2.11>;expires=590\r\n");
    EXPECT_THAT(only().contacts, SizeIs(1));
    EXPECT_EQ(state(), RegistrationState::Registered);
    asks(3, "Contact: *\r\nExpires: 0\r\n");
    gets(200, 3, "");
    EXPECT_THAT(only().contacts, IsEmpty());
    EXPECT_EQ(state(), RegistrationState::Removed);
}

TEST_F(Registering, ChallengeThen423ThenSuccess)
{
    asks(1, "Contact: <sip:bob@192.0.2.10>;expires=60\r\n");
    EXPECT_EQ(state(), RegistrationState::Pending);
    gets(401, 1, "WWW-Authenticate: Digest realm=\"x\", nonce=\"y\"\r\n");
    EXPECT_EQ(state(), RegistrationState::Challenged);
    asks(2, "Contact: <sip:bob@192.0.2.10>;expires=60\r\n");
    gets(423, 2, "Min-Expires: 900\r\n");
    EXPECT_EQ(state(), RegistrationState::Failed);
    EXPECT_EQ(only().leastExpires, 900U);
    asks(3, "Contact: <sip:bob@192.0.2.10>;expires=900\r\n");
    gets(200, 3, "Contact: <sip:bob@192.0.2.10>;expires=900\r\n");
    EXPECT_EQ(state(), RegistrationState::Registered);
    asks(4, "Contact: <sip:bob@192.0.2.10>;expires=900\r\n");
    gets(503, 4, "");
    EXPECT_EQ(state(), RegistrationState::Registered); // until it runs out
    EXPECT_EQ(only().status, 503);
}

TEST_F(Registering, HopsAndRetransmissionsCountOnce)
{
    const std::string contact = "Contact: <sip:bob@192.0.2.10>;expires=60\r\n";
    for (int again = 0; again < 2; ++again)
        wire.send(kPhone, kEdge, text("REGISTER sip:example.test SIP/2.0", 1, contact));
    wire.send(kEdge, kHome, text("REGISTER sip:example.test SIP/2.0", 1, contact, true));
    wire.send(kHome, kEdge, text("SIP/2.0 200 OK", 1, contact, true));
    wire.send(kEdge, kPhone, text("SIP/2.0 200 OK", 1, contact + "Flow-Timer: 25\r\n"));
    EXPECT_EQ(only().requests, 1U);
    EXPECT_EQ(only().userAgent, support::Wire::at(kPhone));
    EXPECT_EQ(only().registrar, support::Wire::at(kHome));
    EXPECT_EQ(only().flowTimer, 25U); // the last proxy before the user agent puts it
    EXPECT_THAT(only().events, SizeIs(2));
}

TEST_F(Registering, AQueryChangesNothing)
{
    asks(1, "Contact: <sip:bob@192.0.2.10>;expires=600\r\n");
    gets(200, 1, "Contact: <sip:bob@192.0.2.10>;expires=600\r\n");
    asks(2, "");
    gets(200, 2, "Contact: <sip:bob@192.0.2.10>;expires=598\r\n");
    EXPECT_EQ(state(), RegistrationState::Registered);
    EXPECT_EQ(only().refreshes, 0U);
}

TEST_F(Registering, ResponsesAloneTellToo)
{
    gets(200, 7, "Contact: <sip:bob@192.0.2.10>;expires=600\r\n");
    EXPECT_EQ(state(), RegistrationState::Registered);
    EXPECT_EQ(only().userAgent, support::Wire::at(kPhone));
    EXPECT_THAT(only().callIds, ElementsAre("reg-1"));
}

TEST_F(Registering, TwoFlowsOfOneAddress)
{
    const auto contact = [](int regId) {
        return "Contact: <sip:bob@192.0.2.10>;reg-id=" + std::to_string(regId) +
               ";+sip.instance=\"<urn:uuid:1>\";expires=600\r\n";
    };
    asks(1, contact(1), "reg-1");
    gets(200, 1, contact(1) + "Require: outbound\r\n", "reg-1");
    asks(1, contact(2), "reg-2");
    gets(200, 1, contact(1) + contact(2) + "Require: outbound\r\n", "reg-2");
    EXPECT_THAT(only().contacts, SizeIs(2));
    EXPECT_THAT(only().callIds, ElementsAre("reg-1", "reg-2"));
}

TEST(RegistrationBook, KeepsToItsBound)
{
    support::Wire wire;
    flows::RegistrationBook book(wire.trace, 3);
    for (int i = 0; i < 10; ++i) {
        const auto text = "REGISTER sip:example.test SIP/2.0\r\nTo: <sip:u" + std::to_string(i) +
                          "@example.test>\r\nCall-ID: r" + std::to_string(i) +
                          "\r\nCSeq: 1 REGISTER\r\nContact: <sip:a@192.0.2.10>\r\n\r\n";
        const auto row = wire.send(kPhone, kHome, text);
        book.add(row, *wire.trace.message(row));
    }
    EXPECT_THAT(book.all(), SizeIs(3));
    EXPECT_EQ(book.leftOut(), 7U);
}

/// RFC 3261 section 8.2.6.2: the Call-ID is the request's, or it is no answer to it.
TEST_F(Registering, AnAnswerUnderAnotherCallIdBindsNobody)
{
    asks(1, "Contact: <sip:bob@192.0.2.10>;expires=600\r\n");
    gets(200, 1, "Contact: <sip:bob@192.0.2.10>;expires=600\r\n", "nonsense");
    EXPECT_EQ(state(), RegistrationState::Pending);
    EXPECT_THAT(only().contacts, IsEmpty());
    gets(200, 1, "Contact: <sip:bob@192.0.2.10>;expires=600\r\n");
    EXPECT_EQ(state(), RegistrationState::Registered);
}

} // namespace
