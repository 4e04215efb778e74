// SPDX-License-Identifier: Apache-2.0
#include <support/places.h>

namespace support {

std::filesystem::path sourceFolder()
{
    return EARSHOT_SOURCE_DIR;
}

std::filesystem::path buildFolder()
{
    return EARSHOT_BINARY_DIR;
}

} // namespace support
