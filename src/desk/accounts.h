// SPDX-License-Identifier: Apache-2.0
// Our own accounts as the user follows them: added, told of their flows, kept until the last flow
// said goodbye. Worker thread only.
#pragma once

#include <desk/parts.h>

namespace desk {

class Accounts
{
public:
    explicit Accounts(Parts &parts) : m_parts(parts) {}

    base::Result<engine::AccountHandle> add(engine::Account account, bool answer,
                                            std::vector<std::string> answerOnly);
    /// Un-registers; the account goes when its flows are off, after kFarewell at the latest.
    void remove(engine::AccountHandle handle);
    void apply(const engine::FlowEvent &event);
    bool gone(engine::AccountHandle handle) const;

private:
    void forget(engine::AccountHandle handle);

    Parts &m_parts;
};

} // namespace desk
