// SPDX-License-Identifier: Apache-2.0
// Private to ingest: whether a log shows one half of what was said, by the way it was written.
// Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace ingest::text {

struct OneSided {
    std::uint64_t requests = 0, responses = 0;
    std::uint64_t received = 0, sent = 0; // messages of which the log names one end only

    /// Empty: it shows both sides, or holds too little to tell.
    std::string_view sentence() const;
};

} // namespace ingest::text
