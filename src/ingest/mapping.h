// SPDX-License-Identifier: Apache-2.0
// A file mapped into memory, read-only; the Blob keeps the mapping alive. What somebody cuts off
// the file meanwhile reads as zeros. Any thread.
#pragma once

#include <base/blob.h>
#include <base/result.h>
#include <string>

namespace ingest {

/// Errors: not found, no permission, no regular file, empty.
base::Result<base::Blob> mapFile(const std::string &path);

} // namespace ingest
