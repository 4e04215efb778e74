// SPDX-License-Identifier: Apache-2.0
// Which stream a packet is of, and which has to go when there are too many.
#include <rtp/stream_work.h>

#include <rtp/another_stream.h>

namespace rtp {

StreamEntry *StreamTable::Work::byNumber(StreamId id)
{
    StreamEntry *&entry = near[id.value % near.size()];
    if (entry == nullptr || entry->stream.id != id) {
        const auto found = byId.find(id.value);
        entry = found != byId.end() ? &*found->second : nullptr;
    }
    return entry;
}

StreamEntry &StreamTable::Work::find(const base::Packet &packet, std::uint32_t ssrc, StreamId known)
{
    ++packets;
    if (StreamEntry *entry = known.valid() ? byNumber(known) : nullptr; entry != nullptr) {
        entry->used = packets;
        return *entry;
    }
    const StreamKey key{packet.source, packet.destination, ssrc};
    if (known == kAnotherStream)
        byKey.erase(key);
    if (const auto found = byKey.find(key); found != byKey.end()) {
        found->second->used = packets;
        return *found->second;
    }
    if (list.size() >= capacity)
        evictOldest();
    list.emplace_back();
    StreamEntry &entry = list.back();
    entry.key = key;
    entry.used = entry.placed = packets;
    entry.stream.id = StreamId{nextId++};
    entry.stream.source = packet.source;
    entry.stream.destination = packet.destination;
    entry.stream.ssrc = ssrc;
    entry.stream.outgoing = packet.outgoing;
    entry.stream.origin = packet.origin;
    byKey.emplace(key, std::prev(list.end()));
    byId.emplace(entry.stream.id.value, std::prev(list.end()));
    bySsrc.emplace(std::pair{ssrc, entry.stream.id.value}, std::prev(list.end()));
    return entry;
}

void StreamTable::Work::forgetKey(const StreamEntry &entry)
{
    const auto found = byKey.find(entry.key);
    if (found != byKey.end() && &*found->second == &entry)
        byKey.erase(found);
}

/// Those used since they took their place go to the end first: moving each with each of its packets
/// would cost more than counting it.
void StreamTable::Work::evictOldest()
{
    while (list.front().used != list.front().placed) {
        list.front().placed = list.front().used;
        list.splice(list.end(), list, list.begin());
    }
    StreamEntry *&entry = near[list.front().stream.id.value % near.size()];
    entry = entry == &list.front() ? nullptr : entry;
    bySsrc.erase({list.front().key.ssrc, list.front().stream.id.value});
    forgetKey(list.front());
    byId.erase(list.front().stream.id.value);
    arrivals -= list.front().stream.arrivals.kept();
    list.pop_front();
    ++evicted;
}

} // namespace rtp
