// SPDX-License-Identifier: Apache-2.0
// Every torture message: valid ones without an error, broken ones with the flaws they must show,
// and all of them kept to the byte.
#include <gtest/gtest.h>
#include <sip/message.h>
#include <sip/uri.h>
#include <support/torture_invalid.h>
#include <support/torture_valid.h>

#include "texts.h"

namespace {

using support::torture::Case;

std::string flawsOf(const sip::Message &message)
{
    std::string out;
    for (const sip::Flaw &flaw : message.flaws)
        out += std::string(sip::flawText(flaw.code)) + " [" +
               std::string(message.text.substr(flaw.offset, flaw.length)) + "]\n";
    return out;
}

std::vector<Case> all()
{
    auto out = support::torture::valid();
    const auto broken = support::torture::invalid();
    out.insert(out.end(), broken.begin(), broken.end());
    return out;
}

} // namespace

TEST(TortureCases, validOnesHaveNoError)
{
    for (const Case &one : support::torture::valid()) {
        const auto message = sip::parse(one.text);
        ASSERT_TRUE(message) << one.name;
        for (const sip::Flaw &flaw : message->flaws) {
            EXPECT_NE(sip::flawWeight(flaw), sip::FlawWeight::Error)
                << one.section << " " << one.name << "\n"
                << flawsOf(*message);
            EXPECT_TRUE(std::find(one.flaws.begin(), one.flaws.end(), flaw.code) != one.flaws.end())
                << one.section << " " << one.name << "\n"
                << flawsOf(*message);
        }
    }
}

TEST(TortureCases, brokenOnesShowWhatIsBroken)
{
    for (const Case &one : support::torture::invalid()) {
        const auto message = sip::parse(one.text);
        ASSERT_TRUE(message) << one.name;
        for (const sip::FlawCode code : one.flaws)
            EXPECT_TRUE(texts::has(*message, code))
                << one.section << " " << one.name << ": " << sip::flawText(code) << "\nhas\n"
                << flawsOf(*message);
        EXPECT_FALSE(message->flaws.empty());
        for (const sip::Flaw &flaw : message->flaws) {
            EXPECT_FALSE(sip::flawSection(flaw.code).empty());
            EXPECT_LE(std::size_t{flaw.offset} + flaw.length, message->text.size());
        }
    }
}

TEST(TortureCases, everySectionHasItsCounterpart)
{
    std::string sections;
    for (const Case &one : all())
        sections += one.section + ";";
    std::vector<std::string> wanted;
    for (int i = 1; i <= 13; ++i)
        wanted.push_back("RFC 4475 3.1.1." + std::to_string(i) + ";");
    for (int i = 1; i <= 19; ++i)
        wanted.push_back("RFC 4475 3.1.2." + std::to_string(i) + ";");
    for (int i = 1; i <= 15; ++i)
        wanted.push_back("RFC 4475 3.3." + std::to_string(i) + ";");
    for (int i = 1; i <= 10; ++i)
        wanted.push_back("RFC 5118 4." + std::to_string(i) + ";");
    wanted.insert(wanted.end(), {"RFC 4475 3.2.1;", "RFC 4475 3.4.1;"});
    for (const std::string &section : wanted)
        EXPECT_NE(sections.find(section), std::string::npos) << section;
}

TEST(TortureCases, whatIsReadIsTheTextItself)
{
    for (const Case &one : all()) {
        const auto message = sip::parse(one.text);
        ASSERT_TRUE(message) << one.name;
        EXPECT_EQ(message->text, one.text) << one.name;
        std::size_t at = message->startLine.size();
        for (const sip::Header &header : message->headers) {
            const auto begin = static_cast<std::size_t>(header.line.data() - message->text.data());
            EXPECT_GE(begin, at) << one.name; // in order, none twice
            at = begin + header.line.size();
        }
    }
}
