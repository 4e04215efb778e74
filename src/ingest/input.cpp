// SPDX-License-Identifier: Apache-2.0
#include <ingest/input.h>

#include <algorithm>

namespace ingest {

Chunk::Chunk(std::string_view rest, std::size_t size)
    : m_bytes(new char[std::max(size, rest.size())]), m_size(std::max(size, rest.size())),
      m_used(rest.size())
{
    std::copy(rest.begin(), rest.end(), m_bytes.get());
}

} // namespace ingest
