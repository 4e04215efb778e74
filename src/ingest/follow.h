// SPDX-License-Identifier: Apache-2.0
// Reads a capture file that is still being written: what is there, then what is appended, until
// cancelled. A record half written is waited for. On the importer's thread.
#pragma once

#include <atomic>
#include <base/result.h>
#include <ingest/source.h>
#include <string>

namespace ingest {

/// Waits where the file ends; calls `sink.idle` before it does. A file that is cut shorter, or
/// replaced by another of its name, is told as a flaw and read from its beginning. Returns when
/// `cancel` is set, or the sink wants no more. Errors: the file cannot be opened, or is of a kind
/// that cannot be followed.
base::Result<Outcome> followFile(const std::string &path, const Sink &sink,
                                 const std::atomic<bool> &cancel);

} // namespace ingest
