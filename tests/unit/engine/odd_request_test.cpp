// SPDX-License-Identifier: Apache-2.0
// Requests over a connection that cannot be taken as they are: 400 where that can be told, and the
// connection stays, for it may be a registered flow.
#include "connected.h"

#include <engine/stack_check.h>
#include <gmock/gmock.h>

namespace {

using engine::CallStep;
using testing::HasSubstr;

struct Odd {
    const char *name;
    const char *from, *to; // in the text of an ordinary INVITE
    bool answerable = true;
};

const std::vector<Odd> kOdd{
    {"Expires", "Max-Forwards: 70", "Max-Forwards: 70\r\nExpires: x"},
    {"ContentType", "Max-Forwards: 70", "Max-Forwards: 70\r\nContent-Type: @"},
    {"Contact", "Contact: <sip:caller@127.0.0.1:9;transport=tcp>", "Contact: sip:"},
    {"RecordRoute", "Max-Forwards: 70", "Max-Forwards: 70\r\nRecord-Route: <sip:@>"},
    {"Version", " SIP/2.0\r\n", " SIP/2.1\r\n", false},
    {"TwoCallIds", "Max-Forwards: 70", "Max-Forwards: 70\r\nCall-ID: another", false},
    {"TwoFroms", "Max-Forwards: 70", "Max-Forwards: 70\r\nFrom: <sip:x@y>;tag=z", false},
    {"FromComma", "From: <sip:caller@127.0.0.1>", "From: Carol, X <sip:caller@127.0.0.1>", false},
    {"FromCut", "From: <sip:caller@127.0.0.1>;tag=c", "From: <sip:caller@127.0", false},
    {"NoCallId", "Call-ID: ", "X-Call-ID: ", false},
    {"CSeqTooLarge", "CSeq: 1 ", "CSeq: 99999999999 ", false},
    {"CSeqOfAnother", "CSeq: 1 INVITE", "CSeq: 1 OPTIONS", false},
    {"Branch", "branch=z9hG4bK", "branch=\"z9hG4bK", false},
    {"Via", "SIP/2.0/TCP 127.0.0.1:9", "nothing at all", false},
};

void PrintTo(const Odd &odd, std::ostream *out)
{
    *out << odd.name;
}

class OddRequest : public incoming::Connected, public testing::WithParamInterface<Odd>
{
public:
    static std::string odd(const Odd &what)
    {
        std::string text = of("odd", "INVITE", 1, "odd");
        const auto at = text.find(what.from);
        EXPECT_NE(at, std::string::npos);
        return text.replace(at, std::string_view(what.from).size(), what.to);
    }
    /// The connection still carries an honest request and its answer.
    bool alive(const std::string &name)
    {
        send(of("honest-" + name, "OPTIONS", 1, "honest" + name));
        return support::stepUntil([&] { return read.find("honest-" + name) != std::string::npos; },
                                  std::chrono::seconds(30), [&] { receive(); });
    }
};

TEST_P(OddRequest, CostsNoConnection)
{
    send(odd(GetParam()));
    EXPECT_TRUE(alive("one"));
    EXPECT_EQ(ear.count(CallStep::Incoming), 0) << "a call that is not what its caller wrote";
    EXPECT_EQ(found("SIP/2.0 400"), GetParam().answerable ? 1U : 0U) << read;
    EXPECT_NE(told(base::LocalKind::GuardRefused, ""), "");
}

INSTANTIATE_TEST_SUITE_P(All, OddRequest, testing::ValuesIn(kOdd),
                         [](const auto &which) { return std::string(which.param.name); });

TEST_F(OddRequest, ABetterOneOfTheSameCallIsTaken)
{
    send(odd(kOdd.front()));
    EXPECT_TRUE(came("400", 1, std::chrono::seconds(30)));
    send(of("odd", "INVITE", 2, "better"));
    EXPECT_TRUE(ear.waitFor(CallStep::Incoming));
}

TEST_F(OddRequest, ANulIsNoEndOfTheConnection)
{
    std::string text = of("nul", "INVITE", 1, "nul");
    text.insert(text.find("Max-Forwards"), std::string("Subject: a\0b\r\n", 14));
    send(text);
    EXPECT_TRUE(came("400", 1, std::chrono::seconds(30)));
    EXPECT_TRUE(alive("nul"));
    EXPECT_THAT(told(base::LocalKind::GuardRefused, "NUL"), HasSubstr("NUL in its headers"));
}

TEST_F(OddRequest, AnAckIsNeverAnswered)
{
    std::string text = of("odd", "ACK", 1, "ack");
    text.insert(text.find("Max-Forwards"), "Expires: x\r\n");
    send(text);
    EXPECT_TRUE(alive("ack"));
    EXPECT_EQ(found("SIP/2.0 400"), 0U);
}

TEST(StackCheck, TakesWhatIsRightAndSaysWhatIsNot)
{
    const std::string good = incoming::Connected::of("one", "INVITE", 1, "x");
    EXPECT_EQ(engine::stackObjection(good).value_or(""), "");
    EXPECT_EQ(engine::stackObjection("SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n").value_or(""),
              "");
    std::string bad = good;
    bad.insert(bad.find("Max-Forwards"), "Expires: x\r\n");
    EXPECT_EQ(engine::stackObjection(bad).value_or(""), "a header Expires that cannot be read");
    const auto least = engine::leastRequest(bad);
    ASSERT_TRUE(least);
    EXPECT_EQ(engine::stackObjection(*least).value_or(""), "");
    EXPECT_EQ(least->find("Expires"), std::string::npos);
    EXPECT_THAT(*least, HasSubstr("Call-ID: one\r\n"));
    // Within a dialog only a BYE means the same without the rest.
    EXPECT_FALSE(engine::leastRequest(incoming::Connected::of("one", "INVITE", 1, "x", "t")));
    EXPECT_TRUE(engine::leastRequest(incoming::Connected::of("one", "BYE", 1, "x", "t")));
    EXPECT_FALSE(engine::leastRequest(incoming::Connected::of("one", "ACK", 1, "x")));
}

} // namespace
