// SPDX-License-Identifier: Apache-2.0
// What RTCP tells, attached to the streams it is about.
#include <rtp/stream_table.h>

#include <algorithm>
#include <rtp/stream_work.h>

namespace rtp {

namespace {

constexpr std::size_t kMostReports = 64;
constexpr std::size_t kLongestText = 255;
constexpr base::Duration kLongestRoundTrip = std::chrono::seconds(60);

} // namespace

class StreamTable::Reports : public RtcpListener
{
public:
    Reports(StreamTable::Work &work, const base::Packet &packet) : m_work(work), m_packet(packet) {}

    void sender(const SenderInfo &info) override
    {
        StreamEntry *entry = own(info.ssrc);
        if (entry == nullptr)
            return;
        Stream &stream = entry->stream;
        ++stream.senderReports;
        stream.sentPackets = info.packets;
        stream.sentOctets = info.octets;
        entry->heard[entry->nextHeard++ % entry->heard.size()] = {
            static_cast<std::uint32_t>(info.ntp >> 16U), m_packet.time};
    }
    void report(const ReportBlock &block) override
    {
        StreamEntry *entry = about(block.about);
        if (entry == nullptr)
            return;
        Stream &stream = entry->stream;
        RemoteReport report;
        report.at = m_packet.time;
        report.reporter = block.reporter;
        report.fractionLost = block.fractionLost / 256.0;
        report.lost = block.cumulativeLost;
        if (stream.clock != 0)
            report.jitter =
                base::Duration{std::int64_t{block.jitter} * 1'000'000'000 / stream.clock};
        report.roundTrip = roundTrip(*entry, block);
        ++stream.reportsHeard;
        if (stream.reports.size() >= kMostReports)
            stream.reports.erase(stream.reports.begin());
        stream.reports.push_back(report);
    }
    void name(std::uint32_t ssrc, std::string_view cname) override
    {
        if (StreamEntry *entry = own(ssrc))
            entry->stream.name = cname.substr(0, kLongestText);
    }
    void bye(std::uint32_t ssrc, std::string_view reason) override
    {
        if (StreamEntry *entry = own(ssrc)) {
            entry->stream.bye = m_packet.time;
            entry->stream.byeReason = reason.substr(0, kLongestText);
        }
    }
    void metrics(const VoipMetrics &metrics) override
    {
        if (StreamEntry *entry = about(metrics.about))
            entry->stream.metrics = metrics;
    }

private:
    /// The stream that whoever sent this sends.
    StreamEntry *own(std::uint32_t ssrc)
    {
        return changed(m_work.bySource(ssrc, [this](const Stream &stream) {
            return stream.source.address == m_packet.source.address &&
                   stream.destination.address == m_packet.destination.address;
        }));
    }
    /// The stream that whoever sent this receives.
    StreamEntry *about(std::uint32_t ssrc)
    {
        return changed(m_work.bySource(ssrc, [this](const Stream &stream) {
            return stream.source.address == m_packet.destination.address &&
                   stream.destination.address == m_packet.source.address;
        }));
    }
    static StreamEntry *changed(StreamEntry *entry)
    {
        if (entry != nullptr)
            entry->published.reset();
        return entry;
    }
    /// RFC 3550 section 6.4.1, reckoned with the capture's clock: from where the sender's report
    /// was seen to the receiver and back.
    std::optional<base::Duration> roundTrip(const StreamEntry &entry,
                                            const ReportBlock &block) const
    {
        if (block.lastReport == 0)
            return std::nullopt;
        for (const StreamEntry::Heard &heard : entry.heard) {
            if (heard.middle != block.lastReport || !heard.at.known())
                continue;
            const base::Duration held{
                static_cast<std::int64_t>(std::uint64_t{block.delay} * 1'000'000'000 / 65536)};
            const base::Duration out = apart(m_packet.time, heard.at) - held;
            if (out >= base::Duration::zero() && out <= kLongestRoundTrip)
                return out;
        }
        return std::nullopt;
    }

    StreamTable::Work &m_work;
    const base::Packet &m_packet;
};

void StreamTable::report(const base::Packet &packet, std::string_view rtcp)
{
    Reports reports(*m_work, packet);
    readRtcp(rtcp, reports);
}

std::uint64_t Stream::arrivedBefore(base::Instant until) const
{
    if (arrivals.count() == 0)
        return first < until ? packets : 0;
    return std::min(arrivals.before(until), packets);
}

std::uint64_t Stream::arrivedBefore(base::Instant until, std::uint8_t type) const
{
    if (arrivals.count() == 0)
        return first < until ? payloadTypes[type & 0x7FU] : 0;
    return arrivals.before(until, type);
}

} // namespace rtp
