// SPDX-License-Identifier: Apache-2.0
// What the ingest tests share: read bytes as a capture and keep everything that comes out.
#pragma once

#include <gtest/gtest.h>
#include <ingest/source.h>
#include <support/capture_writer.h>

namespace reading {

struct Read {
    std::vector<base::Packet> packets;
    std::vector<std::string> flaws;
    base::Result<ingest::Outcome> outcome = base::fail(base::ErrorCode::Internal, "not run");

    std::string payload(std::size_t i) const
    {
        return i < packets.size() ? std::string(packets[i].payload.text()) : "(no such packet)";
    }
};

inline Read read(std::string_view bytes, std::string_view keyLog = {})
{
    Read out;
    const std::atomic<bool> cancel{false};
    ingest::Sink sink;
    sink.emit = [&](base::Packet packet) {
        out.packets.push_back(std::move(packet));
        return true;
    };
    sink.flaw = [&](std::string sentence) { out.flaws.push_back(std::move(sentence)); };
    sink.keyLog = base::Blob::copy(keyLog);
    out.outcome = ingest::readBytes("test.pcap", base::Blob::copy(bytes), sink, cancel);
    return out;
}

inline base::Instant at(std::int64_t milliseconds)
{
    return {1'700'000'000'000'000'000 + milliseconds * 1'000'000};
}

/// One frame of that link type in a pcap file.
inline Read readFrame(std::uint32_t linkType, std::string_view frame)
{
    support::PcapOptions options;
    options.linkType = linkType;
    return read(support::pcap({{at(0), std::string(frame)}}, options));
}

/// IP packets as raw IP, a millisecond apart.
inline Read readIp(const std::vector<std::string> &packets, std::int64_t step = 1,
                   std::string_view keyLog = {})
{
    std::vector<support::CapturedFrame> frames;
    for (const std::string &packet : packets)
        frames.push_back({at(static_cast<std::int64_t>(frames.size()) * step), packet});
    support::PcapOptions options;
    options.linkType = 101;
    return read(support::pcap(frames, options), keyLog);
}

/// "D:text G F R" - one word per stream packet, D data, G gap, F fin, R reset.
inline std::string story(const Read &read, std::uint32_t stream = 1)
{
    std::string out;
    for (const base::Packet &packet : read.packets) {
        if (packet.stream != stream)
            continue;
        out += out.empty() ? "" : " ";
        switch (packet.kind) {
        case base::PacketKind::StreamData:
            out += "D:" + std::string(packet.payload.text());
            break;
        case base::PacketKind::StreamGap:
            out += "G";
            break;
        case base::PacketKind::StreamFin:
            out += "F";
            break;
        case base::PacketKind::StreamReset:
            out += "R";
            break;
        default:
            out += "?";
        }
    }
    return out;
}

} // namespace reading
