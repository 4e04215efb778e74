// SPDX-License-Identifier: Apache-2.0
// What must never be linked: sofia's SDP parser allocates without end on one line, and its nua and
// soa act behind our back. Reads the symbol tables with nm.
#include <array>
#include <cstdio>
#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <support/places.h>

namespace {

std::string symbolsOf(const std::string &file)
{
    std::string out;
    FILE *pipe = ::popen(("nm --undefined-only '" + file + "' 2>&1").c_str(), "r");
    if (pipe == nullptr)
        return out;
    std::array<char, 4096> buffer{};
    for (std::size_t n = 1; n > 0;) {
        n = std::fread(buffer.data(), 1, buffer.size(), pipe);
        out.append(buffer.data(), n);
    }
    ::pclose(pipe);
    return out;
}

bool forbidden(const std::string &symbol)
{
    for (const std::string name : {"sdp_", "nua_", "soa_", "nea_"})
        if (symbol.compare(0, name.size(), name) == 0)
            return true;
    return false;
}

class Linked : public testing::TestWithParam<const char *>
{
};

TEST_P(Linked, NeitherSdpNorNuaNorSoa)
{
    std::istringstream lines(symbolsOf((support::buildFolder() / GetParam()).string()));
    bool sawAgent = false;
    for (std::string line; std::getline(lines, line);) {
        const auto start = line.find(" U ");
        if (start == std::string::npos)
            continue;
        const std::string symbol = line.substr(start + 3);
        EXPECT_FALSE(forbidden(symbol)) << symbol;
        sawAgent = sawAgent || symbol.compare(0, 16, "nta_agent_create") == 0;
    }
    EXPECT_TRUE(sawAgent) << "this is not the file to look into, or nm is missing";
}

INSTANTIATE_TEST_SUITE_P(Files, Linked, testing::Values("libengine.a", "unit_engine"),
                         [](const auto &each) { return std::string(each.param, 3); });

} // namespace
