// SPDX-License-Identifier: Apache-2.0
#include "stereo_recorder.h"

#include "samples.h"

#include <algorithm>

namespace media {

namespace {

using namespace std::chrono_literals;
constexpr base::Duration kHold = 1s;     // that long a channel may lag behind the other
constexpr base::Duration kApart = 300ms; // a channel's own clock from ours; then ours holds
constexpr base::Duration kLongestHole = std::chrono::minutes(5);

std::int64_t samplesIn(base::Duration time, std::uint32_t rate)
{
    return time.count() / 1000 * rate / 1'000'000;
}

} // namespace

/// Where these samples begin. The channel's own clock counts, as packets may be late; where it has
/// lost the time altogether, ours does.
std::int64_t StereoRecorder::placeOf(Channel channel, base::Duration at, base::Duration gap)
{
    const std::uint32_t rate = m_writer->rate();
    const std::int64_t newest = std::max(m_end[0], m_end[1]);
    std::int64_t now = samplesIn(at - m_origin, rate);
    if (const auto hole = now - newest - samplesIn(kLongestHole, rate); hole > 0) {
        m_origin += base::Duration(hole * 1'000'000'000LL / rate);
        now -= hole;
    }
    const std::int64_t apart = samplesIn(kApart, rate), end = m_end[channel];
    const std::int64_t own = end == 0
                                 ? now
                                 : std::clamp(end + samplesIn(std::min(gap, kLongestHole), rate),
                                              now - apart, now + apart);
    return std::max({own, end, m_settled});
}

base::Result<void> StereoRecorder::add(Channel channel, base::Duration at, base::Duration gap,
                                       std::span<const std::int16_t> samples, std::uint32_t rate)
{
    if (m_failed || samples.empty())
        return {};
    if (!m_writer) {
        auto made = WavWriter::create(m_folder, m_stem, rate, 2);
        if (!made) {
            m_failed = true;
            return tl::unexpected(made.error());
        }
        m_writer.emplace(std::move(*made));
        m_origin = at;
    }
    m_meter.add(samples, rate);
    const std::uint32_t own = m_writer->rate();
    std::vector<std::int16_t> changed;
    if (own != rate)
        samples = changed = resample(samples, rate, own);
    const std::int64_t hold = samplesIn(kHold, own), place = placeOf(channel, at, gap);
    if (auto done = settle(place - hold); !done)
        return done;
    const std::int64_t end = place + static_cast<std::int64_t>(samples.size());
    m_waiting.resize(std::max(m_waiting.size(), static_cast<std::size_t>(end - m_settled) * 2));
    for (std::size_t i = 0; i < samples.size(); ++i)
        m_waiting[(static_cast<std::size_t>(place - m_settled) + i) * 2 + channel] = samples[i];
    m_end[channel] = end;
    return settle(std::max(std::min(m_end[0], m_end[1]), end - hold));
}

/// Writes what comes before `end`: nothing is put there any more.
base::Result<void> StereoRecorder::settle(std::int64_t end)
{
    while (m_settled < end) {
        const auto want = static_cast<std::size_t>(end - m_settled) * 2;
        if (m_waiting.empty()) // neither side has any
            m_waiting.resize(std::min(want, std::size_t{2} * m_writer->rate()));
        const std::size_t part = std::min(want, m_waiting.size());
        if (auto done = write(std::span(m_waiting).first(part)); !done)
            return done;
        m_settled += static_cast<std::int64_t>(part / 2);
        m_waiting.erase(m_waiting.begin(), m_waiting.begin() + static_cast<std::ptrdiff_t>(part));
    }
    return {};
}

base::Result<void> StereoRecorder::write(std::span<const std::int16_t> samples)
{
    auto done = m_writer->append(samples);
    m_failed = !done;
    return done;
}

base::Result<void> StereoRecorder::flush()
{
    if (!m_writer || m_failed)
        return {};
    if (auto done = settle(std::max(m_end[0], m_end[1])); !done)
        return done;
    return m_writer->flush();
}

base::Duration StereoRecorder::length() const
{
    if (!m_writer)
        return base::Duration{0};
    return base::Duration(std::max(m_end[0], m_end[1]) * 1'000'000'000LL / m_writer->rate());
}

} // namespace media
