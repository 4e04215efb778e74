// SPDX-License-Identifier: Apache-2.0
// Who wanted to call whom, of a call that failed before any message told it.
#pragma once

#include <calls/call.h>
#include <desk/desk.h>
#include <memory>

namespace desk {

/// The call with From and To as they were asked for; itself where it has its own.
std::shared_ptr<const calls::Call> introduced(std::shared_ptr<const calls::Call> call,
                                              const CallInfo &info);

} // namespace desk
