// SPDX-License-Identifier: Apache-2.0
// What a container runtime makes of a program's output: {"log":"one line\n","time":"..."} on each
// line. Pure functions over views.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

namespace ingest::text {

/// By the first line.
bool isContainerLog(std::string_view text);
/// The program's own lines, each behind its time.
std::string unwrapped(std::string_view text, const std::atomic<bool> &cancel);

} // namespace ingest::text
