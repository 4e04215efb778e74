// SPDX-License-Identifier: Apache-2.0
// The packets of files that were read, once more: the trace keeps messages only, and who writes a
// capture of a call wants its media as well. Blocks; any thread.
#pragma once

#include <functional>
#include <session/session.h>
#include <string>
#include <vector>

namespace session {

using PacketVisit = std::function<void(std::uint32_t file, const base::Packet &packet)>;

/// Hands on every packet of `files` (as Session::imports() tells them), with the times that the
/// session gave it. Gives a sentence for each file that is not there any more, or not as it was.
std::vector<std::string> readAgain(const std::vector<ImportState> &files, const PacketVisit &visit);

} // namespace session
