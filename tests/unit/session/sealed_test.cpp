// SPDX-License-Identifier: Apache-2.0
// What is kept of encrypted media until its key comes, and what is given up.
#include "talk.h"

#include <session/sealed_media.h>

using namespace talk;
using session::SealedMedia;

namespace {

TEST(SealedMedia, keepsAllOfAStreamInOrder)
{
    SealedMedia sealed;
    EXPECT_TRUE(sealed.empty());
    for (int i = 0; i < 500; ++i) // more than one block of copies
        sealed.keep(rtp::StreamId{7},
                    datagram(at(i), kCalleeMedia, kCallerMedia,
                             std::string(100, static_cast<char>('a' + i % 26))),
                    9, {});
    const auto *stream = sealed.find(rtp::StreamId{7});
    ASSERT_NE(stream, nullptr);
    EXPECT_EQ(stream->ssrc, 9U);
    EXPECT_EQ(stream->source, kCalleeMedia);
    ASSERT_EQ(stream->pieces.size(), 500U);
    for (int i = 0; i < 500; ++i) {
        const auto &piece = stream->pieces[static_cast<std::size_t>(i)];
        EXPECT_EQ(piece.at, at(i));
        EXPECT_EQ(piece.bytes, std::string(100, static_cast<char>('a' + i % 26)));
    }
    EXPECT_EQ(sealed.find(rtp::StreamId{8}), nullptr);
    sealed.forget(rtp::StreamId{7});
    EXPECT_TRUE(sealed.empty());
    EXPECT_EQ(sealed.evicted(), 0U);
}

TEST(SealedMedia, givesUpTheOldestStreamFirstAndCounts)
{
    SealedMedia sealed(64U << 10U);
    for (std::uint32_t stream : {5U, 3U, 9U, 4U}) {
        for (int i = 0; i < 100; ++i)
            sealed.keep(rtp::StreamId{stream},
                        datagram(at(i), kCalleeMedia, kCallerMedia, std::string(172, 'x')), stream,
                        {});
    }
    EXPECT_EQ(sealed.find(rtp::StreamId{3}), nullptr);
    EXPECT_NE(sealed.find(rtp::StreamId{9}), nullptr);
    EXPECT_GE(sealed.evicted(), 1U);
    for (int i = 0; i < 1000; ++i)
        sealed.keepReport({datagram(at(i), kCalleeMedia, kCallerMedia, "report"), {}, {}});
    EXPECT_EQ(sealed.reports().size(), 256U);
    EXPECT_EQ(sealed.reports().back().packet.time, at(999));
}

} // namespace
