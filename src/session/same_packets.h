// SPDX-License-Identifier: Apache-2.0
// Which packets of one RTP sender came of which file: two captures of the same minutes hold the
// same packets, or each a part of them. Told by timestamp and sequence number; times differ from
// one point of capture to the next, and only tell another day's call, whose numbers may be the
// same, from this one. A bit for each packet, bounded. Analysis thread.
#pragma once

#include <base/time.h>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace session {

class SamePackets
{
public:
    /// How many words all senders together may still take.
    using Budget = std::size_t;

    struct Packet {
        base::Instant time; // after the correction of the file's clock; unknown: any
        std::uint32_t timestamp = 0;
        std::uint16_t sequence = 0;
    };
    /// Is a packet of that file (0: of none) one that another file brought before? It is taken note
    /// of if not.
    bool again(std::uint32_t of, const Packet &packet, Budget &left);

private:
    static constexpr std::size_t kMostFiles = 64, kMostWords = 1U << 16U;
    struct Word { // 64 packets in a row
        std::uint32_t key = 0;
        std::uint64_t bits = 0;
    };
    struct File {
        std::uint32_t number = 0;
        bool sorted = true;
        base::Instant first, last; // of all it brought
        std::vector<Word> words;

        bool spans(base::Instant time) const;
        void note(base::Instant time);
        bool has(std::uint32_t key, std::uint64_t bit);
    };
    std::vector<File> m_files;
};

} // namespace session
