// SPDX-License-Identifier: Apache-2.0
#include <rtp/tone_tracker.h>

#include <algorithm>
#include <cmath>
#include <rtp/level.h>

namespace rtp {
namespace {

constexpr std::size_t kKept = 8; // frames to look back to
constexpr double kTonal = 0.78;  // share of the power in one or two tones
constexpr double kNear = 0.5;    // of the plateau: the window is half in the burst
constexpr double kMostly = 0.6;  // of the sound, or it is no tone any more
constexpr int kSureAfter = 4;    // frames
constexpr int kOverAfter = 3;    // frames below; a lost packet does not end a tone
constexpr double kDrift = 14;    // Hz that a steady tone's centre may wander, 3 % above 470 Hz

/// What begins with the listening may have begun before.
constexpr base::Duration kBeginning = std::chrono::milliseconds(40);

bool nearHertz(double a, double b)
{
    return std::abs(a - b) <= std::max(kDrift, 0.03 * std::max(a, b));
}

} // namespace

bool sameTone(const std::vector<double> &a, const std::vector<double> &b)
{
    const auto within = [](const std::vector<double> &some, const std::vector<double> &all) {
        return std::all_of(some.begin(), some.end(), [&](double one) {
            return std::any_of(all.begin(), all.end(),
                               [&](double other) { return nearHertz(one, other); });
        });
    };
    return !a.empty() && !b.empty() && within(a, b) && within(b, a);
}

double ToneTracker::power(const SoundFrame &frame) const
{
    double all = 0;
    for (const double lump : m_lumps)
        all += powerNear(frame.powers, lump);
    return all;
}

void ToneTracker::open(const SoundFrame &frame)
{
    m_open = true;
    m_sure = false;
    m_cutStart = frame.at < kBeginning;
    m_lumps.clear();
    for (const Peak &peak : strongest(frame.powers, 2)) {
        if (m_lumps.empty() || peak.power > 0.05 * powerNear(frame.powers, m_lumps.front()))
            m_lumps.push_back(peak.hertz);
    }
    m_plateau = m_before = power(frame);
    m_frames = 1;
    m_below = 0;
    m_from = frame.at;
    m_end = m_last = frame.at;
    m_sum = frame.powers;
    m_summed = 1;
}

/// Where the power crossed half of the plateau on its way up.
void ToneTracker::place()
{
    for (std::size_t i = m_past.size(); i > 0; --i) {
        const double here = power(m_past[i - 1]);
        if (here >= kNear * m_plateau)
            continue;
        if (i < m_past.size()) {
            const double above = power(m_past[i]);
            const double part = (kNear * m_plateau - here) / std::max(1e-20, above - here);
            m_from = m_past[i - 1].at + base::Duration(static_cast<std::int64_t>(
                                            part * static_cast<double>(kFrame.count())));
            m_cutStart = m_from < kBeginning;
        }
        return;
    }
}

Burst ToneTracker::burst(base::Duration to, bool running) const
{
    Burst out;
    out.from = m_from;
    out.to = std::max(to, m_from);
    out.cutStart = m_cutStart;
    out.running = running;
    Powers mean = m_sum;
    for (float &bin : mean)
        bin /= static_cast<float>(std::max(1, m_summed));
    for (const Peak &peak : tonesIn(mean))
        out.hertz.push_back(peak.hertz);
    out.level = dbfs(bandPower(mean));
    return out;
}

std::optional<Burst> ToneTracker::running() const
{
    return m_open && m_sure ? std::optional(burst(m_last, true)) : std::nullopt;
}

std::optional<Burst> ToneTracker::close()
{
    m_open = false;
    return m_sure ? std::optional(burst(m_end, false)) : std::nullopt;
}

std::optional<Burst> ToneTracker::add(const SoundFrame &frame)
{
    const bool tonal = frame.loud && frame.tonality >= kTonal;
    std::optional<Burst> ended;
    m_past.push_back(frame);
    if (m_past.size() > kKept)
        m_past.pop_front();
    if (m_open) {
        const double now = power(frame);
        const bool inside = now >= kNear * m_plateau && now >= kMostly * bandPower(frame.powers);
        const bool other = tonal && !std::any_of(m_lumps.begin(), m_lumps.end(), [&](double lump) {
                               return nearHertz(frame.hertz, lump);
                           });
        if (!inside && m_below == 0) { // where it crossed on its way down
            const double part = (m_before - kNear * m_plateau) / std::max(1e-20, m_before - now);
            m_end = m_last + base::Duration(static_cast<std::int64_t>(
                                 std::clamp(part, 0.0, 1.0) * static_cast<double>(kFrame.count())));
        }
        if (inside && !(other && !m_sure)) {
            m_below = 0;
            ++m_frames;
            m_last = frame.at;
            // While the window slides in, the plateau is not reached yet.
            m_plateau =
                m_frames <= kSureAfter ? std::max(m_plateau, now) : 0.9 * m_plateau + 0.1 * now;
            if (m_frames == 3) // from here on the window is full
                m_sum = {}, m_summed = 0;
            if (tonal) {
                for (std::size_t i = 0; i < kBins; ++i)
                    m_sum[i] += frame.powers[i];
                ++m_summed;
            }
            if (m_frames == kSureAfter) {
                m_sure = true;
                place();
            }
        } else {
            ++m_below;
        }
        m_before = now;
        if (m_below >= kOverAfter || (m_below > 0 && (other || !m_sure)))
            ended = close();
    }
    if (!m_open && tonal)
        open(frame);
    return ended;
}

} // namespace rtp
