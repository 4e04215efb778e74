// SPDX-License-Identifier: Apache-2.0
// Finds bursts of steady tones in sound: when they began and ended, to some milliseconds, and of
// which frequencies they are. One frame of 20 ms after another; bounded.
#pragma once

#include <base/time.h>
#include <deque>
#include <optional>
#include <rtp/spectrum.h>

namespace rtp {

constexpr base::Duration kFrame = std::chrono::milliseconds(20);

/// What the window around `at` holds. `loud` false: nothing to look at, powers are zero.
struct SoundFrame {
    base::Duration at{0};
    bool loud = false;
    std::optional<double> comfort; // announced as comfort noise of that level, dBFS (RFC 3389)
    double level = -96;            // dBFS, 200-3600 Hz
    double tonality = 0;           // share of the two strongest tones
    double hertz = 0;              // the strongest
    Powers powers{};
};

struct Burst {
    base::Duration from{0}, to{0};
    std::vector<double> hertz; // strongest first
    double level = -96;        // dBFS
    bool cutStart = false;     // it sounded already when listening began
    bool running = false;
    base::Duration length() const { return to - from; }
};

class ToneTracker
{
public:
    /// A burst that has ended, if this frame ended one.
    std::optional<Burst> add(const SoundFrame &frame);
    /// The burst under way, once it is sure to be one.
    std::optional<Burst> running() const;
    /// In a burst, or in what may become one.
    bool inTone() const { return m_open; }

private:
    void open(const SoundFrame &frame);
    double power(const SoundFrame &frame) const;
    Burst burst(base::Duration to, bool running) const;
    void place();
    std::optional<Burst> close();

    std::deque<SoundFrame> m_past; // the newest last
    bool m_open = false, m_sure = false, m_cutStart = false;
    std::vector<double> m_lumps; // centres of where its power is
    double m_plateau = 0, m_before = 0;
    int m_frames = 0, m_below = 0;
    base::Duration m_from{0}, m_end{0}, m_last{0};
    Powers m_sum{};
    int m_summed = 0;
};

/// The same tone, give or take what measuring does.
bool sameTone(const std::vector<double> &a, const std::vector<double> &b);

} // namespace rtp
