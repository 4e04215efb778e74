// SPDX-License-Identifier: Apache-2.0
#include <session/same_packets.h>

#include <algorithm>

namespace session {

namespace {

/// Clocks that nothing could bring together are not further apart than this, or they are told as
/// two calls.
constexpr base::Duration kClockError = std::chrono::seconds(60);

/// The sequence number alone comes again after 65536 packets; the timestamp tells which turn it is:
/// its upper bits change each few seconds, and no sender turns as quickly.
std::uint32_t keyOf(std::uint32_t timestamp, std::uint16_t sequence)
{
    return timestamp >> 15U << 10U | sequence >> 6U;
}

} // namespace

bool SamePackets::File::has(std::uint32_t key, std::uint64_t bit)
{
    const auto less = [](const Word &a, const Word &b) { return a.key < b.key; };
    if (!sorted) // it is read to its end
        std::sort(words.begin(), words.end(), less);
    sorted = true;
    auto at = std::lower_bound(words.begin(), words.end(), Word{key, 0}, less);
    for (; at != words.end() && at->key == key; ++at) {
        if ((at->bits & bit) != 0)
            return true;
    }
    return false;
}

bool SamePackets::File::spans(base::Instant time) const
{
    return !time.known() || !first.known() ||
           (time >= first - kClockError && time <= last + kClockError);
}

void SamePackets::File::note(base::Instant time)
{
    if (!time.known())
        return;
    first = first.known() ? std::min(first, time) : time;
    last = std::max(last, time);
}

bool SamePackets::again(std::uint32_t of, const Packet &packet, Budget &left)
{
    if (of == 0)
        return false;
    const std::uint32_t key = keyOf(packet.timestamp, packet.sequence);
    const std::uint64_t bit = std::uint64_t{1} << (packet.sequence & 63U);
    File *own = nullptr;
    for (File &file : m_files) {
        if (file.number == of)
            own = &file;
        else if (file.spans(packet.time) && file.has(key, bit))
            return true;
    }
    if (own == nullptr) {
        if (m_files.size() >= kMostFiles)
            return false;
        m_files.push_back({of, true, {}, {}, {}});
        own = &m_files.back();
    }
    own->note(packet.time);
    auto &words = own->words;
    if (!words.empty() && words.back().key == key) {
        words.back().bits |= bit;
        return false;
    }
    if (words.size() >= kMostWords || left == 0)
        return false;
    --left;
    own->sorted = own->sorted && (words.empty() || words.back().key < key);
    words.push_back({key, bit});
    return false;
}

} // namespace session
