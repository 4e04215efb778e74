// SPDX-License-Identifier: Apache-2.0
// The document that earshot call --json prints: the call as the json report has it, with what only
// the caller knows.
#pragma once

#include <desk/desk.h>
#include <report/format.h>
#include <string>

namespace app {

/// `input` holds the one call, or none when no message was sent at all.
std::string callJson(const desk::CallInfo &info, const report::ReportInput &input);

} // namespace app
