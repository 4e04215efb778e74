// SPDX-License-Identifier: Apache-2.0
// What of a file could not be read, gathered while it is read and told in sentences at the end. One
// importer's thread; owned by a source's reader.
#pragma once

#include <cstdint>
#include <ingest/source.h>
#include <string>
#include <string_view>

namespace ingest::decode {

class Damage
{
public:
    /// `unit`: what the file is made of, "packet" or "block".
    Damage(const Sink &sink, Outcome &outcome, std::string_view unit)
        : m_sink(sink), m_outcome(outcome), m_unit(unit)
    {
    }

    void wellRead() { ++m_units; }
    /// The next unit is damaged; false, so that it can be returned.
    bool found(std::string what);
    /// Bytes looked at without finding where reading can go on.
    void passing(std::uint64_t bytes) { m_passed += bytes; }
    /// Reading goes on behind so many further bytes.
    void passedOver(std::uint64_t bytes);
    void forget() { m_what.clear(); }
    /// At the end. `trouble` of the input explains the last damage, if there is any.
    void tell(const std::string &trouble);

private:
    const Sink &m_sink;
    Outcome &m_outcome;
    std::string m_unit;
    std::string m_what; // of the damage under way, empty: none
    std::uint64_t m_units = 0, m_passed = 0;
    std::uint64_t m_places = 0, m_skipped = 0; // that were passed over, untold
};

} // namespace ingest::decode
