// SPDX-License-Identifier: Apache-2.0
#include <base/hash.h>

#include <cstring>
#include <random>

namespace base {
namespace {

constexpr std::uint64_t kOne = 0x9E3779B97F4A7C15ULL, kTwo = 0xD6E8FEB86659FD93ULL;
constexpr std::size_t kStep = 32;

std::uint64_t word(const char *at)
{
    std::uint64_t out = 0;
    std::memcpy(&out, at, sizeof out);
    return out;
}

std::uint64_t turned(std::uint64_t value)
{
    return value << 31U | value >> 33U;
}

} // namespace

std::uint64_t hashOf(std::string_view bytes, std::uint64_t seed)
{
    const char *at = bytes.data();
    std::size_t left = bytes.size();
    std::uint64_t out = mixed(seed, left);
    if (left >= kStep) { // four chains side by side: a multiplication each would wait for the last
        std::uint64_t a = out, b = out ^ kTwo, c = out + kOne, d = ~out; // in registers
        for (; left >= kStep; at += kStep, left -= kStep) {
            a = turned((a ^ word(at)) * kOne);
            b = turned((b ^ word(at + 8)) * kOne);
            c = turned((c ^ word(at + 16)) * kOne);
            d = turned((d ^ word(at + 24)) * kOne);
        }
        for (const std::uint64_t lane : {a, b, c, d})
            out = mixed(out, lane);
    }
    for (; left >= 8; at += 8, left -= 8)
        out = turned((out ^ word(at)) * kOne);
    std::uint64_t rest = 0;
    if (left != 0)
        std::memcpy(&rest, at, left);
    return mixed(out, rest);
}

std::uint64_t freshSeed()
{
    std::random_device device;
    return static_cast<std::uint64_t>(device()) << 32U | device();
}

} // namespace base
