// SPDX-License-Identifier: Apache-2.0
// The document that earshot call --json prints.
#pragma once

#include <desk/desk.h>
#include <report/format.h>
#include <string>

namespace app {

/// `view` may be null when the call left no message at all.
std::string callJson(const desk::CallInfo &info, const session::CallView *view,
                     const report::ReportInput &input);

} // namespace app
