// SPDX-License-Identifier: Apache-2.0
// What is to be played of a captured call: which streams are heard when, where a phone rings by
// itself, where it is silent. A Program is a value; a ProgramReader makes sound of it, a little at
// a time, and belongs to one thread.
#pragma once

#include <base/time.h>
#include <cstdint>
#include <memory>
#include <rtp/reel.h>
#include <span>
#include <string>
#include <vector>

namespace media {

class Voice;

struct Program {
    struct Part {
        base::Instant from, to;
        std::vector<std::shared_ptr<const rtp::Spool>> spools; // heard together
        std::string ringback; // the country whose ringback sounds from `from` on, empty: none
    };
    base::Instant from, to;  // by the clock of whoever captured it; what no part tells is silence
    std::vector<Part> parts; // in order of time, none reaches into the next
};

class ProgramReader
{
public:
    /// Takes what the spools hold now: some milliseconds for an hour.
    explicit ProgramReader(const Program &program);
    ~ProgramReader();
    ProgramReader(ProgramReader &&) noexcept;

    /// Samples a second: the highest that its codecs have.
    std::uint32_t rate() const { return m_rate; }
    base::Instant at() const; // of the next sample
    base::Instant to() const { return m_to; }
    /// When there is next something to be heard, at() at the earliest; to(): never any more.
    base::Instant soundBehind() const;
    void seek(base::Instant at);
    /// Fills as much as there is and returns it; 0: the end.
    std::size_t read(std::span<std::int16_t> out);
    /// What is missing of what was read so far, a sentence; empty: nothing.
    std::string trouble() const;

private:
    struct Source;
    struct Stretch { // a part, by index of the sample
        std::int64_t from = 0, to = 0;
        std::vector<std::size_t> sources;
        std::string ringback;
    };
    std::int64_t sampleAt(base::Instant at) const;
    base::Instant instantOf(std::int64_t sample) const;
    void mix(const Stretch &stretch, std::span<std::int32_t> out);

    base::Instant m_from, m_to;
    std::uint32_t m_rate = 8000;
    std::int64_t m_next = 0, m_end = 0;
    std::vector<std::unique_ptr<Source>> m_sources;
    std::vector<Stretch> m_stretches;
    std::unique_ptr<Voice> m_ring;
    const Stretch *m_rings = nullptr; // that m_ring plays for
    std::int64_t m_rung = 0;          // up to there
};

} // namespace media
