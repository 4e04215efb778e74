// SPDX-License-Identifier: Apache-2.0
// What stands inside the blocks of a pcapng file: options, interfaces, names. Pure functions over
// views; what is cut is left out.
#pragma once

#include <algorithm>
#include <base/endpoint.h>
#include <base/time.h>
#include <cstdint>
#include <ingest/decode/bytes.h>
#include <string>
#include <string_view>

namespace ingest::decode {

constexpr std::uint16_t kNgComment = 1;

/// Options are (code, length, value padded to four); `visit` sees each up to the end mark.
template <class Visit> void ngOptions(std::string_view bytes, Order order, Visit visit)
{
    while (bytes.size() >= 4) {
        const std::uint16_t code = order.u16(bytes, 0);
        const std::size_t length = order.u16(bytes, 2);
        if (code == 0 || length > bytes.size() - 4)
            return;
        visit(code, bytes.substr(4, length));
        bytes.remove_prefix(std::min(bytes.size(), 4 + (length + 3) / 4 * 4));
    }
}

/// The options behind a packet's padded bytes.
inline std::string_view ngBehindData(std::string_view body, std::uint32_t captured)
{
    const std::size_t padded = (std::size_t{captured} + 3) / 4 * 4;
    return padded < body.size() ? body.substr(padded) : std::string_view{};
}

struct NgInterface {
    std::uint32_t linkType = 0, snapLength = 0;
    std::uint64_t unitsPerSecond = 1'000'000;
    std::int64_t offset = 0; // seconds
    std::uint64_t dropped = 0, droppedBySystem = 0;
    bool badClock = false; // its unit of time is beyond what 64 bits hold; microseconds are assumed

    /// `stamp` in units of the interface.
    base::Instant time(std::uint64_t stamp) const;
};
/// `body`: of an Interface Description Block.
NgInterface ngInterface(std::string_view body, Order order);
/// 64 bits as options hold them.
std::uint64_t ngNumber(std::string_view bytes, Order order);
/// The comments among the options, a line each; empty: none.
std::string ngComments(std::string_view options, Order order);

/// The records of a Name Resolution Block: `visit(address, name)` for each name of each.
template <class Visit> void ngNames(std::string_view body, Order order, Visit visit)
{
    while (body.size() >= 4) {
        const std::uint16_t type = order.u16(body, 0);
        const std::size_t length = order.u16(body, 2);
        const std::size_t address = type == 1 ? 4 : 16;
        if (type == 0 || length > body.size() - 4)
            return;
        const std::string_view value = body.substr(4, length);
        if ((type == 1 || type == 2) && length > address) {
            const base::Address of =
                type == 1 ? base::Address::v4(be32(value, 0))
                          : base::Address::v6(reinterpret_cast<const std::uint8_t *>(value.data()));
            std::string_view names = value.substr(address); // each ends with a zero byte
            while (!names.empty()) {
                const std::size_t end = std::min(names.find('\0'), names.size());
                if (end != 0)
                    visit(of, names.substr(0, end));
                names.remove_prefix(std::min(names.size(), end + 1));
            }
        }
        body.remove_prefix(std::min(body.size(), 4 + (length + 3) / 4 * 4));
    }
}

} // namespace ingest::decode
