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
    /// Moves the input to where the next unit begins, behind the damage; false: there is none.
    /// `here(at)`: one begins there. `header`: bytes it has at least. `stop()`: nobody wants more.
    template <class Here, class Stop>
    bool resume(Input &input, std::size_t header, Here here, Stop stop)
    {
        constexpr std::size_t kStep = 1U << 20U;
        if (input.grows()) // it may take long until more comes
            tellAtOnce();
        std::size_t at = 1;
        while (input.ensure(at + header)) {
            if (here(at)) {
                input.consume(at);
                passedOver(at);
                return true;
            }
            if (++at <= kStep)
                continue;
            input.consume(at - 1); // what was looked at need not be kept
            m_passed += at - 1;
            at = 1;
            if (stop())
                return false;
        }
        return false;
    }
    void forget() { m_what.clear(); }
    /// Of a file that still grows: its last unit is not complete, and nothing follows. Told once.
    void waiting(std::size_t there, std::size_t claimed);
    /// At the end. `trouble` of the input explains the last damage, if there is any.
    void tell(const std::string &trouble);

private:
    void passedOver(std::uint64_t bytes);
    void tellAtOnce();

    const Sink &m_sink;
    Outcome &m_outcome;
    std::string m_unit;
    std::string m_what; // of the damage under way, empty: none
    std::uint64_t m_units = 0, m_passed = 0;
    std::uint64_t m_places = 0, m_skipped = 0; // that were passed over, untold
    bool m_toldAtOnce = false;                 // of the damage under way
    bool m_toldWaiting = false;
};

} // namespace ingest::decode
