// SPDX-License-Identifier: Apache-2.0
// The proxy's part of a drill: a call to our own address while the flow is broken, which has to
// come in by another one (RFC 5626 section 7), and one when it is up again. Any single thread.
#pragma once

#include <desk/drill_sheet.h>
#include <desk/self_call.h>

namespace desk {

class DrillCalls
{
public:
    struct Phone {
        std::function<engine::CallHandle(const CallOptions &)> place; // invalid: it cannot leave
        std::function<void(engine::CallHandle)> hangUp;
    };
    DrillCalls(Phone phone, std::uint32_t regId) : m_phone(std::move(phone)), m_regId(regId) {}
    ~DrillCalls() { stop(); }
    DrillCalls(const DrillCalls &) = delete;
    DrillCalls &operator=(const DrillCalls &) = delete;

    /// The flow was broken just now. With no other flow up nobody of ours can call.
    void begin(const AccountInfo &account, base::Instant now);
    void add(const CallInfo &info, base::Instant now);
    /// To be called after changes and twice a second; what came of a call goes into the sheet.
    void look(const AccountInfo &account, base::Instant now, DrillSheet &sheet);
    /// Both calls are done. A flow that does not come back has no second one.
    bool over() const { return m_after && !m_call; }
    void stop();

private:
    void place(const AccountInfo &account, base::Instant now);

    Phone m_phone;
    std::uint32_t m_regId;
    std::optional<SelfCall> m_call; // under way
    engine::CallHandle m_own;
    CallInfo m_last;      // of our own call
    bool m_after = false; // it, or the one before, is the second
};

/// What is added to drillConsent() where the calls are wanted.
std::string drillCallsConsent(const AccountInfo &account, std::uint32_t regId);

} // namespace desk
