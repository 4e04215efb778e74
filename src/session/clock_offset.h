// SPDX-License-Identifier: Apache-2.0
// How far the clock of one capture runs ahead of another's, from the messages seen in both. A
// message is the same where everything is equal that no hop changes: Call-ID, CSeq, status, tags
// and the originator's Via. Where messages went both ways, the middle between the two directions
// counts, so that the network's delay does not. Pure.
#pragma once

#include <base/endpoint.h>
#include <base/time.h>
#include <cstdint>
#include <sip/message.h>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace session {

struct ClockOffset {
    base::Duration offset{0};   // of the file's clock ahead of those before it
    base::Duration within{0};   // the truth lies within so much of it, as far as the messages tell
    std::uint64_t messages = 0; // seen in both
    bool bothWays = false;      // false: the network's delay may be part of it
    bool applied = false;       // the file's times were corrected by it
    bool given = false;         // by the user
};

/// What to do about the clock of a file that is opened beside others.
struct ClockChoice {
    enum class How : std::uint8_t { Estimate, Ignore, Given } how = How::Estimate;
    base::Duration offset{0}; // Given: its clock runs that much ahead
};

/// The messages of one capture, by what no hop changes. Bounded.
class Sightings
{
public:
    void add(const sip::Message &message, base::Instant time, const base::Address &source,
             const base::Address &destination);
    std::size_t size() const { return m_size; }
    bool full() const;

private:
    friend class Pairing;
    friend ClockOffset estimateClock(const Sightings &reference, const Sightings &other);
    struct Sighting {
        base::Instant time;
        base::Address source, destination;
        std::uint64_t hop = 0; // a hash of the topmost Via
        std::uint32_t vias = 0;
        bool response = false;
    };
    std::unordered_map<std::uint64_t, std::vector<Sighting>> m_byKey;
    std::size_t m_size = 0;
};

/// messages == 0: nothing is common to both. Never `applied`.
ClockOffset estimateClock(const Sightings &reference, const Sightings &other);

/// "The clock of b.pcap runs 1.234 s ahead of a.pcap, from 57 messages seen in both, ..."; empty:
/// nothing is known of it, or that it differs.
std::string clockSentence(const ClockOffset &clock, std::string_view file,
                          std::string_view reference);

} // namespace session
