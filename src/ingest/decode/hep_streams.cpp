// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/hep_streams.h>

#include <algorithm>
#include <ingest/decode/hep.h>

namespace ingest::decode {
namespace {

constexpr std::size_t kMostStreams = 1024;

bool isMagic(std::string_view bytes)
{
    const std::string_view magic = bytes.substr(0, 4);
    return magic == "HEP3" || magic == "EEP3";
}

/// Where the next packet may begin; a few bytes at the end may be the beginning of the mark.
std::size_t nextMagic(std::string_view bytes)
{
    const std::size_t at = std::min(bytes.find("HEP3"), bytes.find("EEP3"));
    return at != std::string_view::npos ? at
                                        : bytes.size() - std::min<std::size_t>(bytes.size(), 3);
}

bool isHepPort(std::uint16_t port)
{
    return port == 9060 || port == 9061 || port == 5656;
}

} // namespace

bool HepStreams::begins(const base::Packet &packet) const
{
    const std::string_view bytes = packet.payload.text();
    if (isMagic(bytes))
        return true;
    if (bytes.size() < 4 && isHepPort(packet.destination.port))
        return std::string_view("HEP3").starts_with(bytes) ||
               std::string_view("EEP3").starts_with(bytes);
    return packet.stream == m_middle && isHepPort(packet.destination.port) &&
           bytes.find("HEP3") != std::string_view::npos;
}

bool HepStreams::take(const base::Packet &packet)
{
    const auto known = m_streams.find(packet.stream);
    if (known == m_streams.end()) {
        if (packet.kind == base::PacketKind::StreamGap)
            m_middle = packet.stream;
        if (packet.kind != base::PacketKind::StreamData || !begins(packet))
            return false;
        if (m_streams.size() >= kMostStreams)
            m_streams.erase(m_streams.begin());
        data(m_streams[packet.stream], packet);
        return true;
    }
    switch (packet.kind) {
    case base::PacketKind::StreamData:
        data(known->second, packet);
        break;
    case base::PacketKind::StreamGap:
        m_lost += known->second.size();
        known->second.clear();
        break;
    default:
        m_streams.erase(known);
        break;
    }
    return true;
}

void HepStreams::data(std::string &held, const base::Packet &packet)
{
    base::Blob bytes = packet.payload; // no copy where nothing was under way
    if (!held.empty()) {
        held += packet.payload.text();
        if (held.size() < 6 || held.size() < hepLength(held))
            return;
        bytes = base::Blob::copy(held);
    }
    std::size_t at = 0;
    while (at < bytes.size()) {
        const std::string_view rest = bytes.text().substr(at);
        if (rest.size() >= 4 && !isMagic(rest)) {
            const std::size_t skip = std::max<std::size_t>(nextMagic(rest), 1);
            m_lost += skip;
            at += skip;
            continue;
        }
        const std::size_t length = hepLength(rest);
        if (rest.size() < 6 || length > rest.size())
            break;
        if (length != 0)
            m_found(bytes.part(at, length), packet.time);
        else
            ++m_lost;
        at += std::max<std::size_t>(length, 1);
    }
    held.assign(bytes.text().substr(std::min(at, bytes.size()))); // less than one packet, 64 KiB
}

} // namespace ingest::decode
