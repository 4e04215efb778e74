// SPDX-License-Identifier: Apache-2.0
// A long live session stays within its bound, and its oldest calls are still all there.
#include <filesystem>

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

} // namespace
