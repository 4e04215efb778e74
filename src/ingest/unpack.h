// SPDX-License-Identifier: Apache-2.0
// Captures compressed with gzip, zstd or lz4, unpacked as they are read. Bounded: what unpacks to
// more than a hundred times its size, or to more than a machine holds, is read up to there. One
// importer's thread.
#pragma once

#include <ingest/input.h>
#include <memory>
#include <string_view>

namespace ingest {

enum class Packing : unsigned char { None, Gzip, Zstd, Lz4 };
/// By the first bytes.
Packing packingOf(std::string_view firstBytes);

struct UnpackLimits {
    std::uint64_t ratio = 100, ratioFrom = std::uint64_t{64} << 20U; // from so many bytes on
    std::uint64_t total = std::uint64_t{64} << 30U;                  // bytes that come out
    std::uint64_t kept = std::uint64_t{4} << 30U; // bytes in memory, because rows show them
};

/// The bytes that come out. `packed` must be of a packing.
std::unique_ptr<Input> unpacked(const base::Blob &packed, const UnpackLimits &limits = {});

} // namespace ingest
