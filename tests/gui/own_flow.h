// SPDX-License-Identifier: Apache-2.0
// An account of ours with one flow, told to a store.
#pragma once

#include <ui/store.h>

namespace gui {

inline constexpr engine::AccountHandle kAccount{7};

inline base::FlowReport upFlow()
{
    base::FlowReport out;
    out.aor = "sip:bob@example.test";
    out.regId = 1;
    out.edge = "sip:edge.example.test;transport=tcp";
    out.transport = "TCP";
    out.state = base::FlowState::Up;
    out.since = base::now();
    out.keepAlive = "CRLF";
    out.registeredUntil = out.since + std::chrono::hours(24);
    return out;
}

inline void apply(ui::Store &store, const base::FlowReport &report)
{
    desk::AccountInfo info;
    info.handle = kAccount;
    info.account.aor = report.aor;
    info.flows = {{report.regId, report}};
    store.applyAccount(info);
}

} // namespace gui
