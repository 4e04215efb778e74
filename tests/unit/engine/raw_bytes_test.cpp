// SPDX-License-Identifier: Apache-2.0
// Bytes that leave as they are with a Via of ours: whose the answers to them are.
#include "script.h"

#include <gmock/gmock.h>

namespace {

using callee::Script;
using callee::to;
using ear::Ear;
using engine::CallStep;
using peer::Peer;
using peer::Way;
using testing::HasSubstr;

engine::ProbeRequest bytes(const Peer &callee, std::string raw)
{
    engine::ProbeRequest out;
    out.target = callee.uri();
    out.raw = std::move(raw);
    return out;
}

/// As somebody does who tests what a peer makes of a retransmission.
TEST(RawBytes, ACopyOfARequestThatIsUnderWayLeavesItItsAnswer)
{
    std::atomic<int> invites{0};
    Peer callee(Script([&](Peer &self, const sip::Message &message, const Way &way) {
        const bool copy = message.value(sip::HeaderId::Subject) == "copy";
        if (!copy && invites++ == 0)
            self.send(way, sip::responseTo(message, 100, "", "").text());
        if (copy)
            self.send(
                way,
                peer::answer(self, message, 200, "a").body("application/sdp", ear::kAnswer).text());
    }));
    Ear ear(ear::quick());
    ear.engine->place(to(callee));
    ASSERT_TRUE(support::stepUntil([&] { return invites > 0; }));
    std::string copy = callee.texts().front();
    copy.insert(copy.find("\r\n") + 2, "Subject: copy\r\n");
    ear.engine->probe(bytes(callee, copy));
    ASSERT_TRUE(ear.waitFor(CallStep::Answered));
    EXPECT_NE(ear.first(CallStep::Answered).sdp, "") << "not all of it";
    for (const auto &note : ear.told(base::LocalKind::Note))
        EXPECT_THAT(note.sentence, testing::Not(HasSubstr("their Via")));
    EXPECT_TRUE(support::stepUntil([&] { return callee.count("ACK") == 1; }));
}

TEST(RawBytes, AnAnswerToThemIsTheirsWhereNoRequestOfOursHasTheirBranch)
{
    std::atomic<int> invites{0};
    Peer callee(Script([&](Peer &self, const sip::Message &message, const Way &way) {
        ++invites;
        const bool ended = message.value(sip::HeaderId::Subject) == "copy";
        self.send(way, sip::responseTo(message, ended ? 480 : 486, "", "x").text());
    }));
    Ear ear(ear::quick());
    ear.engine->place(to(callee));
    ASSERT_TRUE(ear.waitFor(CallStep::Failed));
    std::string copy = callee.texts().front();
    copy.insert(copy.find("\r\n") + 2, "Subject: copy\r\n");
    copy.insert(copy.find("branch=z9hG4bK") + 14, "other");
    ear.engine->probe(bytes(callee, copy));
    const auto told = [&] {
        const auto notes = ear.told(base::LocalKind::Note);
        return std::any_of(notes.begin(), notes.end(), [](const auto &each) {
            return each.sentence.find("bears their Via") != std::string::npos;
        });
    };
    EXPECT_TRUE(support::stepUntil(told));
    EXPECT_EQ(ear.told(base::LocalKind::GuardRefused).size(), 0U);
}

} // namespace
