// SPDX-License-Identifier: Apache-2.0
// Private to engine: one sentence for a call that was refused, with what the response itself says
// about the reason. Pure, any thread.
#pragma once

#include <engine/transaction.h>
#include <string>

namespace engine {

std::string refusalSentence(const Reply &reply);

} // namespace engine
