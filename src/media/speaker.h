// SPDX-License-Identifier: Apache-2.0
// The output of one call: appsrc ! convert ! resample ! sink, started with a little
// silence before any audio comes. Tries PulseAudio, then ALSA, then a silent sink with a notice.
// Media thread; private.
#pragma once

#include <atomic>
#include <base/time.h>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace media {

enum class Output : std::uint8_t;

class Speaker
{
public:
    /// Always gives a speaker; without any device it is silent and notice() says so.
    /// EARSHOT_OUTPUT=silent forces that.
    /// `device`: empty: the system's default, which also takes over where that one is not there.
    /// `patient`: nobody waits for the sound, so the device gets a buffer that outlasts a busy
    /// machine.
    static std::unique_ptr<Speaker> open(Output output, const std::string &device,
                                         bool patient = false);
    ~Speaker();

    const std::string &device() const { return m_device; }
    const std::string &notice() const { return m_notice; }
    void mute(bool muted) { m_muted = muted; }
    /// That much silence, then the samples.
    void play(base::Duration silence, std::span<const std::int16_t> samples, std::uint32_t rate);
    /// That much silence.
    void silence(base::Duration length);
    /// What waits in front of the device.
    base::Duration waiting() const;
    /// What waits there and in it, by the device's own clock; below 0: it ran dry so long ago.
    base::Duration held();
    /// When it had begun and had nothing more to play; monotonic.
    base::Duration began() const { return m_began; }
    /// Notes the moment when samples played from now on first reach the sink.
    void watchNext();
    base::Instant watched() const;
    /// The audio server has moved the sound off the device that was chosen, as it does with one
    /// that is unplugged: a sentence, once. nullopt: it has not.
    std::optional<std::string> moved();
    /// Why the device went away, nullopt: it did not.
    std::optional<std::string> trouble();

private:
    Speaker() = default;
    bool start(const char *sink, const std::string &device = {});
    bool startOn(const std::string &device);

    struct Chain;
    std::unique_ptr<Chain> m_chain; // none: not even a silent sink could be made
    std::string m_device = "none", m_notice;
    std::string m_chosen; // the audio server's name of it; empty: the default, or moved since
    bool m_muted = false, m_patient = false, m_mark = false;
    base::Duration m_began{0};
    base::Duration m_delay{0};  // of the device behind its buffer, as far as it has shown
    base::Duration m_learnt{0}; // when; 0: it never has
};

} // namespace media
