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

    /// `account` as it is when the call is placed. `asked`: the flow in question, 0: any.
    SelfCall(const AccountInfo &account, base::Instant placed, std::uint32_t asked = 0);
    /// How to place it. It rings every device that is registered there. With another flow up than
    /// the one in question the call leaves by that, so that it can come in by this.
    CallOptions options(const AccountInfo &account) const;
    static std::string consent(const std::string &aor);

    /// Our own call and those that come in; whichever way they are told, in any order.
    void add(const CallInfo &info, engine::CallHandle own, base::Instant time);
    bool reached() const { return m_reached; }
    /// Nothing more comes of waiting.
    bool over(base::Instant now) const;
    base::Instant left() const { return m_left; }     // our INVITE; unknown: it did not
    base::Duration took() const { return m_took; }    // from there until it came in; 0: it did not
    std::uint32_t cameBy() const { return m_cameBy; } // the flow that brought it; 0: none of ours
    /// The registrar brought it by another flow than the one in question.
    bool elsewhere() const { return m_reached && m_asked != 0 && m_cameBy != m_asked; }
    /// What came of it, one or two sentences. `registered`: a flow of the account is up.
    std::string conclusion(bool registered, bool interrupted) const;

private:
    struct Arrival { // a call that came in while ours was under way
        engine::CallHandle call;
        std::string callId, from;
        base::Instant time;
        std::uint32_t cameBy = 0;
    };
    enum class Sign : std::uint8_t { None, CallId, Name, Caller };
    Sign signOf(const Arrival &arrival) const;
    std::string wayText() const;
    bool isOurAddress(const std::string &from) const;
    void recognise();

    std::string m_aor;
    std::string m_name; // of the caller: what a back-to-back user agent shows to the called one
    std::vector<std::string>
        m_hosts; // whoever passes the call on may put his own in the place of ours
    base::Instant m_placed, m_left;
    CallInfo m_own;
    std::vector<Arrival> m_arrivals;
    std::uint32_t m_asked = 0, m_cameBy = 0;
    bool m_reached = false;
    Sign m_sign = Sign::None;
    base::Duration m_took{0};
};

} // namespace desk
