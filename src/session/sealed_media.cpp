// SPDX-License-Identifier: Apache-2.0
#include <session/sealed_media.h>

#include <algorithm>
#include <utility>

namespace session {
namespace {

constexpr std::size_t kMostReports = 256;
constexpr std::size_t kChunk = 16384;

} // namespace

/// Of a file whose bytes the trace keeps for as long as the session lasts; the importer leaves such
/// a payload no owner to count.
bool SealedMedia::staysMapped(const base::Blob &payload)
{
    return payload.owner() && payload.owner().use_count() == 0;
}

void SealedMedia::keep(rtp::StreamId id, const base::Packet &packet, std::uint32_t ssrc,
                       const rtp::PacketFacts &filed)
{
    Stream &stream = m_streams[id.value];
    if (stream.pieces.empty()) {
        stream.source = packet.source;
        stream.destination = packet.destination;
        stream.ssrc = ssrc;
        m_oldest = m_streams.size() == 1 ? id.value : std::min(m_oldest, id.value);
    }
    std::string_view bytes = packet.payload.text();
    std::size_t cost = sizeof(Piece) + (stream.pieces.empty() ? sizeof(Stream) : 0);
    if (!staysMapped(packet.payload)) {
        auto &copies = stream.copies;
        if (copies.empty() || copies.back().size() + bytes.size() > copies.back().capacity())
            copies.emplace_back().reserve(std::max(kChunk, bytes.size()));
        const std::size_t at = copies.back().size();
        copies.back().append(bytes); // never beyond what was reserved, so views of it hold
        bytes = std::string_view(copies.back()).substr(at);
        cost += bytes.size();
    }
    stream.pieces.push_back({packet.time, bytes, filed});
    stream.held += cost;
    m_held += cost;
    for (; m_held > m_most && !m_streams.empty(); ++m_oldest) {
        m_evicted += m_streams.contains(m_oldest) ? 1 : 0;
        forget(rtp::StreamId{m_oldest});
    }
}

void SealedMedia::keepReport(Report report)
{
    if (m_reports.size() >= kMostReports)
        m_reports.pop_front(); // a newer one tells the same, and more
    if (!staysMapped(report.packet.payload))
        report.packet.payload = base::Blob::copy(report.packet.payload.text());
    m_reports.push_back(std::move(report));
}

SealedMedia::Stream *SealedMedia::find(rtp::StreamId id)
{
    const auto found = m_streams.find(id.value);
    return found != m_streams.end() ? &found->second : nullptr;
}

void SealedMedia::forget(rtp::StreamId id)
{
    const auto found = m_streams.find(id.value);
    if (found == m_streams.end())
        return;
    m_held -= found->second.held;
    m_streams.erase(found);
}

} // namespace session
