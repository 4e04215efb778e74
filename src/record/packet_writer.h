// SPDX-License-Identifier: Apache-2.0
// Packets as the blocks of one pcapng file: SIP and local events as exported PDUs, a whole message
// each, media as UDP packets. One thread.
#pragma once

#include <base/packet.h>
#include <cstdint>
#include <memory>
#include <record/note.h>
#include <sip/framer.h>
#include <string>
#include <unordered_map>
#include <vector>

namespace record {

class PacketWriter
{
public:
    /// The beginning of a file; the interfaces of the file before are forgotten, half messages of
    /// connections are not.
    std::string begin();
    /// Appends whole blocks to `out`; none where a connection's message is not complete yet.
    void add(const base::Packet &packet, std::string &out);
    /// One message as it stands, also of a connection: for packets that are framed already.
    void addWhole(const base::Packet &packet, std::string &out);
    /// What is there of messages that never became complete.
    void finish(std::string &out);

private:
    struct Stream {
        sip::Framer framer;
        base::Packet last; // without payload
    };

    void stream(const base::Packet &packet, std::string &out);
    void frames(const std::vector<sip::Frame> &frames, const base::Packet &packet,
                std::string &out);
    void write(const base::Packet &packet, std::string_view bytes, std::string &out);
    std::uint32_t interface(const Lane &lane, std::uint16_t linkType, std::string &out);

    struct Known {
        Lane lane;
        std::uint16_t linkType = 0;
    };
    std::vector<Known> m_interfaces;
    std::unordered_map<std::uint64_t, Stream> m_streams;
};

} // namespace record
