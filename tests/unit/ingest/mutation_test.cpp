// SPDX-License-Identifier: Apache-2.0
// Torture messages with one element made longer, emptied, repeated or replaced by what breaks
// parsers, thousands of them from a fixed seed, through message, SDP, framer and text readers:
// nothing crashes, hangs or reads what is not there.
#include <gtest/gtest.h>
#include <random>
#include <sip/framer.h>
#include <sip/message.h>
#include <sip/sdp.h>
#include <sip/uri.h>
#include <support/torture_invalid.h>
#include <support/torture_valid.h>

#include "reading.h"

namespace {

using Random = std::mt19937;

std::size_t below(Random &random, std::size_t most)
{
    return most == 0 ? 0 : std::uniform_int_distribution<std::size_t>(0, most - 1)(random);
}

/// What is put in place of an element.
std::string poison(Random &random)
{
    static const std::vector<std::string> kPieces{
        "",
        " ",
        "\t",
        ";",
        ",",
        "<",
        ">",
        "\"",
        "\\",
        "%",
        "%00",
        "%n%s",
        "@",
        ":",
        "//",
        "..",
        "\r",
        "\n",
        "\r\n",
        "\r\n\r\n",
        "-1",
        "0",
        "65536",
        "4294967296",
        "1e9",
        "\xFF",
        "\xC0\x80",
        "\xEF\xBB\xBF",
        "[",
        "]",
        "[::]",
        "255.255.255.255",
        "sip:",
        "SIP/2.0",
        "m=",
        "a=rtpmap:",
        "v=0",
        "--",
        "z9hG4bK",
        "0000  00 00",
        "#015#012",
        "\\r\\n",
        "<--- Received SIP request (1 bytes) from UDP:1.1.1.1:1 --->\n"};
    std::string piece = kPieces[below(random, kPieces.size())];
    if (piece.empty() && below(random, 2) == 0)
        piece = std::string(1, '\0');
    static constexpr std::size_t kTimes[] = {1, 1, 1, 2, 17, 129, 1025, 20000};
    const std::size_t times = kTimes[below(random, std::size(kTimes))];
    std::string out;
    for (std::size_t i = 0; i < times && out.size() < 40'000; ++i)
        out += piece;
    return out;
}

/// An element: what stands between two separators.
std::string mutated(std::string text, Random &random)
{
    constexpr std::string_view kSeparators = " \t\r\n:;,=<>@/\"?&";
    for (std::size_t changes = 1 + below(random, 3); changes > 0 && !text.empty(); --changes) {
        const std::size_t at = below(random, text.size());
        const std::size_t begin = text.find_last_of(kSeparators, at);
        const std::size_t from = begin == std::string::npos ? 0 : begin + 1;
        const std::size_t end = std::min(text.find_first_of(kSeparators, at), text.size());
        const std::size_t length = end > from ? end - from : 1;
        text.replace(from, std::min(length, text.size() - from), poison(random));
    }
    return text;
}

void inside(std::string_view piece, std::string_view whole)
{
    if (piece.empty())
        return;
    ASSERT_GE(piece.data(), whole.data());
    ASSERT_LE(piece.data() + piece.size(), whole.data() + whole.size());
}

void look(const std::string &text)
{
    const auto message = sip::parse(text);
    if (!message)
        return;
    for (const auto piece : {message->body, message->callId(), message->toTag(), message->sdp(),
                             message->branch(), message->requestUri})
        inside(piece, message->text);
    for (const sip::Flaw &flaw : message->flaws)
        ASSERT_LE(std::size_t{flaw.offset} + flaw.length, message->text.size());
    for (const sip::Header &header : message->headers)
        inside(sip::parseNameAddress(header.value).uriText, message->text);
    const auto sdp = sip::parseSdp(message->sdp());
    ASSERT_LE(sdp.media.size(), 256U);
    ASSERT_LE(sip::parts(*message).size(), 32U);
}

void stream(const std::string &text, Random &random)
{
    sip::Framer framer(64 * 1024);
    std::size_t bytes = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t size = 1 + below(random, 3000);
        for (const auto &frame : framer.add(std::string_view(text).substr(at, size), {}))
            bytes += frame.text.size();
        at += size;
        ASSERT_LE(framer.held(), 64U * 1024);
    }
    for (const auto &frame : framer.end({}))
        bytes += frame.text.size();
    ASSERT_EQ(bytes, text.size()); // nothing is lost, nothing made up
}

} // namespace

TEST(Mutation, everyReaderSurvives)
{
    auto cases = support::torture::valid();
    for (const auto &one : support::torture::invalid())
        cases.push_back(one);
    Random random(20251125);
    std::size_t texts = 0, messages = 0;
    for (int round = 0; round < 60; ++round) {
        for (const auto &one : cases) {
            const std::string text = mutated(one.text, random);
            SCOPED_TRACE(one.name);
            look(text);
            stream(text, random);
            if (round % 3 != 0)
                continue;
            const auto out = reading::read(text + one.text);
            ++texts;
            messages += out.packets.size();
            if (HasFatalFailure())
                return;
        }
    }
    EXPECT_GT(texts, 1000U);
    EXPECT_GT(messages, texts / 2); // most of it is still SIP
}
