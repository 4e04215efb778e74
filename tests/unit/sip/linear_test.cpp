// SPDX-License-Identifier: Apache-2.0
// Work grows with the size of the input, not with its square: eight times the input may not take
// 64 times as long, sixteen times not 256 times as long. The best of several runs is compared, and
// generously, and once more where it did not hold: a busy machine disturbs one comparison,
// quadratic work fails every one.
#include <ctime>
#include <functional>
#include <gtest/gtest.h>
#include <sip/framer.h>
#include <sip/sdp.h>

#include "texts.h"

using namespace sip;

namespace {

// Processor time of this thread: what else the machine does hardly counts.
double cpuSeconds()
{
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double best(const std::function<void()> &work)
{
    double least = 1e9;
    for (int i = 0; i < 2; ++i) {
        const double from = cpuSeconds();
        work();
        least = std::min(least, cpuSeconds() - from);
    }
    return least;
}

struct Growth {
    std::size_t small; // bytes
    int times;         // as much the second time
    double most;       // times as long, between `times` (linear) and its square
};
constexpr Growth kBig{24000, 8, 30};   // beyond what the framer holds of a line
constexpr Growth kUncut{4000, 16, 60}; // up to what the parser reads of one value (sip::Limits)

// `make(n)` gives an input of about n bytes.
void expectGrowth(const Growth &growth, const std::string &what,
                  const std::function<std::string(std::size_t)> &make,
                  const std::function<void(const std::string &)> &use)
{
    const auto small = make(growth.small);
    const auto big = make(growth.small * static_cast<std::size_t>(growth.times));
    double one = 0, many = 0;
    for (int attempt = 0; attempt < 5; ++attempt) {
        one = best([&] { use(small); });
        many = best([&] { use(big); });
        if (many < one * growth.most + 0.005)
            return;
    }
    ADD_FAILURE() << what << ": " << one << " s, then " << many << " s for " << growth.times
                  << " times as much, five times over";
}

void expectLinear(const std::string &what, const std::function<std::string(std::size_t)> &make,
                  const std::function<void(const std::string &)> &use)
{
    expectGrowth(kBig, what, make, use);
    expectGrowth(kUncut, what, make, use);
}

std::string repeated(std::string_view unit, std::size_t n)
{
    std::string out;
    while (out.size() < n)
        out += unit;
    return out;
}

} // namespace

TEST(Linear, Parser)
{
    const auto use = [](const std::string &text) {
        const auto message = parse(text);
        ASSERT_TRUE(message);
        message->values(HeaderId::Contact);
        message->lists(HeaderId::Supported, "x");
        message->sdp();
        message->branch();
        message->toTag();
    };
    for (const std::string unit :
         {"X: y\r\n", "Contact: <sip:a@b>\r\n", "X:\r\n \r\n", "junk\r\n", "\x01\r\n", "a\r"})
        expectLinear(
            unit,
            [&](std::size_t n) {
                return texts::with("Max-Forwards", repeated(unit, n) + "Max-Forwards");
            },
            use);
    for (const std::string unit :
         {"\"", "<", "\\\"", "\"<", ",", ";a", " ,\"", "\r\n ", "<sip:a@b>,", "<a,\"b\">,"})
        for (const std::string name : {"Contact: ", "Via: ", "Supported: ", "To: ", "Subject: "})
            expectLinear(
                name + unit,
                [&](std::size_t n) { return texts::withHeader(name + repeated(unit, n)); }, use);
    for (const std::string unit : {"--b\r\n", "--b\r\n\r\n", "--", "\r", "\n--bb",
                                   "--b\r\nContent-Type: multipart/x;boundary=b\r\n\r\n"})
        expectLinear(
            unit,
            [&](std::size_t n) {
                return texts::with(
                    "v=0\r\n", repeated(unit, n),
                    texts::with("Content-Length: 5\r\n", "",
                                texts::with("application/sdp", "multipart/mixed;boundary=b")));
            },
            use);
}

TEST(Linear, FramerFedInSmallPieces)
{
    const auto use = [](const std::string &text) {
        Framer framer;
        std::size_t frames = 0;
        for (std::size_t at = 0; at < text.size(); at += 16)
            frames += framer.add(std::string_view(text).substr(at, 16), {1}).size();
        frames += framer.end({1}).size();
        ASSERT_GT(frames, 0U);
    };
    for (const std::string unit :
         {"x", "\r", "\n", "\r\n", "INVITE sip:a SIP/2.0\r\n", "INVITE ", "a\r\n", " \r"}) {
        expectLinear(
            unit, [&](std::size_t n) { return repeated(unit, n); }, use);
        expectLinear(
            "after a start line: " + unit,
            [&](std::size_t n) { return "INVITE sip:a@b SIP/2.0\r\nA: " + repeated(unit, n); },
            use);
        expectLinear(
            "in a body: " + unit,
            [&](std::size_t n) {
                return "INVITE sip:a@b SIP/2.0\r\nl: 9999999\r\n\r\n" + repeated(unit, n);
            },
            use);
    }
}

TEST(Linear, Sdp)
{
    const auto use = [](const std::string &text) {
        const auto sdp = parseSdp(text);
        ASSERT_FALSE(mediaDifferences(sdp, sdp).size() > 1);
        SdpDraft ours;
        ours.codecs = codecsByName("PCMU,telephone-event");
        answerSdp(sdp, ours);
    };
    for (const std::string unit : {"m=audio 9 RTP/AVP 0\r\n", "a=rtpmap:0 PCMU/8000\r\n", "a=x\r\n",
                                   " 0", " 0 1 2 3", "c=IN IP4 x\r\n", "\r", "x\n"})
        expectLinear(
            unit,
            [&](std::size_t n) {
                return "v=0\r\nm=audio 9 RTP/AVP 1" + std::string(unit[0] == ' ' ? "" : "\r\n") +
                       repeated(unit, n);
            },
            use);
}
