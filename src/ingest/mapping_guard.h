// SPDX-License-Identifier: Apache-2.0
// A mapped file that somebody makes shorter raises SIGBUS where it is read. While a guard lives,
// the pages that are gone read as zeros instead. Any thread; owned by the mapping, ends before it.
#pragma once

#include <cstddef>

namespace ingest {

class MappingGuard
{
public:
    MappingGuard(const void *bytes, std::size_t size);
    ~MappingGuard();
    MappingGuard(const MappingGuard &) = delete;
    MappingGuard &operator=(const MappingGuard &) = delete;

private:
    std::size_t m_slot; // beyond the last one: too many mappings, this one is not guarded
};

} // namespace ingest
