// SPDX-License-Identifier: Apache-2.0
// A call to our own address of record: is what is registered also reached? Fed with our own call
// and with the calls that come in meanwhile. Any single thread.
#pragma once

#include <desk/desk.h>
#include <string>
#include <vector>

namespace desk {

class SelfCall
{
public:
    static constexpr base::Duration kLimit = std::chrono::seconds(40); // beyond Timer B

    SelfCall(std::string aor, base::Instant placed);
    /// How to place it. It rings every device that is registered there.
    static CallOptions options(const AccountInfo &account);
    static std::string consent(const std::string &aor);

    /// Our own call and those that come in; whichever way they are told, in any order.
    void add(const CallInfo &info, engine::CallHandle own, base::Instant time);
    bool reached() const { return m_reached; }
    /// Nothing more comes of waiting.
    bool over(base::Instant now) const;
    base::Duration took() const { return m_took; } // until it came in; 0: it did not
    /// What came of it, one or two sentences. `registered`: a flow of the account is up.
    std::string conclusion(bool registered, bool interrupted) const;

private:
    struct Arrival { // a call that came in while ours was under way
        std::string callId, from;
        base::Instant time;
    };
    void recognise();

    std::string m_aor;
    base::Instant m_placed;
    CallInfo m_own;
    std::vector<Arrival> m_arrivals;
    bool m_reached = false, m_same = false;
    base::Duration m_took{0};
};

} // namespace desk
