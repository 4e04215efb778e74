// SPDX-License-Identifier: Apache-2.0
// A thread that runs closures: what the engine's su_root thread and the media thread look like to
// others.
#pragma once

#include <functional>

namespace base {

class Loop
{
public:
    virtual ~Loop() = default;
    /// Any thread. Runs `work` on the loop's thread, in order. False: the loop has ended, `work`
    /// was not kept.
    virtual bool post(std::function<void()> work) = 0;
};

} // namespace base
