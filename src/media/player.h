// SPDX-License-Identifier: Apache-2.0
// Plays programs of captured calls, one at a time, on a thread of its own: nobody waits for an
// audio server, a decoder or a device that is not there.
#pragma once

#include "media.h"
#include "program.h"

#include <functional>
#include <memory>
#include <string>

namespace media {

class Player
{
public:
    enum class Stage : std::uint8_t { Idle, Opening, Playing };
    struct State {
        Stage stage = Stage::Idle;
        std::uint32_t number = 0; // of the play() that it tells of
        base::Instant at;         // what sounds now, by the program's clock
        std::string device;       // "PulseAudio"
        std::string notice;       // why it stopped or what is missing, a sentence; empty: nothing
    };
    /// `changed` is called on the player's thread when a stage or notice is another; it only posts.
    explicit Player(std::function<void()> changed = {});
    ~Player(); // waits at most two seconds for an audio server that hangs

    /// Instead of what plays now; `from`: by the program's clock. Returns its number.
    std::uint32_t play(Program program, base::Instant from, Output output = Output::Auto,
                       const std::string &device = {});
    void seek(base::Instant at);
    void stop();
    State state() const;

private:
    class Work;
    std::unique_ptr<Work> m_work;
};

} // namespace media
