// SPDX-License-Identifier: Apache-2.0
// A long live session stays within its bound, and its oldest calls are still all there.
#include <cstdlib>
#include <filesystem>
#include <record/recorder.h>

#include "talk.h"

namespace {

using namespace talk;

TEST(SessionMemory, oldCallsLeaveItAndCanBeLookedAtAgain)
{
    constexpr std::size_t kBound = std::size_t{2} << 20U;
    constexpr int kCalls = 8000;
    session::Options options;
    options.textInMemory = kBound;
    options.textFolder = std::filesystem::temp_directory_path().string();
    const auto opened = session::Session::open(options);
    ASSERT_TRUE(opened);
    session::Session &session = **opened;
    const auto push = [&](int number) {
        const std::string id = fmt::format("call-{}", number);
        for (const std::string &text : {invite(id), progress(id), failure(id), ack(id)}) {
            const bool request = text[0] != 'S';
            base::Packet packet = datagram(at(number), request ? kCaller : kCallee,
                                           request ? kCallee : kCaller, text);
            packet.origin = base::Origin::Tap;
            ASSERT_TRUE(session.inbox().pushWaiting(std::move(packet)));
        }
    };
    for (int i = 0; i < kCalls; ++i)
        push(i);
    ASSERT_TRUE(session.settle(60s));
    const auto last = session.last();
    EXPECT_LE(last->memory.resident, kBound + (std::size_t{1} << 20U));
    EXPECT_GT(last->memory.stored, 2 * kBound);
    EXPECT_FALSE(last->memory.full);
    EXPECT_EQ(last->evicted, 0U);
    EXPECT_EQ(last->messages, 4U * kCalls);
    const auto calls = session.calls();
    ASSERT_EQ(calls.size(), static_cast<std::size_t>(kCalls));
    for (int i = 0; i < kCalls; i += 97) {
        const std::string id = fmt::format("call-{}", i);
        const auto &view = *calls[static_cast<std::size_t>(i)];
        EXPECT_EQ(view.brief.rows, 4U);
        ASSERT_EQ(view.call->callId, id);
        ASSERT_EQ(view.call->rows.size(), 4U);
        const std::string texts[] = {invite(id), progress(id), failure(id), ack(id)};
        for (std::size_t row = 0; row < 4; ++row)
            EXPECT_EQ(session.trace().text(view.call->rows[row].row), texts[row]) << id;
    }
}

std::string registering(int phone, int cseq, bool answer)
{
    return fmt::format(
        "{}\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKr{}x{}\r\n{}"
        "From: <sip:p{}@example.test>;tag=a\r\nTo: <sip:p{}@example.test>{}\r\n"
        "Call-ID: phone-{}\r\nCSeq: {} REGISTER\r\nContact: <sip:p{}@192.0.2.1>;expires=60\r\n"
        "Content-Length: 0\r\n\r\n",
        answer ? "SIP/2.0 200 OK" : "REGISTER sip:example.test SIP/2.0", phone, cseq,
        answer ? "" : "Max-Forwards: 70\r\n", phone, phone, answer ? ";tag=b" : "", phone, cseq,
        phone);
}

/// Refreshes of so many phones, live; what a phone sends comes 30 s after its refresh before.
void refresh(session::Session &session, int phones, int times)
{
    for (int time = 1; time <= times; ++time) {
        for (int phone = 0; phone < phones; ++phone) {
            for (const bool answer : {false, true}) {
                base::Packet packet =
                    datagram(at(time * 30'000 + phone), answer ? kCallee : kCaller,
                             answer ? kCaller : kCallee, registering(phone, time, answer));
                packet.origin = base::Origin::Tap;
                ASSERT_TRUE(session.inbox().pushWaiting(std::move(packet)));
            }
        }
    }
    ASSERT_TRUE(session.settle(60s));
}

TEST(SessionMemory, registrationsThatRestAreNotKeptFolded)
{
    constexpr int kPhones = 6000;
    const auto opened = session::Session::open({});
    ASSERT_TRUE(opened);
    session::Session &session = **opened;
    refresh(session, kPhones, 2);
    const auto calls = session.calls();
    ASSERT_EQ(calls.size(), static_cast<std::size_t>(kPhones));
    std::size_t folded = 0;
    std::shared_ptr<const session::CallView> resting;
    for (const auto &view : calls) {
        EXPECT_TRUE(view->live);
        EXPECT_EQ(view->brief.rows, 4U);
        EXPECT_EQ(view->brief.state, calls::State::Answered);
        folded += view->call.folded() ? 1 : 0;
        resting = view->call.folded() ? resting : view;
    }
    EXPECT_GT(folded, 0U);
    EXPECT_LE(folded, 2100U);
    ASSERT_TRUE(resting);
    EXPECT_EQ(resting->call->rows.size(), 4U); // it is there again for who looks
    EXPECT_EQ(resting->call->state, calls::State::Answered);
    refresh(session, 1, 3); // a phone goes on
    EXPECT_TRUE(session.calls().front()->call.folded());
    EXPECT_EQ(session.calls().front()->brief.rows, 10U);
}

/// What is left out of a registration that is refreshed for days is in the session's file.
TEST(SessionMemory, refreshesLeftOutAreInTheFile)
{
    constexpr int kTimes = 1500;
    std::string folder = (std::filesystem::temp_directory_path() / "earshot-XXXXXX").string();
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    record::FileOptions file;
    file.path = folder + "/session.pcapng";
    auto recorder = record::Recorder::open(file, {});
    ASSERT_TRUE(recorder);
    session::Options options;
    options.recorder = std::move(*recorder);
    {
        const auto live = session::Session::open(options);
        ASSERT_TRUE(live);
        refresh(**live, 1, kTimes);
        const auto &view = *(*live)->calls().front();
        EXPECT_LE(view.call->rows.size(), 512U);
        EXPECT_EQ(view.call->rows.size() + view.call->leftOut, 2U * kTimes);
    }
    ASSERT_TRUE(options.recorder->settle(60s));
    const auto again = session::Session::open({});
    ASSERT_TRUE(again);
    ASSERT_TRUE((*again)->import(file.path));
    ASSERT_TRUE((*again)->settle(60s));
    const auto &view = *(*again)->calls().front();
    EXPECT_EQ(view.call->rows.size(), 2U * kTimes);
    EXPECT_EQ(view.call->leftOut, 0U);
    std::filesystem::remove_all(folder);
}

} // namespace
