// SPDX-License-Identifier: Apache-2.0
// Where in the ring of files the messages of each call stand: the first and the last place, which
// is little enough to keep for every call the files still hold. Written by the recorder's thread,
// asked by any.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace record {

/// From a place in one file of the ring to the end of a block in the same or a later one.
struct Span {
    std::uint32_t firstFile = 0, lastFile = 0;
    std::uint64_t begin = 0, end = 0;
};

class CallIndex
{
public:
    void note(std::string_view callId, std::uint32_t file, std::uint64_t begin, std::uint64_t end);
    /// The files before `oldest` are gone, and with them the calls that ended there.
    void forgetBefore(std::uint32_t oldest);
    std::optional<Span> find(std::string_view callId) const;
    std::size_t size() const;

private:
    mutable std::mutex m_mutex;
    std::unordered_map<std::uint64_t, Span> m_spans; // by a hash of the Call-ID
};

} // namespace record
