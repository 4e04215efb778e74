// SPDX-License-Identifier: Apache-2.0
// A pcapng file of which the packets do not stand in order of time, written anew in that order:
// what describes them first, then the packets. One importer's thread.
#pragma once

#include <base/blob.h>
#include <optional>

namespace ingest::decode {

/// nullopt: they stand in order, or the file has several sections, is damaged, or is a session file
/// of ours, which has an order of its own.
std::optional<base::Blob> ngInOrder(const base::Blob &file);

} // namespace ingest::decode
