// SPDX-License-Identifier: Apache-2.0
// Whose log a file is. Many programs log whom they spoke with and leave themselves out; where logs
// of several hosts are read together, each has to be a host of its own. Importer's thread.
#pragma once

#include <atomic>
#include <base/blob.h>
#include <base/endpoint.h>
#include <optional>
#include <string>
#include <trace/trace.h>

namespace session {

struct LogHost {
    base::Endpoint end;
    std::string sentence; // who that is, and what tells it
};

/// Reads the file's beginning: another file's message that is the same at the same hop tells both
/// its ends; else what the host itself wrote into the Via of its requests (RFC 3261 section
/// 18.1.1). nullopt: the file names both ends, or nothing tells, or what tells contradicts itself.
std::optional<LogHost> hostOfLog(const std::string &name, const base::Blob &bytes,
                                 const trace::Trace &trace, const std::atomic<bool> &cancel);

} // namespace session
