// SPDX-License-Identifier: Apache-2.0
// Private to engine: which requests have left, and which may not leave any more. What is handed to
// the library waits in its queue until a connection stands, and leaves then, whoever gave it up
// meanwhile. Owned by the tap, used on its thread only.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_set>

namespace engine {

class Departures
{
public:
    /// The request is in the library's hands. `branch`: of its top Via.
    void expect(std::string_view method, std::string_view branch);
    /// Its first bytes went to the kernel.
    bool left(std::string_view method, std::string_view branch) const;
    /// It is not waited for any more; what is still queued of it may leave.
    void forget(std::string_view method, std::string_view branch);
    /// Nothing of it leaves from now on, be it queued or to be sent again.
    void recall(std::string_view method, std::string_view branch);

    /// Does a transaction of ours that is still waited for have this branch?
    bool waitsFor(std::string_view branch) const { return m_waits.contains(std::string(branch)); }

    /// Asked of every chunk before it goes to the kernel; false: it is to be swallowed.
    bool admits(std::string_view bytes) const;
    /// The kernel took it.
    void sent(std::string_view bytes);

private:
    static std::string keyOf(std::string_view bytes);
    std::unordered_set<std::string> m_expected, m_recalled;
    std::unordered_multiset<std::string> m_waits; // branches; a CANCEL has its INVITE's
    std::deque<std::string> m_order;              // of m_recalled, oldest first
    std::deque<std::string> m_recent; // the last ones that left: some do before they are expected
};

} // namespace engine
