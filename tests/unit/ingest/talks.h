// SPDX-License-Identifier: Apache-2.0
// What goes through a TCP connection as a capture, and what the stream layers make of it.
#pragma once

#include "reading.h"

#include <support/tls_talk.h>

namespace talks {

const base::Endpoint kClient = support::endpoint("10.0.0.1:40000");
const base::Endpoint kServer = support::endpoint("10.0.0.2:5061");

using Flights = std::vector<support::TlsTalk::Flight>;

struct Cut {
    std::size_t segment = 1400;         // bytes
    std::vector<std::size_t> lost = {}; // segments the capture lacks, in the order they were sent
    std::size_t first = 0;              // the capture begins with this segment, without handshake
};

/// The segments of a connection whose two ends acknowledge each other.
inline std::vector<std::string> segments(const Flights &flights, const Cut &cut = {},
                                         const base::Endpoint &server = kServer)
{
    using support::kAck;
    std::vector<std::string> out;
    std::uint32_t numbers[2] = {1000, 5000};
    if (cut.first == 0) {
        out.push_back(support::tcp(kClient, server, 999, "", support::kSyn));
        out.push_back(support::tcp(server, kClient, 4999, "", support::kSyn | kAck, 1000));
    }
    std::size_t index = 0;
    for (const auto &flight : flights) {
        const int from = flight.fromClient ? 0 : 1;
        for (std::size_t at = 0; at < flight.bytes.size(); at += cut.segment, ++index) {
            const std::string part = flight.bytes.substr(at, cut.segment);
            const bool there = index >= cut.first &&
                               std::find(cut.lost.begin(), cut.lost.end(), index) == cut.lost.end();
            if (there)
                out.push_back(support::tcp(from == 0 ? kClient : server,
                                           from == 0 ? server : kClient, numbers[from], part, kAck,
                                           numbers[1 - from]));
            numbers[from] += static_cast<std::uint32_t>(part.size());
        }
    }
    for (const int from : {0, 1})
        out.push_back(support::tcp(from == 0 ? kClient : server, from == 0 ? server : kClient,
                                   numbers[from], "", support::kFin | kAck, numbers[1 - from]));
    return out;
}

/// All data of one direction, gaps as "~".
inline std::string said(const reading::Read &read, bool byClient)
{
    std::string out;
    for (const base::Packet &packet : read.packets) {
        if ((packet.source == kClient) != byClient)
            continue;
        if (packet.kind == base::PacketKind::StreamData)
            out += packet.payload.text();
        else if (packet.kind == base::PacketKind::StreamGap)
            out += "~";
    }
    return out;
}

inline std::vector<std::string> notes(const reading::Read &read)
{
    std::vector<std::string> out;
    for (const base::Packet &packet : read.packets) {
        if (packet.local)
            out.push_back(packet.local->sentence);
    }
    return out;
}

inline std::string message(std::string_view method, std::size_t padding = 0)
{
    return std::string(method) +
           " sip:bob@example.test SIP/2.0\r\nX: " + std::string(padding, 'x') +
           "\r\nContent-Length: 0\r\n\r\n";
}

} // namespace talks
