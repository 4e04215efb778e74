// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/ng_order.h>

#include <ingest/decode/bytes.h>
#include <ingest/decode/ng_blocks.h>
#include <ingest/decode/ng_secrets.h>
#include <ingest/decode/time_order.h>
#include <record/note.h>
#include <vector>

namespace ingest::decode {

namespace {

constexpr std::uint32_t kInterface = 1, kOldPacket = 2, kSimplePacket = 3, kPacket = 6;
constexpr std::size_t kFrame = 12;

class Walk
{
public:
    Walk(std::string_view text, bool gathers) : m_text(text), m_gathers(gathers), m_packets(gathers)
    {
    }

    /// False: no such file.
    bool run()
    {
        const auto order = m_text.size() >= kFrame ? ngOrder(m_text) : std::nullopt;
        if (!order)
            return false;
        m_order = *order;
        for (std::size_t at = 0; at < m_text.size();) {
            if (m_text.size() - at < kFrame)
                return false;
            const std::uint32_t length = m_order.u32(m_text, at + 4);
            if (length < kFrame || length % 4 != 0 || length > m_text.size() - at ||
                !block(at, length))
                return false;
            at += length;
        }
        return m_packets.needed();
    }
    base::Blob sorted() { return m_packets.sorted(std::move(m_head), m_text); }

private:
    bool block(std::size_t at, std::size_t length)
    {
        const std::uint32_t type = m_order.u32(m_text, at);
        const std::string_view body = m_text.substr(at + 8, length - kFrame);
        if (type == kPacket || type == kOldPacket) {
            const std::uint32_t id = type == kPacket ? m_order.u32(body, 0) : m_order.u16(body, 0);
            if (id >= m_interfaces.size())
                return false;
            const std::uint64_t stamp =
                std::uint64_t{m_order.u32(body, 4)} << 32U | m_order.u32(body, 8);
            m_last = m_interfaces[id].time(stamp);
        }
        if (type == kPacket || type == kOldPacket || type == kSimplePacket) {
            m_packets.add(m_last, at, length);
            return true;
        }
        if (type == kNgSection && at != 0)
            return false;
        if (type == kInterface && !interface(body))
            return false;
        if (m_gathers)
            m_head += m_text.substr(at, length);
        return true;
    }
    bool interface(std::string_view body)
    {
        m_interfaces.push_back(ngInterface(body, m_order));
        return body.size() < 8 || !record::laneOf(ngComments(body.substr(8), m_order));
    }

    std::string_view m_text;
    bool m_gathers;
    Order m_order;
    std::vector<NgInterface> m_interfaces;
    base::Instant m_last;
    std::string m_head;
    TimeOrder m_packets;
};

} // namespace

std::optional<base::Blob> ngInOrder(const base::Blob &file)
{
    if (!Walk(file.text(), false).run())
        return std::nullopt;
    Walk walk(file.text(), true);
    walk.run();
    return walk.sorted();
}

} // namespace ingest::decode
