// SPDX-License-Identifier: Apache-2.0
#include <session/clock_reader.h>

#include <algorithm>
#include <base/told_time.h>
#include <session/stream_sorter.h>
#include <string>
#include <unordered_set>

namespace session {
namespace {

constexpr base::Duration kNegligible = std::chrono::microseconds(100);
constexpr base::Duration kNetwork =
    std::chrono::milliseconds(400); // one direction seldom takes longer (ITU-T G.114)

using CallIds = std::unordered_set<std::string>;

void note(std::string_view text, const base::Packet &packet, Sightings &out, CallIds &calls)
{
    const auto message = sip::parse(text);
    if (!message || !base::hasClock(packet.time))
        return;
    out.add(*message, packet.time, packet.source.address, packet.destination.address);
    calls.emplace(message->callId());
}

Sightings sightingsOf(const std::string &name, const base::Blob &bytes, const base::Blob &keyLog,
                      CallIds &calls, const std::atomic<bool> &cancel)
{
    Sightings out;
    StreamSorter sorter;
    ingest::Sink sink;
    sink.keyLog = keyLog;
    sink.emit = [&](const base::Packet &packet) {
        if (packet.kind == base::PacketKind::Datagram) {
            const std::string_view text = packet.payload.text();
            if (sip::looksLikeSip(text))
                note(text, packet, out, calls);
        } else if (packet.kind != base::PacketKind::Local) {
            bool carriesSip = false;
            for (const auto &piece : sorter.add(packet, carriesSip)) {
                if (piece.frame.kind == sip::FrameKind::Message)
                    note(piece.text(), piece.packet, out, calls);
            }
        }
        return !out.full();
    };
    if (!ingest::readBytes(name, bytes, sink, cancel))
        return {}; // what is wrong with it, the reading proper tells
    return out;
}

/// The session's messages of those calls.
Sightings sightingsOf(const trace::Trace &trace, const CallIds &calls,
                      const std::atomic<bool> &cancel)
{
    enum : char { Unknown, Wanted, Strange };
    Sightings out;
    std::vector<char> known; // by call
    const std::size_t size = trace.size();
    for (std::uint32_t i = 0; i < size && !out.full() && !cancel; ++i) {
        const trace::RowId id{i};
        const trace::Row &row = trace.row(id);
        if (row.kind != trace::RowKind::Message || !row.call.valid() || !base::hasClock(row.time))
            continue;
        if (row.call.value >= known.size())
            known.resize(std::size_t{row.call.value} + 1, Unknown);
        char &wanted = known[row.call.value];
        if (wanted == Unknown)
            wanted = calls.count(std::string(trace.callId(row.call))) != 0 ? Wanted : Strange;
        if (wanted == Strange)
            continue;
        if (const auto message = trace.message(id))
            out.add(*message, row.time, trace.source(id).address, trace.destination(id).address);
    }
    return out;
}

} // namespace

ClockOffset clockOf(const std::string &name, const base::Blob &bytes, const base::Blob &keyLog,
                    const trace::Trace &trace, const ClockAsked &asked,
                    const std::atomic<bool> &cancel)
{
    constexpr std::uint64_t kShare = 4; // of another host's messages at least so many are the same
    const ClockChoice &choice = asked.choice;
    ClockOffset out;
    if (trace.size() != 0) {
        CallIds calls;
        const Sightings other = sightingsOf(name, bytes, keyLog, calls, cancel);
        if (other.size() != 0)
            out = estimateClock(sightingsOf(trace, calls, cancel), other);
        if (asked.continued && out.messages * kShare < other.size())
            out = {};
    }
    if (choice.how == ClockChoice::How::Given) {
        out.offset = choice.offset;
        out.given = out.applied = true;
        return out;
    }
    // What one direction alone tells may be nothing but the network's delay.
    const bool sure = out.bothWays || std::chrono::abs(out.offset) > kNetwork;
    // Within its own uncertainty it may as well be nothing.
    out.applied = choice.how == ClockChoice::How::Estimate && out.messages != 0 && sure &&
                  std::chrono::abs(out.offset) > std::max(kNegligible, out.within);
    return out;
}

} // namespace session
