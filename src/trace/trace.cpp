// SPDX-License-Identifier: Apache-2.0
#include <trace/trace.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <limits>
#include <trace/arena.h>
#include <unordered_set>

namespace trace {

namespace {

struct PairKey {
    base::Endpoint source, destination;
    bool operator==(const PairKey &) const = default;
};

struct PairHash {
    std::size_t operator()(const PairKey &pair) const noexcept
    {
        const std::hash<base::Endpoint> endpoint;
        return endpoint(pair.source) * 0x9E3779B97F4A7C15ULL + endpoint(pair.destination);
    }
};

bool liesIn(std::string_view whole, std::string_view part)
{
    const std::less_equal<const char *> notAfter;
    return notAfter(whole.data(), part.data()) &&
           notAfter(part.data() + part.size(), whole.data() + whole.size());
}

} // namespace

struct Trace::Hash {
    Limits limits;
    Arena arena;
    std::unordered_map<std::string_view, std::uint32_t> callIds, tags;
    std::unordered_map<PairKey, std::uint32_t, PairHash> pairs;
    std::unordered_set<std::shared_ptr<const void>> owners; // of borrowed text, each once
    const void *lastOwner = nullptr;
    std::atomic<std::size_t> bytes{0};
    std::atomic<std::uint64_t> noRow{0}, noCallId{0}, noTag{0}, noPair{0}, noText{0};
};

Trace::Trace() : Trace(Limits{}) {}

Trace::Trace(const Limits &limits) : m_hash(std::make_unique<Hash>())
{
    m_hash->limits = limits;
    m_tags.append({});  // 0: no tag
    m_pairs.append({}); // 0: nothing known of either end
    m_hash->pairs.emplace(PairKey{}, 0);
}

Trace::~Trace() = default;

RowId Trace::add(RowKind kind, const base::Packet &packet, std::string_view text,
                 const sip::Message *message)
{
    if (m_rows.size() >= std::min<std::size_t>(m_hash->limits.rows, RowId::kNone)) {
        ++m_hash->noRow;
        return {};
    }
    Row row;
    row.time = packet.time;
    row.kind = kind;
    row.transport = packet.transport;
    row.origin = packet.origin;
    row.outgoing = packet.outgoing;
    row.stream = packet.stream;
    row.pair = internPair(packet);
    keepText(row, packet, text);
    if (message != nullptr) {
        const sip::CSeq cseq = message->cseq();
        row.cseq = cseq.number;
        row.method = message->isRequest() ? message->method : cseq.method;
        row.status = static_cast<std::uint16_t>(std::clamp(message->status, 0, 0xFFFF));
        row.flaws = static_cast<std::uint8_t>(std::min<std::size_t>(message->flaws.size(), 255));
        keepNames(row, message->callId(), message->fromTag(), message->toTag());
    }
    if (kind == RowKind::Local && packet.local) {
        row.local = static_cast<std::uint32_t>(m_locals.append(packet.local));
        keepNames(row, packet.local->callId, {}, packet.local->toTag);
    }
    return RowId{static_cast<std::uint32_t>(m_rows.append(row))};
}

std::string_view Trace::copy(std::string_view bytes)
{
    m_hash->bytes += bytes.size();
    return m_hash->arena.keep(bytes);
}

void Trace::keepText(Row &row, const base::Packet &packet, std::string_view text)
{
    Hash &hash = *m_hash;
    if (text.empty())
        return;
    if (text.size() > std::numeric_limits<std::uint32_t>::max()) {
        ++hash.noText;
        return;
    }
    if (packet.origin == base::Origin::Capture && packet.payload.owner() &&
        liesIn(packet.payload.text(), text)) {
        // Consecutive messages mostly come from one file: the set is asked only when the owner
        // changes.
        if (packet.payload.owner().get() != hash.lastOwner) {
            hash.owners.insert(packet.payload.owner());
            hash.lastOwner = packet.payload.owner().get();
        }
    } else if (hash.bytes + text.size() > hash.limits.bytes) {
        ++hash.noText;
        return;
    } else {
        text = copy(text);
    }
    row.text = text.data();
    row.length = static_cast<std::uint32_t>(text.size());
}

void Trace::keepNames(Row &row, std::string_view callId, std::string_view fromTag,
                      std::string_view toTag)
{
    Hash &hash = *m_hash;
    const auto intern = [&](auto &table, auto &list, std::string_view name, std::size_t most,
                            auto &refused) {
        if (const auto found = table.find(name); found != table.end())
            return found->second;
        if (list.size() >= most || hash.bytes + name.size() > hash.limits.bytes) {
            ++refused;
            return CallKey::kNone;
        }
        const std::string_view kept = copy(name);
        const auto index = static_cast<std::uint32_t>(list.append(kept));
        table.emplace(kept, index);
        return index;
    };
    const auto internTag = [&](std::string_view tag) {
        if (tag.empty())
            return 0U;
        const std::uint32_t index = intern(hash.tags, m_tags, tag, hash.limits.tags, hash.noTag);
        return index == CallKey::kNone ? 0U : index;
    };
    if (!callId.empty())
        row.call =
            CallKey{intern(hash.callIds, m_callIds, callId, hash.limits.callIds, hash.noCallId)};
    row.fromTag = internTag(fromTag);
    row.toTag = internTag(toTag);
}

std::uint32_t Trace::internPair(const base::Packet &packet)
{
    Hash &hash = *m_hash;
    const PairKey key{packet.source, packet.destination};
    if (const auto found = hash.pairs.find(key); found != hash.pairs.end())
        return found->second;
    if (m_pairs.size() >= hash.limits.pairs) {
        ++hash.noPair;
        return 0;
    }
    const auto index = static_cast<std::uint32_t>(m_pairs.append({key.source, key.destination}));
    hash.pairs.emplace(key, index);
    return index;
}

std::string_view Trace::text(RowId id) const
{
    if (id.value >= size())
        return {};
    const Row &row = m_rows[id.value];
    return row.text != nullptr ? std::string_view(row.text, row.length) : std::string_view();
}

std::optional<sip::Message> Trace::message(RowId id) const
{
    if (id.value >= size())
        return std::nullopt;
    const RowKind kind = m_rows[id.value].kind;
    if (kind != RowKind::Message && kind != RowKind::Cut)
        return std::nullopt;
    return sip::parse(text(id));
}

const base::LocalEvent *Trace::local(RowId id) const
{
    if (id.value >= size() || m_rows[id.value].kind != RowKind::Local)
        return nullptr;
    const std::uint32_t index = m_rows[id.value].local;
    return index < m_locals.size() ? m_locals[index].get() : nullptr;
}

base::Endpoint Trace::source(RowId id) const
{
    return id.value < size() ? m_pairs[m_rows[id.value].pair].source : base::Endpoint{};
}

base::Endpoint Trace::destination(RowId id) const
{
    return id.value < size() ? m_pairs[m_rows[id.value].pair].destination : base::Endpoint{};
}

std::string_view Trace::callId(CallKey key) const
{
    return key.value < m_callIds.size() ? m_callIds[key.value] : std::string_view();
}

std::string_view Trace::tag(std::uint32_t interned) const
{
    return interned < m_tags.size() ? m_tags[interned] : std::string_view();
}

std::size_t Trace::bytesKept() const
{
    return m_hash->bytes;
}

Refused Trace::refused() const
{
    return {m_hash->noRow, m_hash->noCallId, m_hash->noTag, m_hash->noPair, m_hash->noText};
}

} // namespace trace
