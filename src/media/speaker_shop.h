// SPDX-License-Identifier: Apache-2.0
// Opens and closes speakers on a thread of its own: an audio server that does not answer stops
// neither the media thread nor its callers. What was opened waits in results(). Owned by the media
// thread's owner.
#pragma once

#include "media.h"
#include "speaker.h"

#include <base/inbox.h>
#include <functional>
#include <future>
#include <memory>
#include <thread>

namespace media {

class SpeakerShop
{
public:
    struct Opened {
        std::uint32_t ticket = 0;
        std::shared_ptr<Speaker> speaker;
    };
    /// `wake` is called when something was opened; any thread.
    explicit SpeakerShop(std::function<void()> wake);
    /// Waits for the thread a moment; one that hangs in the audio server's library is left behind.
    ~SpeakerShop();

    /// The future is ready once the result is; it fails (broken promise) if the shop closed before.
    std::future<void> open(std::uint32_t ticket, Output output, const std::string &device,
                           bool patient = false);
    /// Told on the shop's thread.
    void list(std::function<void(std::vector<AudioDevice>)> told);
    void retire(std::shared_ptr<Speaker> speaker);
    base::Inbox<Opened> &results() { return m_state->results; }

private:
    struct Job {
        std::uint32_t ticket = 0;
        Output output{};
        std::string device;
        std::shared_ptr<std::promise<void>> done; // none: `old` is to be closed
        std::shared_ptr<Speaker> old;
        std::function<void(std::vector<AudioDevice>)> listed; // asks for what there is
        bool patient = false;
    };
    struct State { // shared with the thread, which may outlive the shop
        State() : jobs(1024), results(1024) {}
        base::Inbox<Job> jobs;
        base::Inbox<Opened> results;
    };
    static void run(const std::shared_ptr<State> &state);

    std::shared_ptr<State> m_state;
    std::future<void> m_ended;
    std::thread m_thread;
};

} // namespace media
