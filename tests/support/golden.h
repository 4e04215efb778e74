// SPDX-License-Identifier: Apache-2.0
// Text goldens: NAME.expected beside the input. A mismatch writes NAME.actual; EARSHOT_ACCEPT=1
// accepts it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <string>
#include <support/places.h>

namespace support {

inline std::string readFile(const std::filesystem::path &path)
{
    std::ifstream in(path, std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

inline void expectGolden(const std::filesystem::path &expected, const std::string &actual)
{
    if (std::getenv("EARSHOT_ACCEPT") != nullptr) {
        std::ofstream(expected, std::ios::binary) << actual;
        return;
    }
    const std::string wanted = readFile(expected);
    if (wanted == actual)
        return;
    auto other = expected;
    other.replace_extension(".actual");
    std::ofstream(other, std::ios::binary) << actual;
    ADD_FAILURE() << "differs from " << expected << "; what came is in " << other << "\n"
                  << "--- expected\n"
                  << wanted << "\n--- actual\n"
                  << actual;
}

inline std::filesystem::path fixture(const std::string &name)
{
    return sourceFolder() / "tests" / "fixtures" / name;
}

} // namespace support
