// SPDX-License-Identifier: Apache-2.0
// Which packets that are no rows of the trace belong to the calls of a report: RTP of their
// streams, and RTCP, STUN and DTLS at the ends of their media. One thread.
#pragma once

#include <base/packet.h>
#include <bitset>
#include <optional>
#include <report/format.h>
#include <tuple>
#include <unordered_map>

namespace report {

class CallPackets
{
public:
    explicit CallPackets(const ReportInput &input);
    /// The packet as it is written; nullopt: it is not of these calls, or another file had it.
    std::optional<base::Packet> take(std::uint32_t file, const base::Packet &packet);
    /// Have these calls media at all?
    bool wanted() const { return !m_streams.empty(); }

private:
    struct Span {
        base::Instant from, to;
        bool sealed = false; // encrypted: nobody reads digits there, and a change would show
        bool holds(base::Instant time) const { return from <= time && time <= to; }
    };
    struct Ends {
        base::Endpoint source, destination;
        std::uint32_t ssrc = 0;
        friend bool operator==(const Ends &, const Ends &) = default;
    };
    struct HashEnds {
        std::size_t operator()(const Ends &ends) const;
    };
    struct Heard {
        std::uint32_t file = 0;
        base::Instant last;
    };
    void add(const ReportInput &input, const ReportCall &call);
    void describe(std::string_view description, const Span &span);
    void addEnd(const base::Endpoint &end, const Span &span);
    bool atAnEnd(const base::Packet &packet) const;
    bool heardElsewhere(std::uint32_t file, const base::Packet &packet);
    void mask(base::Packet &packet) const;

    std::unordered_map<Ends, std::vector<Span>, HashEnds> m_streams;
    std::unordered_map<base::Endpoint, std::vector<Span>> m_ends;
    std::unordered_map<Ends, Heard, HashEnds> m_heard; // of which file
    std::bitset<128> m_digits; // payload types that carry what somebody pressed
    bool m_redact = true;
};

} // namespace report
