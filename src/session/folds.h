// SPDX-License-Identifier: Apache-2.0
// Packets in; trace, calls, flows and RTP streams out, with a list of what changed. Analysis thread
// only; the trace may be read by any thread.
#pragma once

#include <base/packet.h>
#include <calls/call_book.h>
#include <flows/flow_table.h>
#include <legs/leg_book.h>
#include <optional>
#include <rtp/stream_table.h>
#include <session/media_fold.h>
#include <session/overlap.h>
#include <session/stream_sorter.h>
#include <session/undelivered.h>
#include <session/unfinished.h>
#include <trace/trace.h>
#include <vector>

namespace session {

struct Counts {
    std::uint64_t messages = 0, packets = 0, rtpPackets = 0, rtpStreams = 0;
};

/// What add() changed, until somebody takes it. Calls may stand in it more than once.
struct Changes {
    std::vector<calls::CallId> calls; // by a row
    std::vector<calls::CallId> media; // by an RTP packet of a stream known before
    std::vector<trace::RowId> looseRows;
    std::vector<flows::FlowId> flows; // may stand in it more than once
};

class Folds
{
public:
    Folds() : m_book(m_trace), m_flows(m_trace), m_legs(m_trace) {}

    /// `digest`: of the datagram's message, if the importer took one already.
    void add(const base::Packet &packet, const sip::Digest *digest = nullptr);
    /// The next of many digests are on their way to add(): what they need is brought near.
    void expect(const std::vector<std::optional<sip::Digest>> &digests, std::size_t at) const;
    void learnKey(const base::Endpoint &sender, const rtp::SdesKey &key)
    {
        m_media.learnKey(sender, key);
    }
    /// A capture file begins: it brings a clock of its own. Its bytes are kept alive by `owner`,
    /// which the payloads of its packets need not hold each.
    void beginCapture(const std::shared_ptr<const void> &owner);
    /// A file was read up to there, whosever packets it holds: a session file has our own.
    void captured(base::Instant time) { m_lastCaptured = std::max(m_lastCaptured, time); }
    /// Rows that come from here on are of that file, counted from 1; 0: of none.
    void readFrom(std::uint32_t file)
    {
        m_file = file;
        m_trace.readFrom(file);
        m_media.readFrom(file);
    }
    /// The capture file was read: half messages of its connections are told as they are, and in
    /// sentences.
    std::vector<std::string> endCapture();

    const trace::Trace &trace() const { return m_trace; }
    /// As Trace::bound(), before the first packet.
    base::Result<void> bound(std::size_t most, const std::string &folder)
    {
        return m_trace.bound(most, folder);
    }
    const calls::CallBook &book() const { return m_book; }
    const flows::FlowTable &flows() const { return m_flows; }
    const legs::LegBook &legs() const { return m_legs; }
    const Counts &counts() const { return m_counts; }
    /// The latest packet's time: of the capture file read last, and of everything else. A file may
    /// be years older than what happens now, or come from a computer whose clock is ahead.
    base::Instant lastCaptured() const { return m_lastCaptured; }
    base::Instant lastLive() const { return m_lastLive; }
    std::uint64_t evicted() const;
    /// Snapshots of the streams that touch the call's media endpoints.
    std::vector<std::shared_ptr<const rtp::Stream>> streamsOf(const calls::Call &call);
    std::vector<std::shared_ptr<const rtp::Stream>> streams() const; // all of them
    Changes &changes() { return m_changes; }

private:
    void datagram(const base::Packet &packet, const sip::Digest *digest);
    void stream(const base::Packet &packet);
    void local(const base::Packet &packet);
    void undelivered(const base::Packet &packet);
    void comment(const base::Packet &packet);
    void piece(const StreamSorter::Piece &piece, std::optional<Unfinished::Why> why);
    void message(trace::RowKind kind, const base::Packet &packet, std::string_view text,
                 const sip::Digest *known = nullptr);
    void row(trace::RowKind kind, const base::Packet &packet, std::string_view text,
             const sip::Digest *digest);
    void noteEnds(const base::Packet &packet, trace::RowId row);
    void learnMedia();
    bool stun(const base::Packet &packet);
    bool sipEnd(const base::Packet &packet);
    void noteFlows(const std::vector<flows::FlowId> &touched);
    trace::RowId requestOf(trace::RowId response, calls::CallId call) const;
    bool keptAliveBefore(trace::RowKind kind, const base::Packet &packet, trace::RowId row);

    trace::Trace m_trace;
    calls::CallBook m_book;
    flows::FlowTable m_flows;
    legs::LegBook m_legs;
    StreamSorter m_sorter;
    struct Nothing {
    };
    Generations<base::Endpoint, Nothing> m_sipEnds{16384}; // that sent or received SIP in datagrams
    std::uint32_t m_described = 0;         // the media index has read the SDP of rows up to there
    std::vector<std::uint8_t> m_endsNoted; // by pair of the trace: the round its ends were noted in
    std::uint8_t m_endsRound = 1;
    std::uint32_t m_endsAge = 0;                             // messages of this round
    std::uint64_t m_endsEvicted = 0;                         // from m_sipEnds when it began
    Generations<std::uint64_t, Overlap> m_keepAlives{16384}; // by pair of the trace and kind
    std::uint32_t m_file = 0;
    Counts m_counts;
    Changes m_changes;
    MediaFold m_media{m_changes.calls, m_changes.media};
    Undelivered m_undelivered{m_trace, m_media};
    Unfinished m_unfinished;
    base::Instant m_lastCaptured, m_lastLive;
    calls::CallId m_filed; // the call that the packet under way brought a row
};

} // namespace session
