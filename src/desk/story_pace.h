// SPDX-License-Identifier: Apache-2.0
// How fast lab stories are told. One for the program, for one story runs at a time: the window sets
// it, the runner asks it. Any thread.
#pragma once

#include <atomic>
#include <base/time.h>
#include <string_view>

namespace desk {

class StoryPace
{
public:
    enum class Kind { ToRead, Slow, AtOnce, ByHand };

    void set(Kind kind) { m_kind = kind; }
    Kind kind() const { return m_kind; }
    /// By hand: on to the next step.
    void next() { ++m_nexts; }
    unsigned nexts() const { return m_nexts; }

    /// May a step whose work is done give way? `shown`: for how long its caption has stood;
    /// `nextsBefore`: nexts() when it came.
    bool goesOn(std::string_view caption, base::Duration shown, unsigned nextsBefore) const;

private:
    std::atomic<Kind> m_kind = Kind::AtOnce; // headless: nobody reads
    std::atomic<unsigned> m_nexts = 0;
};

StoryPace &storyPace();

/// For whoever sees a caption for the first time: 15 characters a second, two seconds at least.
base::Duration timeToRead(std::string_view caption);

} // namespace desk
