// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/ng_extent.h>

#include <ingest/decode/bytes.h>
#include <ingest/decode/ng_blocks.h>
#include <ingest/decode/ng_secrets.h>
#include <vector>

namespace ingest::decode {
namespace {

constexpr std::uint32_t kInterface = 1, kOldPacket = 2, kPacket = 6;
constexpr std::size_t kFrame = 12;
constexpr int kMostBlocks = 4096; // looked at from either end

class Ends
{
public:
    Ends(std::string_view text, Order order) : m_text(text), m_order(order) {}

    std::optional<Extent> extent(bool whole)
    {
        Extent out;
        std::size_t at = 0;
        for (int blocks = 0; blocks < kMostBlocks && !out.first.known(); ++blocks) {
            const std::uint32_t length = lengthAt(at);
            if (length == 0)
                return std::nullopt;
            if (m_order.u32(m_text, at) == kInterface)
                m_interfaces.push_back(ngInterface(bodyAt(at, length), m_order));
            out.first = packetAt(at, length);
            at += length;
        }
        if (!out.first.known())
            return std::nullopt;
        out.linkType = m_interfaces.front().linkType;
        if (whole)
            out.last = lastBefore(m_text.size(), at);
        return out;
    }

private:
    std::uint32_t lengthAt(std::size_t at) const
    {
        if (at > m_text.size() || m_text.size() - at < kFrame)
            return 0;
        const std::uint32_t length = m_order.u32(m_text, at + 4);
        return length >= kFrame && length % 4 == 0 && length <= m_text.size() - at ? length : 0;
    }
    std::string_view bodyAt(std::size_t at, std::uint32_t length) const
    {
        return m_text.substr(at + 8, length - kFrame);
    }
    /// Not known: no packet, or of no interface that was met.
    base::Instant packetAt(std::size_t at, std::uint32_t length) const
    {
        const std::uint32_t type = m_order.u32(m_text, at);
        if (type != kPacket && type != kOldPacket)
            return {};
        const std::string_view body = bodyAt(at, length);
        const std::uint32_t id = type == kPacket ? m_order.u32(body, 0) : m_order.u16(body, 0);
        if (id >= m_interfaces.size())
            return {};
        return m_interfaces[id].time(std::uint64_t{m_order.u32(body, 4)} << 32U |
                                     m_order.u32(body, 8));
    }
    /// Back from the end, block by block; not known where that does not lead to a packet, as behind
    /// a block that is cut or in a section of another byte order.
    base::Instant lastBefore(std::size_t end, std::size_t begin) const
    {
        for (int blocks = 0; blocks < kMostBlocks && end >= begin + kFrame; ++blocks) {
            const std::uint32_t length = m_order.u32(m_text, end - 4);
            if (length < kFrame || length % 4 != 0 || length > end - begin ||
                lengthAt(end - length) != length)
                return {};
            end -= length;
            if (be32(m_text, end) == kNgSection) // whose interfaces were not met
                return {};
            if (const base::Instant time = packetAt(end, length); time.known())
                return time;
        }
        return {};
    }

    std::string_view m_text;
    Order m_order;
    std::vector<NgInterface> m_interfaces;
};

} // namespace

std::optional<Extent> ngExtent(std::string_view bytes, bool whole)
{
    const auto order = bytes.size() >= kFrame ? ngOrder(bytes) : std::nullopt;
    return order ? Ends(bytes, *order).extent(whole) : std::nullopt;
}

} // namespace ingest::decode
