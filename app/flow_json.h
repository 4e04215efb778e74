// SPDX-License-Identifier: Apache-2.0
// Our own flows in words and JSON, as `earshot register` tells them.
#pragma once

#include <base/flow_report.h>
#include <desk/desk.h>
#include <nlohmann/json.hpp>

namespace app {

/// One change of one flow.
struct FlowLine {
    base::Instant time;
    base::FlowReport flow;
};

std::string textOf(const FlowLine &line, base::Instant start);
nlohmann::json jsonOf(const FlowLine &line, base::Instant start);
/// Everything known of a flow at `now`.
nlohmann::json jsonOf(const base::FlowReport &flow, base::Instant now);
/// Since or until when somebody's call reaches the account.
std::string reachText(const desk::AccountInfo &info, base::Instant start);

} // namespace app
