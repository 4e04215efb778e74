// SPDX-License-Identifier: Apache-2.0
// Packets of a file that do not stand in order of time (tools that merge or filter leave such
// files): reassembly, retransmissions and media need the order in which things happened. What is
// gathered here in one walk over the file is written anew in that order. One importer's thread.
#pragma once

#include <base/blob.h>
#include <base/time.h>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ingest::decode {

class TimeOrder
{
public:
    /// `gathers`: sorted() will be wanted; else only needed() is.
    explicit TimeOrder(bool gathers) : m_gathers(gathers) {}

    /// The next packet's whole record in the file.
    void add(base::Instant time, std::size_t at, std::size_t length);
    /// Would it change more than a clock that was set once? Files too large to be held once more
    /// are left as they are.
    bool needed() const;
    /// Between `head` and `tail`: the records of `bytes` in order of time; those of one time stay
    /// as they are.
    base::Blob sorted(std::string head, std::string_view bytes, std::string_view tail = {});

    /// What to tell of it.
    static constexpr std::string_view kSentence =
        "The packets of this file do not stand in order of time; they are shown in order of time.";

private:
    struct Record {
        base::Instant time;
        std::size_t at = 0;
        std::size_t length = 0;
    };
    bool m_gathers;
    std::vector<Record> m_records;
    std::size_t m_bytes = 0, m_count = 0;
    std::size_t m_back = 0; // how often time goes back
    base::Duration m_farthest{0};
    base::Instant m_latest, m_previous;
};

} // namespace ingest::decode
