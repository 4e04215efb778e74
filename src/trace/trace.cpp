// SPDX-License-Identifier: Apache-2.0
#include <trace/trace.h>

#include <algorithm>
#include <atomic>
#include <base/flat_index.h>
#include <base/hash.h>
#include <cstring>
#include <functional>
#include <limits>
#include <trace/arena.h>
#include <trace/names.h>
#include <trace/text_store.h>
#include <unordered_set>

namespace trace {

namespace {

std::uint64_t hashOfEnds(const base::Endpoint &source, const base::Endpoint &destination,
                         std::uint64_t seed)
{
    std::uint64_t out = seed;
    for (const base::Endpoint *end : {&source, &destination}) {
        std::uint64_t words[2];
        static_assert(sizeof words == sizeof end->address.bytes);
        std::memcpy(words, end->address.bytes.data(), sizeof words);
        out = base::mixed(out ^ words[0], words[1]);
        out = base::mixed(out, std::uint64_t{end->port} << 8U | end->address.family);
    }
    return out;
}

bool liesIn(std::string_view whole, std::string_view part)
{
    const std::less_equal<const char *> notAfter;
    return notAfter(whole.data(), part.data()) &&
           notAfter(part.data() + part.size(), whole.data() + whole.size());
}

} // namespace

struct Trace::Hash {
    explicit Hash(Trace &trace) : callIds(trace.m_callIds, seed), tags(trace.m_tags, seed) {}

    std::uint64_t seed = base::freshSeed();
    Limits limits;
    Arena arena;     // of names
    TextStore texts; // copied ones
    std::size_t inMemory() const { return bytes - std::min<std::size_t>(bytes, texts.stored()); }
    Names callIds, tags;
    Expected expected;
    base::FlatIndex pairs;
    std::uint64_t pair = 0;                                 // hash of the ends under way
    std::unordered_set<std::shared_ptr<const void>> owners; // of borrowed text, each once
    const void *lastOwner = nullptr;
    std::atomic<std::size_t> bytes{0};
    std::atomic<std::uint64_t> noRow{0}, noCallId{0}, noTag{0}, noPair{0}, noText{0};
};

Trace::Trace() : Trace(Limits{}) {}

Trace::Trace(const Limits &limits) : m_hash(std::make_unique<Hash>(*this))
{
    m_hash->limits = limits;
    m_tags.append({});  // 0: no tag
    m_pairs.append({}); // 0: nothing known of either end
    m_hash->pairs.add(hashOfEnds({}, {}, m_hash->seed), 0, [](std::uint32_t) { return 0; });
}

Trace::~Trace() = default;

RowId Trace::add(RowKind kind, const base::Packet &packet, std::string_view text,
                 const sip::Message *message)
{
    return add(kind, packet, text, message != nullptr ? sip::digestOf(*message) : sip::Digest{});
}

namespace {

/// Where `part` stands in the text, if it does and is of a sane length.
template <class Length>
void keepPlace(std::string_view text, std::string_view part, std::uint16_t &at, Length &length)
{
    constexpr std::size_t kMost = std::numeric_limits<std::uint16_t>::max();
    if (part.empty() || part.size() > std::numeric_limits<Length>::max() || !liesIn(text, part))
        return;
    const auto begin = static_cast<std::size_t>(part.data() - text.data());
    if (begin > kMost)
        return;
    at = static_cast<std::uint16_t>(begin);
    length = static_cast<Length>(part.size());
}

constexpr std::uint16_t kEveryHeader = (1U << sip::kHeaderMarks) - 1;

void keepFacts(Row &row, std::string_view text, const sip::Digest &digest)
{
    row.cseq = digest.cseq;
    row.rseq = digest.rseq;
    row.method = digest.method;
    row.status = digest.status;
    row.viaCount = digest.viaCount;
    row.reliable = digest.reliable;
    row.hasSdp = digest.hasSdp;
    row.earlyMedia = digest.earlyMedia;
    row.numbered = digest.numbered;
    // The line that a cut goes through may be one of any header.
    row.headers = row.kind == RowKind::Cut ? kEveryHeader : digest.headers;
    row.flawless = digest.flawless;
    if (row.text == nullptr)
        return;
    keepPlace(text, digest.branch, row.branchAt, row.branchLength);
    keepPlace(text, digest.sentBy, row.sentByAt, row.sentByLength);
    const bool plain = digest.body.data() != nullptr && liesIn(text, digest.body);
    const auto bodyAt = plain ? static_cast<std::size_t>(digest.body.data() - text.data()) : 0;
    row.bodyAt = static_cast<std::uint16_t>(bodyAt <= 0xFFFF ? bodyAt : 0);
}

} // namespace

RowId Trace::add(RowKind kind, const base::Packet &packet, std::string_view text,
                 const sip::Digest &digest)
{
    if (m_rows.size() >= std::min<std::size_t>(m_hash->limits.rows, RowId::kNone)) {
        ++m_hash->noRow;
        return {};
    }
    Row row;
    m_hash->pair = hashOfEnds(packet.source, packet.destination, m_hash->seed);
    m_hash->pairs.expect(m_hash->pair);
    m_hash->expected.begin(m_hash->callIds, m_hash->tags, digest);
    row.time = packet.time;
    row.kind = kind;
    row.transport = packet.transport;
    row.origin = packet.origin;
    row.outgoing = packet.outgoing;
    row.sentAgain = packet.sentAgain;
    row.pair = internPair(packet);
    row.hash = digest.hash;
    m_hash->expected.entries();
    const bool borrowed = keepText(row, packet, text);
    m_hash->expected.texts();
    keepFacts(row, text, digest);
    keepNames(row, digest.callId, digest.fromTag, digest.toTag,
              borrowed ? text : std::string_view());
    if (kind == RowKind::Local && packet.local) {
        row.hash = static_cast<std::uint32_t>(m_locals.append(packet.local));
        keepNames(row, packet.local->callId, {}, packet.local->toTag, {});
    }
    if (m_file != m_lastFile) { // before the row: whoever sees it sees where it is from
        m_spans.append({static_cast<std::uint32_t>(m_rows.size()), m_file});
        m_lastFile = m_file;
    }
    return RowId{static_cast<std::uint32_t>(m_rows.append(row))};
}

void Trace::hashNames(sip::Digest &digest) const
{
    const auto hash = [this](std::string_view name) {
        return name.empty() ? 0 : base::hashOf(name, m_hash->seed);
    };
    digest.callIdHash = hash(digest.callId);
    digest.fromTagHash = hash(digest.fromTag);
    digest.toTagHash = hash(digest.toTag);
}

void Trace::expect(const sip::Digest &digest, unsigned step) const
{
    const Names &tags = m_hash->tags;
    m_hash->callIds.bringNear(digest.callIdHash, step);
    tags.bringNear(digest.fromTagHash, step);
    tags.bringNear(digest.toTagHash, step);
    if (step + 1 < kSteps)
        return;
    // What it is compared with: the text was read by another thread.
    __builtin_prefetch(digest.callId.data());
    __builtin_prefetch(digest.fromTag.data());
    __builtin_prefetch(digest.toTag.data());
}

std::string_view Trace::copy(std::string_view bytes)
{
    m_hash->bytes += bytes.size();
    return m_hash->arena.keep(bytes);
}

void Trace::keep(const std::shared_ptr<const void> &owner)
{
    // Consecutive messages mostly come from one file: the set is asked only when the owner changes.
    if (owner && owner.get() != m_hash->lastOwner) {
        m_hash->owners.insert(owner);
        m_hash->lastOwner = owner.get();
    }
}

/// True: the text lies in a mapped file, and so may what is kept of it.
bool Trace::keepText(Row &row, const base::Packet &packet, std::string_view text)
{
    Hash &hash = *m_hash;
    if (text.empty())
        return false;
    if (text.size() > std::numeric_limits<std::uint32_t>::max()) {
        ++hash.noText;
        return false;
    }
    const bool borrowed = packet.origin == base::Origin::Capture && packet.payload.owner() &&
                          liesIn(packet.payload.text(), text);
    if (row.hash == 0)
        row.hash = static_cast<std::uint32_t>(base::hashOf(text));
    if (borrowed) {
        keep(packet.payload.owner());
    } else {
        const bool room = hash.inMemory() + text.size() <= hash.limits.bytes;
        text = room ? hash.texts.keep(text, static_cast<std::uint32_t>(m_rows.size()))
                    : std::string_view();
        if (text.empty()) {
            ++hash.noText;
            return false;
        }
        hash.bytes += text.size();
    }
    row.text = text.data();
    row.length = static_cast<std::uint32_t>(text.size());
    return borrowed;
}

void Trace::keepNames(Row &row, std::string_view callId, std::string_view fromTag,
                      std::string_view toTag, std::string_view borrowed)
{
    Hash &hash = *m_hash;
    const auto intern = [&](Names &table, auto &list, std::string_view name, std::size_t most,
                            auto &refused) {
        const std::uint64_t key = hash.expected.hashOf(table, name);
        if (const auto found = table.find(key, name); found != base::FlatIndex::kNone)
            return found;
        const bool borrow = !borrowed.empty() && liesIn(borrowed, name);
        if (list.size() >= most || (!borrow && hash.inMemory() + name.size() > hash.limits.bytes)) {
            ++refused;
            return CallKey::kNone;
        }
        const auto index = static_cast<std::uint32_t>(list.append(borrow ? name : copy(name)));
        table.add(key, index);
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
    const std::uint64_t key = hash.pair;
    const auto same = [&](std::uint32_t i) {
        return m_pairs[i].source == packet.source && m_pairs[i].destination == packet.destination;
    };
    if (const auto found = hash.pairs.find(key, same); found != base::FlatIndex::kNone)
        return found;
    if (m_pairs.size() >= hash.limits.pairs) {
        ++hash.noPair;
        return 0;
    }
    const auto index =
        static_cast<std::uint32_t>(m_pairs.append({packet.source, packet.destination}));
    hash.pairs.add(key, index, [&](std::uint32_t i) {
        return hashOfEnds(m_pairs[i].source, m_pairs[i].destination, hash.seed);
    });
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
    const Row &row = m_rows[id.value];
    if (!isMessage(row.kind))
        return std::nullopt;
    // Where nothing is wrong nothing need be looked for.
    return row.flawless && row.kind == RowKind::Message ? sip::readMessage(text(id))
                                                        : sip::parse(text(id));
}

const base::LocalEvent *Trace::local(RowId id) const
{
    if (id.value >= size() || m_rows[id.value].kind != RowKind::Local)
        return nullptr;
    const std::uint32_t index = m_rows[id.value].hash;
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

std::uint32_t Trace::fileOf(RowId id) const
{
    std::size_t from = 0, to = m_spans.size(); // the first span that begins behind the row
    while (from < to) {
        const std::size_t middle = from + (to - from) / 2;
        if (m_spans[middle].first <= id.value)
            from = middle + 1;
        else
            to = middle;
    }
    return from == 0 ? 0 : m_spans[from - 1].file;
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

base::Result<void> Trace::bound(std::size_t most, const std::string &folder)
{
    return m_hash->texts.bound(most, folder);
}

Memory Trace::memory() const
{
    const TextStore &texts = m_hash->texts;
    return {texts.resident(), texts.stored(), texts.storedRows(), texts.full()};
}

Refused Trace::refused() const
{
    return {m_hash->noRow, m_hash->noCallId, m_hash->noTag, m_hash->noPair, m_hash->noText};
}

} // namespace trace
