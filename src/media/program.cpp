// SPDX-License-Identifier: Apache-2.0
#include "program.h"

#include "element_decoder.h"
#include "tone.h"

#include <algorithm>
#include <cmath>

namespace media {

namespace {

constexpr std::uint32_t kFastest = 48000;

/// Samples a second that a format holds; a decoder that ours lack makes 8000.
std::uint32_t rateOf(const rtp::VoiceFormat &format)
{
    const auto decoder = rtp::voiceDecoder(format);
    return decoder ? std::min(decoder->rate(), kFastest) : 8000;
}

} // namespace

struct ProgramReader::Source {
    Source(rtp::Reel reel, std::uint32_t rate)
        : reader(std::move(reel), rate,
                 [](const rtp::VoiceFormat &format) { return elementDecoder(format); })
    {
    }
    rtp::ReelReader reader;
    std::int64_t at = -1; // the sample that its reader gives next; -1: unknown
};

ProgramReader::ProgramReader(const Program &program) : m_from(program.from), m_to(program.to)
{
    std::vector<std::pair<std::shared_ptr<const rtp::Spool>, rtp::Reel>> reels;
    const auto indexOf = [&reels](const std::shared_ptr<const rtp::Spool> &spool) {
        const auto found = std::find_if(reels.begin(), reels.end(),
                                        [&spool](const auto &each) { return each.first == spool; });
        const auto index = static_cast<std::size_t>(found - reels.begin());
        if (found == reels.end())
            reels.emplace_back(spool, spool->reel());
        return index;
    };
    std::vector<std::vector<std::size_t>> sources;
    for (const auto &part : program.parts) {
        auto &mine = sources.emplace_back();
        for (const auto &spool : part.spools)
            if (spool)
                mine.push_back(indexOf(spool));
    }
    for (const auto &[spool, reel] : reels)
        for (const auto &format : reel.formats)
            m_rate = std::max(m_rate, rateOf(format));
    for (auto &[spool, reel] : reels)
        m_sources.push_back(std::make_unique<Source>(std::move(reel), m_rate));
    for (std::size_t i = 0; i < program.parts.size(); ++i) {
        const auto &part = program.parts[i];
        m_stretches.push_back(
            {sampleAt(part.from), sampleAt(part.to), std::move(sources[i]), part.ringback});
    }
    m_end = sampleAt(m_to);
}

ProgramReader::~ProgramReader() = default;
ProgramReader::ProgramReader(ProgramReader &&) noexcept = default;

std::int64_t ProgramReader::sampleAt(base::Instant at) const
{
    return std::llround(base::toSeconds(at - m_from) * m_rate);
}

base::Instant ProgramReader::at() const
{
    return instantOf(m_next);
}

base::Instant ProgramReader::instantOf(std::int64_t sample) const
{
    // Days of samples in nanoseconds do not fit: whole seconds first.
    return m_from + std::chrono::seconds(sample / m_rate) +
           base::Duration{sample % m_rate * 1'000'000'000 / m_rate};
}

base::Instant ProgramReader::soundBehind() const
{
    constexpr base::Duration kSoundsOn{1'000'000'000}; // a packet and what is made up behind it
    const base::Instant now = at();
    base::Instant next = m_to;
    for (const Stretch &stretch : m_stretches) {
        const base::Instant from = instantOf(stretch.from), to = instantOf(stretch.to);
        const base::Instant begin = std::max(from, now);
        if (begin >= to)
            continue;
        if (!stretch.ringback.empty())
            next = std::min(next, begin);
        for (const std::size_t index : stretch.sources) {
            const auto sounds = m_sources[index]->reader.soundBehind(begin - kSoundsOn);
            if (sounds && *sounds < to)
                next = std::min(next, std::max(*sounds, begin));
        }
    }
    return next;
}

void ProgramReader::seek(base::Instant at)
{
    m_next = std::clamp<std::int64_t>(sampleAt(at), 0, std::max<std::int64_t>(0, m_end));
}

void ProgramReader::mix(const Stretch &stretch, std::span<std::int32_t> out)
{
    for (const std::size_t index : stretch.sources) {
        Source &source = *m_sources[index];
        if (source.at != m_next)
            source.reader.seek(at());
        source.reader.add(out);
        source.at = m_next + static_cast<std::int64_t>(out.size());
    }
    if (stretch.ringback.empty())
        return;
    if (m_rings != &stretch || m_rung != m_next)
        m_ring = ringback(stretch.ringback, m_rate, instantOf(m_next) - instantOf(stretch.from));
    m_rings = &stretch;
    m_rung = m_next + static_cast<std::int64_t>(out.size());
    std::vector<std::int16_t> tone(out.size());
    if (m_ring)
        m_ring->fill(tone);
    std::transform(out.begin(), out.end(), tone.begin(), out.begin(),
                   [](std::int32_t a, std::int16_t b) { return a + b; });
}

std::size_t ProgramReader::read(std::span<std::int16_t> out)
{
    const auto wanted = static_cast<std::size_t>(
        std::clamp<std::int64_t>(m_end - m_next, 0, static_cast<std::int64_t>(out.size())));
    std::vector<std::int32_t> sum(wanted);
    for (std::size_t done = 0; done < wanted;) {
        std::int64_t until = m_next + static_cast<std::int64_t>(wanted - done);
        const Stretch *here = nullptr;
        for (const Stretch &stretch : m_stretches) {
            if (stretch.from <= m_next && m_next < stretch.to)
                here = &stretch;
            for (const std::int64_t edge : {stretch.from, stretch.to})
                if (edge > m_next)
                    until = std::min(until, edge);
        }
        const auto count = static_cast<std::size_t>(until - m_next);
        if (here != nullptr)
            mix(*here, std::span(sum).subspan(done, count));
        done += count;
        m_next = until;
    }
    std::transform(sum.begin(), sum.end(), out.begin(), [](std::int32_t sample) {
        return static_cast<std::int16_t>(std::clamp(sample, -32768, 32767));
    });
    return wanted;
}

std::string ProgramReader::trouble() const
{
    std::string out;
    for (const auto &source : m_sources) {
        for (const std::string_view encoding : source->reader.unheard())
            out = decoderMissing(encoding);
    }
    return out;
}

} // namespace media
