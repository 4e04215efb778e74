// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sip/framer.h>

#include "texts.h"

using namespace sip;

namespace {

constexpr base::Instant kThen{1000};

std::string shape(const std::vector<Frame> &frames)
{
    std::string out;
    for (const Frame &frame : frames)
        out += "MiogCR"[static_cast<int>(frame.kind)]; // Message, pIng, pOng, Garbage, Cut, Rest
    return out;
}

std::string joined(const std::vector<Frame> &frames)
{
    std::string out;
    for (const Frame &frame : frames)
        out += frame.text;
    return out;
}

void append(std::vector<Frame> &to, std::vector<Frame> &&from)
{
    for (Frame &frame : from)
        to.push_back(std::move(frame));
}

const std::string kBye = "BYE sip:a@b SIP/2.0\r\nCall-ID: x\r\nl\r\n : 0\r\n\r\n";

} // namespace

TEST(Framer, CutsMessagesAndKeepAlives)
{
    Framer framer;
    const auto frames =
        framer.add("\r\n\r\n" + texts::kInvite + "\r\n" + kBye + "\r\n\r\n\r\n", kThen);
    ASSERT_EQ(shape(frames), "iMoMio");
    EXPECT_EQ(frames[1].text, texts::kInvite);
    EXPECT_EQ(frames[3].text, kBye);
    EXPECT_EQ(frames[3].time, kThen);
    EXPECT_EQ(framer.held(), 0U);
}

TEST(Framer, ALonePongComesAtOnce)
{
    Framer framer;
    EXPECT_EQ(shape(framer.add("\r\n", kThen)), "o");
    EXPECT_EQ(shape(framer.add("\r", kThen)), "");
    EXPECT_EQ(shape(framer.add("\n", kThen)), "o");
    EXPECT_EQ(shape(framer.add("\r\n\r", kThen)), "");
    EXPECT_EQ(shape(framer.add("\n", kThen)), "i");
    EXPECT_EQ(framer.held(), 0U);
}

TEST(Framer, APongGluedBeforeAMessage)
{
    Framer framer;
    EXPECT_EQ(shape(framer.add("\r\n" + kBye.substr(0, 5), kThen)), "o");
    EXPECT_EQ(shape(framer.add(kBye.substr(5), kThen)), "M");
}

TEST(Framer, SplitAtEveryByteGivesTheSameMessages)
{
    const std::string stream = texts::kInvite + kBye + "\r\n" + texts::kInvite;
    for (std::size_t cut = 1; cut < stream.size(); ++cut) {
        Framer framer;
        std::vector<Frame> frames = framer.add(stream.substr(0, cut), kThen);
        append(frames, framer.add(stream.substr(cut), {2000}));
        ASSERT_EQ(shape(frames), "MMoM") << cut;
        ASSERT_EQ(joined(frames), stream) << cut;
        ASSERT_EQ(frames[3].time.ns, 2000);
    }
    Framer framer;
    std::vector<Frame> frames;
    for (const char c : stream)
        append(frames, framer.add(std::string_view(&c, 1), kThen));
    EXPECT_EQ(shape(frames), "MMoM");
    EXPECT_EQ(joined(frames), stream);
}

TEST(Framer, LineFeedsAndCarriageReturnsAlone)
{
    for (const char dropped : {'\r', '\n'}) {
        std::string text = texts::kInvite;
        text.erase(std::remove(text.begin(), text.end(), dropped), text.end());
        text = texts::with("Content-Length: 5", "Content-Length: 4", text);
        const std::string stream = text + kBye;
        for (std::size_t cut = 1; cut < stream.size(); ++cut) {
            Framer framer;
            std::vector<Frame> frames = framer.add(stream.substr(0, cut), kThen);
            append(frames, framer.add(stream.substr(cut), kThen));
            ASSERT_EQ(shape(frames), "MM") << cut;
            ASSERT_EQ(frames[1].text, kBye);
        }
    }
}

TEST(Framer, GarbageEndsWhereAMessageBegins)
{
    Framer framer;
    const auto frames =
        framer.add("\x16\x03\x01 tls?\r\nmore\n\n" + kBye + "junk after\r\n" + kBye, kThen);
    ASSERT_EQ(shape(frames), "gMgM");
    EXPECT_EQ(frames[0].text, "\x16\x03\x01 tls?\r\nmore\n\n");
    EXPECT_EQ(frames[2].text, "junk after\r\n");
}

TEST(Framer, AMessageWithoutLengthHasNoBody)
{
    const auto text = texts::with("Content-Length: 5\r\n", "");
    Framer framer;
    const auto frames = framer.add(text + kBye, kThen);
    ASSERT_EQ(shape(frames), "MgM"); // RFC 3261 section 18.3: on a stream the header is mandatory
    EXPECT_EQ(frames[1].text, "v=0\r\n");
    EXPECT_EQ(frames[2].text, kBye);
}

TEST(Framer, AHugeLengthIsCutAtTheLimit)
{
    const auto text = texts::with("Content-Length: 5", "Content-Length: 18446744073709551615");
    Framer framer(1000);
    std::vector<Frame> frames = framer.add(text, kThen);
    EXPECT_EQ(frames.size(), 0U);
    for (int i = 0; i < 30; ++i) {
        append(frames, framer.add(std::string(99, 'b') + "\n", kThen));
        ASSERT_LT(framer.held(), 1000U);
    }
    ASSERT_EQ(frames[0].kind, FrameKind::Cut);
    EXPECT_EQ(frames[0].text.size(), 1000U);
    append(frames, framer.add("tail\r\n" + kBye, kThen));
    EXPECT_EQ(frames.back().text, kBye);
    EXPECT_EQ(frames.back().kind, FrameKind::Message);
}

std::string largeInfo(std::size_t body)
{
    return "INFO sip:a@b SIP/2.0\r\nCall-ID: x\r\nContent-Length: " + std::to_string(body) +
           "\r\n\r\n" + std::string(body - 2, 'b') + "\r\n";
}

TEST(Framer, WhatIsTooLargeIsCountedOffWhereItIsAllowed)
{
    const auto large = largeInfo(5000);
    for (const std::size_t piece : {1U, 7U, 999U, 1000U, 1001U, 6000U}) {
        Framer framer(1000, large.size());
        const std::string all = large + kBye + large + kBye;
        std::vector<Frame> frames;
        for (std::size_t at = 0; at < all.size(); at += piece) {
            append(frames, framer.add(all.substr(at, piece), kThen));
            ASSERT_LE(framer.held(), 1000U);
        }
        EXPECT_FALSE(framer.lost());
        EXPECT_FALSE(framer.within());
        EXPECT_EQ(joined(frames), all);
        std::string kinds;
        for (const char kind : shape(frames))
            if (kinds.empty() || kinds.back() != kind)
                kinds += kind;
        EXPECT_EQ(kinds, "CRMCRM") << piece;
        EXPECT_TRUE(frames.front().counted);
        EXPECT_EQ(frames.back().text, kBye);
    }
}

TEST(Framer, WhatIsLongerThanAllowedIsNotCountedOff)
{
    const auto large = largeInfo(5000);
    Framer framer(1000, large.size() - 1);
    const auto frames = framer.add(large, kThen);
    ASSERT_EQ(frames.front().kind, FrameKind::Cut);
    EXPECT_FALSE(frames.front().counted);
    EXPECT_TRUE(framer.lost());
}

TEST(Framer, AGapWithinWhatIsCountedOffLosesTheBoundary)
{
    Framer framer(1000, 100'000);
    (void)framer.add(largeInfo(5000).substr(0, 2000), kThen);
    EXPECT_TRUE(framer.within());
    EXPECT_TRUE(framer.gap(kThen).empty());
    EXPECT_FALSE(framer.within());
    EXPECT_TRUE(framer.lost());
    EXPECT_EQ(shape(framer.add("bbb\r\n" + kBye, kThen)), "gM");
}

TEST(Framer, HeadersThatNeverEndAreCut)
{
    Framer framer(500);
    std::vector<Frame> frames = framer.add("INVITE sip:a@b SIP/2.0\r\n", kThen);
    for (int i = 0; i < 100; ++i)
        append(frames, framer.add("X: y\r\n", kThen));
    EXPECT_EQ(frames[0].kind, FrameKind::Cut);
    EXPECT_EQ(frames[0].text.size(), 500U);
    EXPECT_LE(framer.held(), 500U);
}

TEST(Framer, AGapGivesTheHalfMessageUp)
{
    Framer framer;
    EXPECT_TRUE(framer.add(texts::kInvite.substr(0, 200), kThen).empty());
    const auto cut = framer.gap({7});
    ASSERT_EQ(shape(cut), "C");
    EXPECT_EQ(cut[0].text, texts::kInvite.substr(0, 200));
    EXPECT_EQ(cut[0].time.ns, 7);
    EXPECT_EQ(shape(framer.add("rest of a body\r\n" + kBye, kThen)), "gM");
    EXPECT_TRUE(framer.end(kThen).empty());
}

TEST(Framer, AMessageThatBeginsASegmentEndsTheHalfLineBefore)
{
    for (const std::string held : {"o hello hello", "x", "PRACK sip:a", ""}) {
        Framer framer;
        framer.gap(kThen);
        std::vector<Frame> frames = framer.add("end of a body\r\n" + held, kThen);
        append(frames, framer.add(kBye, kThen));
        EXPECT_EQ(shape(frames), held.empty() ? "gM" : "ggM") << held;
        EXPECT_EQ(frames.back().text, kBye);
    }
    Framer framer; // a line beyond all bounds, its rest given away unread
    framer.add(std::string(20000, 'x'), kThen);
    EXPECT_EQ(shape(framer.add(kBye, kThen)), "M");
}

TEST(Framer, AStartLineThatIsCutInItsMethodIsOne)
{
    const std::string prack = "PRACK sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n";
    for (std::size_t cut = 1; cut < 30; ++cut) {
        Framer framer;
        framer.gap(kThen);
        std::vector<Frame> frames = framer.add("rest\r\n" + prack.substr(0, cut), kThen);
        append(frames, framer.add(prack.substr(cut), kThen));
        ASSERT_EQ(shape(frames), "gM") << cut;
        EXPECT_EQ(frames.back().text, prack);
    }
}

TEST(Framer, KeepAlivesAreSeenEvenAfterAGap)
{
    Framer framer;
    framer.gap(kThen);
    EXPECT_EQ(shape(framer.add("\r\n\r\n", kThen)), "i");
    EXPECT_EQ(shape(framer.add("\r\n", kThen)), "o");
    EXPECT_EQ(shape(framer.add("\r\nx\r\n", kThen)), "g");
}

TEST(Framer, ALongLineWithoutEndIsNotHeldForEver)
{
    Framer framer;
    std::vector<Frame> frames = framer.add(std::string(20000, 'x'), kThen);
    EXPECT_EQ(shape(frames), "g");
    EXPECT_EQ(framer.held(), 0U);
    append(frames, framer.add(" sip:a SIP/2.0\r\n" + kBye, kThen));
    EXPECT_EQ(shape(frames), "ggM");
}

TEST(Framer, SmallLimitsStillWork)
{
    for (std::size_t limit = 1; limit < 60; ++limit) {
        Framer framer(limit);
        std::vector<Frame> frames = framer.add(kBye + kBye + "x" + kBye, kThen);
        append(frames, framer.end(kThen));
        ASSERT_EQ(joined(frames), kBye + kBye + "x" + kBye) << limit;
    }
}

TEST(Framer, PaddingBetweenMessagesLosesNoBoundary)
{
    const std::vector<std::string_view> all{"\n", " ", "\t\n", std::string_view("\0\0", 2)};
    for (const auto padding : all) {
        Framer framer(4096);
        EXPECT_EQ(shape(framer.add(kBye, kThen)), "M");
        EXPECT_EQ(shape(framer.add(padding, kThen)), "g");
        EXPECT_FALSE(framer.lost());
        EXPECT_EQ(shape(framer.add(kBye, kThen)), "M");
    }
    Framer framer(4096);
    (void)framer.add("these are no messages\r\n", kThen);
    EXPECT_TRUE(framer.lost());
}
