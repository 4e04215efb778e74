// SPDX-License-Identifier: Apache-2.0
// Plays a lab story: starts the peers, does the steps one after another, tells the captions. Worker
// thread only.
#pragma once

#include <desk/parts.h>

namespace desk {

/// What a step needs of the desk; all on the worker.
struct StoryHands {
    std::function<base::Result<engine::AccountHandle>(engine::Account, bool answer)> addAccount;
    std::function<void(engine::AccountHandle)> removeAccount;
    std::function<bool(engine::AccountHandle)> accountGone;
    std::function<engine::CallHandle(const CallOptions &)> place;
    std::function<void(engine::CallHandle)> hangUp;
};

class StoryRunner
{
public:
    StoryRunner(Parts &parts, StoryHands hands) : m_parts(parts), m_hands(std::move(hands)) {}

    /// Ends the story before, with all that is left of it, then begins. Errors are in the state.
    void start(const std::string &name, const std::string &recordFolder);
    void stop();
    bool running() const { return m_running; }

private:
    void clear(std::uint32_t run, base::Instant latest); // waits for the farewells, then opens
    void open();
    bool callOver() const;
    void beginStep();
    void doStep();
    void poll(std::uint32_t run); // until the step is done or its time is up
    bool done();
    void finish(std::string error);
    void publish();
    bool flowsSettled() const;
    bool flowLost() const;

    Parts &m_parts;
    StoryHands m_hands;
    lab::Scenario m_scenario;
    std::string m_wanted, m_recordFolder;
    engine::AccountHandle m_account;
    engine::CallHandle m_call;
    std::size_t m_step = 0;
    base::Instant m_stepBegan, m_captionShown;
    unsigned m_nexts = 0;    // of StoryPace, when the caption came
    bool m_stepDone = false; // and stands until it was read
    std::uint32_t m_run = 0; // counts stories, so that a late timer of an earlier one does nothing
    bool m_running = false;
    std::string m_error;
};

} // namespace desk
