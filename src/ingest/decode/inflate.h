// SPDX-License-Identifier: Apache-2.0
// Small compressed payloads of unknown kind. Any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ingest::decode {

/// zlib (RFC 1950), gzip (RFC 1952) or raw deflate (RFC 1951), whichever fits. nullopt: none does,
/// or it would be longer than `most`.
std::optional<std::string> inflated(std::string_view bytes, std::size_t most);

} // namespace ingest::decode
