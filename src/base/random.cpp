// SPDX-License-Identifier: Apache-2.0
#include <base/random.h>

#include <random>
#include <sys/random.h>

namespace base {

std::string randomBytes(std::size_t count)
{
    std::string out(count, '\0');
    if (getrandom(out.data(), out.size(), 0) != static_cast<ssize_t>(out.size())) {
        std::random_device device; // only reached on kernels without getrandom
        for (char &c : out)
            c = static_cast<char>(device());
    }
    return out;
}

} // namespace base
