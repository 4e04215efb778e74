// SPDX-License-Identifier: Apache-2.0
// What the peer asks for within the dialog of a call that we placed: 2xx repeated until the ACK,
// requests in order, what cannot be served.
#include "script.h"

#include <gmock/gmock.h>

namespace {

using callee::to;
using ear::Ear;
using engine::CallStep;
using peer::Peer;
using peer::Way;
using testing::HasSubstr;

/// Answers the call; afterwards it asks by hand within the dialog and keeps every answer.
class Asking : public testing::Test
{
public:
    /// 64*T1 is what a slow machine has for an ACK.
    explicit Asking(std::chrono::milliseconds t1 = std::chrono::milliseconds(200), int status = 200,
                    const std::function<void(engine::CallRequest &)> &how = {})
        : first(status), callee([this](Peer &self, const sip::Message &message, const Way &from) {
              heard(self, message, from);
          }),
          ear(ear::quick(t1))
    {
        auto asked = to(callee);
        if (how)
            how(asked);
        ear.engine->place(asked);
        EXPECT_TRUE(ear.waitFor(status < 200 ? CallStep::Provisional : CallStep::Answered));
        EXPECT_TRUE(support::stepUntil([&] { return status < 200 || callee.count("ACK") == 1; }));
    }
    void heard(Peer &self, const sip::Message &message, const Way &from)
    {
        const std::lock_guard guard(mutex);
        if (!message.isRequest()) {
            answers.emplace_back(message.text);
            return;
        }
        if (message.method == sip::Method::Invite && invite.empty()) {
            invite = message.text;
            way = from;
            self.send(from, peer::answer(self, message, first, "a")
                                .body("application/sdp", ear::kAnswer)
                                .text());
        } else if (message.method == sip::Method::Bye || message.method == sip::Method::Prack) {
            self.send(from, sip::responseTo(message, 200, "", "").text());
        }
    }
    sip::Writer request(const std::string &method, int cseq)
    {
        const std::lock_guard guard(mutex);
        const auto sent = *sip::parse(invite);
        const auto contact = sent.value(sip::HeaderId::Contact);
        return sip::Writer::request(method, std::string(contact.substr(1, contact.find('>') - 1)))
            .header("Via", "SIP/2.0/UDP 127.0.0.1:" + std::to_string(callee.port()) +
                               ";branch=z9hG4bK" + method + std::to_string(++branch))
            .header("From", "<" + callee.uri() + ">;tag=a")
            .header("To", sent.value(sip::HeaderId::From))
            .header("Call-ID", sent.callId())
            .header("CSeq", std::to_string(cseq) + " " + method)
            .header("Contact", "<" + callee.uri("callee") + ">")
            .header("Max-Forwards", "70");
    }
    void send(const sip::Writer &message) { callee.send(way, message.text()); }
    /// The `nth` answer that we got to a request of that CSeq; waits for it.
    std::string answer(const std::string &cseq, std::size_t nth = 1)
    {
        std::string out;
        const bool came = support::stepUntil([&] {
            const std::lock_guard guard(mutex);
            std::size_t found = 0;
            for (const auto &text : answers)
                if (text.find("CSeq: " + cseq + "\r\n") != std::string::npos && ++found == nth)
                    out = text;
            return !out.empty();
        });
        EXPECT_TRUE(came) << cseq;
        return out;
    }

    /// Another response to our INVITE.
    sip::Writer respond(int status, const std::string &tag)
    {
        const std::lock_guard guard(mutex);
        return peer::answer(callee, *sip::parse(invite), status, tag);
    }

    std::mutex mutex;
    std::string invite;
    std::vector<std::string> answers;
    const int first; // what the INVITE is answered with
    Way way;
    int branch = 0;
    Peer callee;
    Ear ear;
};

class Forgetful : public Asking
{
public:
    Forgetful() : Asking(std::chrono::milliseconds(20)) {}
};

TEST_F(Asking, TheAnswerToAReInviteIsRepeatedUntilItsAck)
{
    send(request("INVITE", 10).body("application/sdp", ear::kAnswer));
    ASSERT_TRUE(support::stepUntil([&] { return callee.copies("SIP/2.0 200") >= 3; }));
    send(request("INVITE", 11).body("application/sdp", ear::kAnswer));
    EXPECT_THAT(answer("11 INVITE"), HasSubstr("SIP/2.0 491"));
    send(request("ACK", 9)); // of something else: it ends nothing
    send(request("ACK", 10));
    send(request("OPTIONS", 12)); // when it is answered, the ACK was heard
    EXPECT_THAT(answer("12 OPTIONS"), HasSubstr("SIP/2.0 200"));
    send(request("INVITE", 13).body("application/sdp", ear::kAnswer));
    EXPECT_THAT(answer("13 INVITE"), HasSubstr("SIP/2.0 200"));
    EXPECT_EQ(ear.count(CallStep::Ended), 0);
}

TEST_F(Asking, AnotherPhonesAnswerDoesNotEndTheRepetition)
{
    send(request("INVITE", 10).body("application/sdp", ear::kAnswer));
    ASSERT_TRUE(support::stepUntil([&] { return callee.copies("SIP/2.0 200") >= 1; }));
    send(respond(200, "b"));
    ASSERT_TRUE(support::stepUntil([&] { return callee.count("BYE") == 1; }));
    const auto before = callee.copies("SIP/2.0 200");
    EXPECT_TRUE(support::stepUntil([&] { return callee.copies("SIP/2.0 200") > before; }));
    send(request("ACK", 10));
    send(request("OPTIONS", 11));
    EXPECT_THAT(answer("11 OPTIONS"), HasSubstr("SIP/2.0 200"));
    EXPECT_EQ(ear.count(CallStep::Ended), 0);
}

class StillRinging : public Asking
{
public:
    StillRinging() : Asking(std::chrono::milliseconds(200), 183) {}
};

TEST_F(StillRinging, AnUpdateThatOffersWaitsForTheAnswerToOurInvite)
{
    send(request("UPDATE", 10).body("application/sdp", ear::kAnswer));
    EXPECT_THAT(answer("10 UPDATE"), HasSubstr("SIP/2.0 491")); // a plain 183 answers nothing
    send(request("UPDATE", 11));
    EXPECT_THAT(answer("11 UPDATE"), HasSubstr("SIP/2.0 200"));
    send(respond(183, "a")
             .header("Require", "100rel")
             .header("RSeq", "1")
             .body("application/sdp", ear::kAnswer));
    ASSERT_TRUE(ear.waitFor(CallStep::PrackDone));
    send(request("UPDATE", 12).body("application/sdp", ear::kAnswer));
    EXPECT_THAT(answer("12 UPDATE"), HasSubstr("SIP/2.0 200"));
    EXPECT_TRUE(ear.waitFor(CallStep::Changed));
    EXPECT_EQ(ear.count(CallStep::Permitted), 0);
    send(request("UPDATE", 13).header("P-Early-Media", "inactive")); // RFC 5009 section 8
    EXPECT_THAT(answer("13 UPDATE"), HasSubstr("SIP/2.0 200"));
    ASSERT_TRUE(ear.waitFor(CallStep::Permitted));
    EXPECT_EQ(ear.first(CallStep::Permitted).earlyMedia, "inactive");
    EXPECT_EQ(ear.first(CallStep::Permitted).toTag, "a");
    send(respond(486, "a"));
    EXPECT_TRUE(ear.waitFor(CallStep::Failed));
}

TEST_F(Forgetful, WithoutAckTheCallIsEnded)
{
    send(request("INVITE", 10).body("application/sdp", ear::kAnswer));
    ASSERT_TRUE(ear.waitFor(CallStep::Ended));
    EXPECT_EQ(callee.count("BYE"), 1);
    // T1, doubling to T2 = 8*T1, for 64*T1: at 0, 1, 3, 7, 15, 23 ... 63.
    EXPECT_EQ(callee.copies("SIP/2.0 200"), 11);
    ASSERT_EQ(ear.told(base::LocalKind::TimedOut).size(), 1U);
    EXPECT_THAT(ear.told(base::LocalKind::TimedOut).front().sentence, HasSubstr("re-INVITE"));
}

TEST_F(Asking, AReInviteWithoutOfferGetsOursAndTheAckAnswersIt)
{
    send(request("INVITE", 10));
    EXPECT_THAT(answer("10 INVITE"),
                testing::AllOf(HasSubstr("SIP/2.0 200"), HasSubstr("m=audio")));
    send(request("UPDATE", 11).body("application/sdp", ear::kAnswer));
    EXPECT_THAT(answer("11 UPDATE"), HasSubstr("SIP/2.0 491")); // RFC 3311: our offer is open
    send(request("ACK", 10).body("application/sdp", ear::kAnswer));
    ASSERT_TRUE(ear.waitFor(CallStep::Changed));
    EXPECT_EQ(ear.first(CallStep::Changed).sdp, ear::kAnswer);
    send(request("UPDATE", 12).body("application/sdp", ear::kAnswer));
    EXPECT_THAT(answer("12 UPDATE"), HasSubstr("SIP/2.0 200"));
}

TEST_F(Asking, TelephoneEventsThatAnOfferBringsAreTaken)
{
    const std::string offer = std::string(ear::kAnswer) + "a=rtpmap:100 telephone-event/8000\r\n";
    auto body = offer;
    body.replace(body.find("RTP/AVP 0"), 9, "RTP/AVP 0 100");
    send(request("UPDATE", 10).body("application/sdp", body));
    EXPECT_THAT(answer("10 UPDATE"),
                testing::AllOf(HasSubstr("SIP/2.0 200"), HasSubstr("RTP/AVP 0 100\r\n"),
                               HasSubstr("a=rtpmap:100 telephone-event/8000")));
    send(request("UPDATE", 11).body("application/sdp", ear::kAnswer)); // and no more
    EXPECT_THAT(answer("11 UPDATE"), testing::Not(HasSubstr("telephone-event")));
}

TEST_F(Asking, RequestsOutOfOrderAreRefused)
{
    send(request("OPTIONS", 10));
    EXPECT_THAT(answer("10 OPTIONS"), HasSubstr("SIP/2.0 200"));
    for (const char *const method : {"INFO", "UPDATE", "INVITE", "BYE"}) {
        send(request(method, 9));
        EXPECT_THAT(answer(std::string("9 ") + method), HasSubstr("SIP/2.0 500"));
    }
    EXPECT_EQ(ear.count(CallStep::Ended), 0);
    send(request("BYE", 4'000'000));
    EXPECT_THAT(answer("4000000 BYE"), HasSubstr("SIP/2.0 200"));
    EXPECT_TRUE(ear.waitFor(CallStep::Ended));
}

TEST_F(Asking, WhatCannotBeServedIsSaid)
{
    send(request("INFO", 10).header("Require", "100rel, foo").header("Require", "bar"));
    EXPECT_THAT(answer("10 INFO"),
                testing::AllOf(HasSubstr("SIP/2.0 420"), HasSubstr("Unsupported: foo, bar\r\n")));
    send(request("UPDATE", 11).header("Require", "timer").header("Session-Expires", "1800"));
    EXPECT_THAT(answer("11 UPDATE"), HasSubstr("SIP/2.0 200"));
    send(request("INVITE", 12).body("application/x-tea", "two cups"));
    EXPECT_THAT(answer("12 INVITE"),
                testing::AllOf(HasSubstr("SIP/2.0 415"), HasSubstr("Accept: application/sdp\r\n")));
    send(request("INVITE", 13)
             .header("Content-Disposition", "render;handling=optional")
             .body("application/x-tea", "two cups"));
    EXPECT_THAT(answer("13 INVITE"), HasSubstr("SIP/2.0 200"));
    send(request("ACK", 13).body("application/sdp", ear::kAnswer));
    send(request("UPDATE", 14)
             .header("Content-Encoding", "gzip")
             .body("application/sdp", ear::kAnswer));
    EXPECT_THAT(answer("14 UPDATE"),
                testing::AllOf(HasSubstr("SIP/2.0 415"), HasSubstr("Accept-Encoding: identity")));
}

TEST_F(Asking, OfSeveralBodiesTheNecessaryOnesMustBeKnown)
{
    const auto mixed = [&](const std::string &disposition) {
        return std::string("--b\r\nContent-Type: application/sdp\r\n\r\n") + ear::kAnswer +
               "\r\n--b\r\nContent-Type: application/x-tea\r\n" + disposition +
               "\r\ntwo cups\r\n--b--\r\n";
    };
    send(request("INVITE", 10).body("multipart/mixed;boundary=b", mixed("")));
    EXPECT_THAT(answer("10 INVITE"), HasSubstr("SIP/2.0 415"));
    send(request("UPDATE", 11).body("multipart/alternative;boundary=b", mixed("")));
    EXPECT_THAT(answer("11 UPDATE"), HasSubstr("SIP/2.0 200"));
    send(request("UPDATE", 12)
             .body("multipart/mixed;boundary=b",
                   mixed("Content-Disposition: signal ; handling=OPTIONAL\r\n")));
    EXPECT_THAT(answer("12 UPDATE"), HasSubstr("SIP/2.0 200"));
}

/// An offer of the peer's with these m= lines and what follows them.
std::string offerOf(const std::string &lines)
{
    return "v=0\r\no=- 7 7 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n" + lines;
}

TEST_F(Asking, ANarrowAnswerNarrowsNoLaterOne)
{
    const auto offers = [&](int cseq, const std::string &lines) {
        send(request("UPDATE", cseq).body("application/sdp", offerOf(lines)));
        return answer(std::to_string(cseq) + " UPDATE");
    };
    EXPECT_THAT(offers(10, "m=audio 41000 RTP/AVP 8\r\n"), HasSubstr("m=audio 40000 RTP/AVP 8"));
    EXPECT_THAT(offers(11, "m=audio 41002 RTP/AVP 0\r\n"), HasSubstr("m=audio 40000 RTP/AVP 0"));
    EXPECT_THAT(offers(12, "m=audio 41002 RTP/AVP 0\r\na=sendonly\r\n"), HasSubstr("a=recvonly"));
    EXPECT_THAT(offers(13, "m=audio 41002 RTP/AVP 0 8\r\n"), HasSubstr("a=sendrecv"));
    // Nothing in it is ours: the session stays, and goes on from there.
    EXPECT_THAT(offers(14, "m=audio 41002 RTP/AVP 18\r\n"), HasSubstr("SIP/2.0 488"));
    EXPECT_THAT(offers(15, "m=video 41004 RTP/AVP 34\r\n"), HasSubstr("SIP/2.0 488"));
    EXPECT_THAT(offers(16, "m=audio 41002 RTP/AVP 8\r\n"), HasSubstr("m=audio 40000 RTP/AVP 8"));
    EXPECT_EQ(ear.count(CallStep::Changed), 5);
}

TEST_F(Asking, AStreamIsTakenAwayAndComesBack)
{
    send(request("UPDATE", 10).body("application/sdp", offerOf("m=audio 0 RTP/AVP 0\r\n")));
    EXPECT_THAT(answer("10 UPDATE"),
                testing::AllOf(HasSubstr("SIP/2.0 200"), HasSubstr("m=audio 0 RTP/AVP 0")));
    send(request("UPDATE", 11)
             .body("application/sdp",
                   offerOf("m=audio 0 RTP/AVP 0\r\nm=audio 41002 RTP/AVP 8\r\n")));
    EXPECT_THAT(answer("11 UPDATE"), testing::AllOf(HasSubstr("m=audio 0 RTP/AVP 0"),
                                                    HasSubstr("m=audio 40000 RTP/AVP 8")));
}

TEST_F(Asking, OurNextOfferKeepsTheLinesThatThePeerAdded)
{
    send(request("UPDATE", 10)
             .body("application/sdp",
                   offerOf("m=audio 41000 RTP/AVP 0\r\nm=video 41004 RTP/AVP 34\r\n")));
    EXPECT_THAT(answer("10 UPDATE"), HasSubstr("m=video 0"));
    ear.engine->hold(ear.first(CallStep::Answered).call, true, false);
    ASSERT_TRUE(support::stepUntil([&] { return callee.count("INVITE") == 2; }));
    const auto texts = callee.texts();
    const auto last = std::find_if(texts.rbegin(), texts.rend(), [](const std::string &each) {
        return each.compare(0, 7, "INVITE ") == 0;
    });
    EXPECT_THAT(*last, testing::AllOf(HasSubstr("m=audio 40000"), HasSubstr("m=video 0"),
                                      HasSubstr("a=sendonly"))); // RFC 3264 section 8
}

constexpr const char *kLong = "inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

class Keyed : public Asking
{
public:
    Keyed()
        : Asking(std::chrono::milliseconds(200), 200, [](engine::CallRequest &asked) {
              const std::string key = kLong;
              asked.description += "a=crypto:1 AES_CM_128_HMAC_SHA1_80 " + key + "\r\n";
              asked.able = asked.description + "a=crypto:2 AES_CM_128_HMAC_SHA1_32 " + key + "\r\n";
          })
    {
    }
};

TEST_F(Keyed, AnotherSuiteThanTheFirstIsTakenToo)
{
    const std::string key = kLong;
    send(request("UPDATE", 10)
             .body("application/sdp", offerOf("m=audio 41000 RTP/SAVP 0\r\na=crypto:4 "
                                              "AES_CM_128_HMAC_SHA1_80 " +
                                              key + "\r\n")));
    EXPECT_THAT(answer("10 UPDATE"), HasSubstr("a=crypto:4 AES_CM_128_HMAC_SHA1_80"));
    send(request("UPDATE", 11)
             .body("application/sdp", offerOf("m=audio 41000 RTP/SAVP 0\r\na=crypto:9 "
                                              "AES_CM_128_HMAC_SHA1_32 " +
                                              key + "\r\n")));
    EXPECT_THAT(answer("11 UPDATE"), HasSubstr("a=crypto:9 AES_CM_128_HMAC_SHA1_32"));
    send(request("UPDATE", 12)
             .body("application/sdp", offerOf("m=audio 41000 RTP/SAVP 0\r\na=crypto:9 "
                                              "AES_CM_256_HMAC_SHA1_80 " +
                                              key + "\r\n")));
    EXPECT_THAT(answer("12 UPDATE"), HasSubstr("SIP/2.0 488"));
}

TEST_F(Keyed, AStreamThatComesBackByOurOfferBringsItsKeys)
{
    send(request("UPDATE", 10).body("application/sdp", offerOf("m=audio 0 RTP/SAVP 0\r\n")));
    EXPECT_THAT(answer("10 UPDATE"), HasSubstr("m=audio 0 RTP/SAVP 0"));
    send(request("INVITE", 11)); // RFC 3261 section 14.2: we make the offer
    EXPECT_THAT(answer("11 INVITE"),
                testing::AllOf(HasSubstr("m=audio 40000 RTP/AVP"),
                               HasSubstr("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:")));
}

class Handshaking : public Asking
{
public:
    Handshaking()
        : Asking(std::chrono::milliseconds(200), 200, [](engine::CallRequest &asked) {
              auto &own = asked.description;
              own.replace(own.find("RTP/AVP"), 7, "UDP/TLS/RTP/SAVP");
              own += "a=fingerprint:sha-256 AB:CD\r\na=setup:actpass\r\n";
          })
    {
    }
    static std::string theirs(const std::string &setup)
    {
        return offerOf(
            "m=audio 41000 UDP/TLS/RTP/SAVP 0\r\na=fingerprint:sha-256 CD:EF\r\na=setup:" + setup +
            "\r\n");
    }
};

TEST_F(Handshaking, OurOfferLeavesItToTheAnswerWhoBegins)
{
    send(request("UPDATE", 10).body("application/sdp", theirs("actpass")));
    EXPECT_THAT(answer("10 UPDATE"), HasSubstr("a=setup:active\r\n"));
    send(request("INVITE", 11)); // RFC 5763 section 5: whose answer it will be, nobody knows
    EXPECT_THAT(answer("11 INVITE"), testing::AllOf(HasSubstr("UDP/TLS/RTP/SAVP"),
                                                    HasSubstr("a=fingerprint:sha-256 AB:CD"),
                                                    HasSubstr("a=setup:actpass\r\n")));
    send(request("ACK", 11).body("application/sdp", theirs("active")));
    ASSERT_TRUE(support::stepUntil([&] { return ear.count(CallStep::Changed) == 2; }));
    send(request("UPDATE", 12).body("application/sdp", theirs("actpass")));
    EXPECT_THAT(answer("12 UPDATE"), HasSubstr("a=setup:passive\r\n")) << "as it was settled";
}

} // namespace
