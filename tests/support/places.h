// SPDX-License-Identifier: Apache-2.0
// Where the sources and the build lie: known to one object file only, so that every other one is
// the same in each checkout and a compiler cache serves them all.
#pragma once

#include <filesystem>

namespace support {

std::filesystem::path sourceFolder();
std::filesystem::path buildFolder();

} // namespace support
