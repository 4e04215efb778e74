// SPDX-License-Identifier: Apache-2.0
// What sound is where it is no telephone tone: silence, noise, speech, music; told from how
// loudness and the strongest frequency change. One frame of 20 ms after another; bounded.
#pragma once

#include <rtp/heard.h>
#include <rtp/tone_tracker.h>

namespace rtp {

class SoundMeter
{
public:
    /// Forgets everything; what follows begins at `at`.
    void begin(base::Duration at);
    void add(const SoundFrame &frame);
    /// What it is now: since the last change of its kind.
    Heard now() const;
    /// What was before the last change, each once; oldest first.
    std::vector<Heard> takeEnded();
    base::Duration began() const { return m_span.from; }
    /// When the part that now() tells of has been worth listening to.
    bool audible() const;

private:
    enum class Class : std::uint8_t { Quiet, Even, Lively };
    struct Figures { // of frames, and of any number of them together
        base::Duration from{0}, to{0};
        int frames = 0, loud = 0, comfort = 0, steady = 0, pairs = 0;
        double power = 0, decibels = 0, squares = 0; // of the loud ones
        double noise = 0;                            // decibels, as announced, of the comfort ones
        void add(const Figures &more);
        double spread() const; // of the loudness, dB
        double level() const;
        Class kind() const;
    };
    static Heard judge(const Figures &figures);
    void slice();
    int wanted(Class from, Class to) const;

    Figures m_span, m_tail, m_slice;
    double m_lastHertz = 0;
    std::vector<Heard> m_ended;
};

} // namespace rtp
