// SPDX-License-Identifier: Apache-2.0
// Private to engine: one sentence for a call that was refused, with what the response itself says
// about the reason. Pure, any thread.
#pragma once

#include <engine/transaction.h>
#include <string>
#include <vector>

namespace engine {

/// `required`: the option tags that the INVITE insisted on, by Require or Proxy-Require.
/// `notFollowed`: why redirects, which were to be followed, lead nowhere; empty: they were not.
std::string refusalSentence(const Reply &reply, const std::vector<std::string> &required,
                            const std::string &notFollowed = {});

} // namespace engine
