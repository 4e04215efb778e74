// SPDX-License-Identifier: Apache-2.0
// The folds without threads, for rules and explanations alone: packets in, the Evidence of a call
// out.
#pragma once

#include <calls/call_book.h>
#include <diagnosis/evidence.h>
#include <flows/flow_table.h>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <rtp/stream_table.h>
#include <sip/framer.h>
#include <support/conversation.h>
#include <trace/trace.h>

namespace support {

class Folded
{
public:
    using Keep = std::function<bool(const base::Packet &)>;
    using Change = std::function<base::Packet(base::Packet)>;

    explicit Folded(std::string_view conversation, bool withDecisive = true)
        : Folded(Conversation(conversation, withDecisive))
    {
    }
    /// Only the packets to keep (what a capture may have missed is left out), each as `change`
    /// makes it.
    explicit Folded(const Conversation &spoken, const Keep &keep = {}, const Change &change = {})
        : m_calls(m_trace), m_flows(m_trace)
    {
        EXPECT_EQ(spoken.error(), "");
        for (const auto &packet : spoken.packets())
            if (!keep || keep(packet))
                add(change ? change(packet) : packet);
        for (const auto id : m_streams.ids())
            m_all.push_back(m_streams.snapshot(id));
        m_known = m_flows.all();
        for (const auto id : m_calls.ids())
            m_snapshots.push_back(m_calls.snapshot(id));
        for (const auto &call : m_snapshots)
            m_bound.push_back(diagnosis::bind(*call, m_trace, m_all));
    }

    std::size_t calls() const { return m_snapshots.size(); }
    diagnosis::Evidence evidence(std::size_t call = 0) const
    {
        diagnosis::Evidence evidence{*m_snapshots.at(call), m_trace, m_bound.at(call), m_known,
                                     m_now};
        evidence.mediaSeen = !m_all.empty();
        return evidence;
    }
    /// Findings of every call.
    std::vector<diagnosis::Finding> findings() const
    {
        std::vector<diagnosis::Finding> all;
        for (std::size_t i = 0; i < calls(); ++i)
            for (auto &finding : diagnosis::diagnose(evidence(i)).list)
                all.push_back(std::move(finding));
        return all;
    }
    bool has(std::string_view rule) const { return find(rule) != nullptr; }
    std::shared_ptr<diagnosis::Finding> find(std::string_view rule) const
    {
        for (auto &finding : findings())
            if (finding.rule == rule)
                return std::make_shared<diagnosis::Finding>(finding);
        return nullptr;
    }
    /// The n-th row with that status (0: of that method), invalid: none.
    trace::RowId row(int status, int n = 0) const
    {
        for (std::uint32_t i = 0; i < m_trace.size(); ++i)
            if (m_trace.row({i}).kind == trace::RowKind::Message &&
                m_trace.row({i}).status == status && n-- == 0)
                return {i};
        return {};
    }
    const trace::Trace &trace() const { return m_trace; }

private:
    static trace::RowKind kindOf(sip::FrameKind frame)
    {
        switch (frame) {
        case sip::FrameKind::Ping:
            return trace::RowKind::Ping;
        case sip::FrameKind::Pong:
            return trace::RowKind::Pong;
        case sip::FrameKind::Cut:
            return trace::RowKind::Cut;
        case sip::FrameKind::Garbage:
        case sip::FrameKind::Rest:
            return trace::RowKind::Garbage;
        default:
            return trace::RowKind::Message;
        }
    }

    void add(const base::Packet &packet)
    {
        m_now = packet.time;
        const auto bytes = packet.payload.text();
        switch (packet.kind) {
        case base::PacketKind::Datagram:
            if (rtp::isRtcp(bytes))
                m_streams.report(packet, bytes);
            else if (const auto rtp = rtp::parseRtp(bytes)) {
                rtp::PacketFacts facts; // nothing that a Conversation sends fits a key
                facts.closed = facts.refused = m_keyed;
                m_streams.add(packet, *rtp, facts);
            } else if (bytes.starts_with('\r') || bytes.starts_with('\0')) // CRLF, STUN
                file(bytes.size() != 2 ? trace::RowKind::Ping : trace::RowKind::Pong, packet,
                     bytes);
            else if (bytes.starts_with('\1'))
                file(trace::RowKind::Pong, packet, bytes);
            else
                file(packet.cut ? trace::RowKind::Cut : trace::RowKind::Message, packet, bytes);
            return;
        case base::PacketKind::StreamData:
            for (const auto &frame : m_framers[packet.stream].add(bytes, packet.time))
                file(kindOf(frame.kind), packet, frame.text);
            return;
        case base::PacketKind::Local:
            if (!packet.destination.known())
                file(trace::RowKind::Local, packet, {});
            else
                undelivered(packet);
            return;
        case base::PacketKind::StreamFin:
            file(trace::RowKind::Fin, packet, {});
            return;
        default:
            file(trace::RowKind::Reset, packet, {});
        }
    }

    /// About the newest message between the ends, else about media of the only call.
    void undelivered(base::Packet packet)
    {
        auto event = *packet.local;
        event.callId = "c1@example.test";
        packet.local = std::make_shared<const base::LocalEvent>(std::move(event));
        sip::Digest about;
        about.rseq = trace::Row::kNoRow;
        for (std::uint32_t i = 0; i < m_trace.size(); ++i)
            if (trace::isMessage(m_trace.row({i}).kind) && m_trace.source({i}) == packet.source &&
                m_trace.destination({i}) == packet.destination)
                about.rseq = i + 1;
        const auto row = m_trace.add(trace::RowKind::Local, packet, {}, about);
        m_calls.add(row);
        m_flows.add(row, nullptr);
    }

    void file(trace::RowKind kind, const base::Packet &packet, std::string_view text)
    {
        const auto message = trace::isMessage(kind) ? sip::parse(text) : std::nullopt;
        m_keyed = m_keyed || text.find("a=crypto:") != std::string_view::npos;
        const auto row = m_trace.add(kind, packet, text, message ? &*message : nullptr);
        m_calls.add(row);
        m_flows.add(row, message ? &*message : nullptr);
    }

    trace::Trace m_trace;
    calls::CallBook m_calls;
    flows::FlowTable m_flows;
    rtp::StreamTable m_streams;
    std::map<std::uint32_t, sip::Framer> m_framers;
    std::vector<std::shared_ptr<const rtp::Stream>> m_all;
    std::vector<std::shared_ptr<const flows::Flow>> m_known;
    std::vector<std::shared_ptr<const calls::Call>> m_snapshots;
    std::vector<std::vector<diagnosis::BoundStream>> m_bound;
    base::Instant m_now;
    bool m_keyed = false; // a description brought keys
};

} // namespace support
