// SPDX-License-Identifier: Apache-2.0
// Session files of our own, read back: packets of the interfaces that our recorder describes become
// what was recorded. Such files are foreign input as any other: what does not fit is left out. One
// importer's thread; owned by the source that reads.
#pragma once

#include <base/packet.h>
#include <cstdint>
#include <map>
#include <optional>
#include <record/note.h>
#include <string_view>
#include <tuple>
#include <vector>

namespace ingest::decode {

class Recorded
{
public:
    /// A section begins: its interfaces count from zero.
    void begin() { m_lanes.clear(); }
    /// The next interface; true: it is one of ours.
    bool interface(std::string_view comment);
    bool knows(std::uint32_t interface) const
    {
        return interface < m_lanes.size() && m_lanes[interface];
    }

    struct Frame {
        std::uint32_t interface = 0, linkType = 0;
        base::Instant time;
        std::uint32_t flags = 0; // epb_flags
        base::Blob bytes;
        std::string_view comment;
    };
    /// nullopt: it is not laid out as ours are.
    std::optional<base::Packet> read(const Frame &frame);

private:
    using End = std::tuple<base::Origin, base::Transport, base::Endpoint, base::Endpoint>;

    std::vector<std::optional<record::Lane>> m_lanes; // by interface
    std::map<End, std::uint32_t> m_streams;           // of connections that are open, bounded
    std::uint32_t m_lastStream = 0;
};

} // namespace ingest::decode
