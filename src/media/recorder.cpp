// SPDX-License-Identifier: Apache-2.0
#include "recorder.h"

#include "samples.h"

#include <algorithm>

namespace media {

namespace {

constexpr base::Duration kLongestHole = std::chrono::minutes(5);

} // namespace

base::Result<void> Recorder::add(std::span<const std::int16_t> samples, std::uint32_t rate,
                                 base::Duration gap)
{
    if (m_failed)
        return {};
    if (!m_writer) {
        auto made = WavWriter::create(m_folder, m_stem, rate);
        if (!made) {
            m_failed = true;
            return tl::unexpected(made.error());
        }
        m_writer.emplace(std::move(*made));
        gap = base::Duration{0};
    }
    const std::uint32_t own = m_writer->rate();
    auto missing =
        static_cast<std::size_t>(std::min(gap, kLongestHole).count() * own / 1'000'000'000LL);
    const std::vector<std::int16_t> quiet(std::min<std::size_t>(missing, own));
    while (missing > 0) {
        const std::size_t part = std::min(missing, quiet.size());
        if (auto done = write(std::span(quiet).first(part)); !done)
            return done;
        missing -= part;
    }
    m_meter.add(samples, rate);
    return write(own == rate ? samples
                             : std::span<const std::int16_t>(resample(samples, rate, own)));
}

base::Result<void> Recorder::write(std::span<const std::int16_t> samples)
{
    auto done = m_writer->append(samples);
    m_failed = !done;
    return done;
}

base::Result<void> Recorder::flush()
{
    return m_writer && !m_failed ? m_writer->flush() : base::Result<void>();
}

void Recorder::rename(const std::string &stem)
{
    m_stem = stem;
    if (m_writer)
        m_writer->rename(m_folder, stem);
}

} // namespace media
