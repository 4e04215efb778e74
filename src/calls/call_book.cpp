// SPDX-License-Identifier: Apache-2.0
#include <calls/call_book.h>

#include <algorithm>
#include <calls/fold.h>

namespace calls {

namespace {

/// What the fold compares of the text, and the description, which rules read next.
void bringNear(const trace::Row &row)
{
    constexpr std::size_t kLine = 64, kUsual = 384; // bytes
    __builtin_prefetch(row.branch().data());
    const std::string_view body = row.hasSdp ? row.body() : std::string_view();
    for (std::size_t at = 0; at < std::min(body.size(), kUsual); at += kLine)
        __builtin_prefetch(body.data() + at);
}

/// A registration or subscription that is refreshed for weeks is one Call-ID: of a live one the
/// newest rows are kept; what was left out is in the session's file, where there is one. A file is
/// folded once and keeps more.
constexpr std::uint32_t kMostRefreshRows = 512, kRefreshRowsLeft = 384;

bool refreshes(const trace::Row &row)
{
    switch (row.method) {
    case sip::Method::Register:
    case sip::Method::Subscribe:
    case sip::Method::Notify:
    case sip::Method::Publish:
        return true;
    default:
        return row.kind != trace::RowKind::Message;
    }
}

} // namespace

/// Lets go of the oldest rows of a live registration or subscription, up to where a request stands;
/// where only one direction is seen none does.
void CallBook::forgetRefreshes(Chain &chain, RowId newest) const
{
    if (chain.count <= kMostRefreshRows || m_trace.fileOf(newest) != 0 ||
        !refreshes(m_trace.row(newest)) || !refreshes(m_trace.row(RowId{chain.first})))
        return;
    while (chain.count > 1) {
        const trace::Row &row = m_trace.row(RowId{chain.first});
        const bool begins = row.kind == trace::RowKind::Message && row.status == 0;
        const bool few = chain.count <= kRefreshRowsLeft / 2;
        if (!refreshes(row) || few || (begins && chain.count <= kRefreshRowsLeft))
            break;
        chain.first = m_links[chain.first].next.load(std::memory_order_relaxed);
        --chain.count;
        ++chain.leftOut;
    }
}

CallId CallBook::add(RowId row)
{
    if (row.value >= m_trace.size())
        return {};
    while (m_links.size() <= row.value)
        m_links.append({});
    const CallId id = m_trace.row(row).call;
    if (!id.valid())
        return {};
    if (id.value >= m_chains.size())
        m_chains.resize(std::size_t{id.value} + 1);
    Chain &chain = m_chains[id.value];
    if (chain.count >= kMostRowsPerCall) {
        ++chain.leftOut;
        return id;
    }
    if (chain.count++ == 0) {
        ++m_count;
        chain.first = row.value;
    } else {
        m_links[chain.last].next.store(row.value, std::memory_order_relaxed);
    }
    chain.last = row.value;
    forgetRefreshes(chain, row);
    return id;
}

RowChain CallBook::chain(CallId id) const
{
    if (id.value >= m_chains.size())
        return {};
    const Chain &chain = m_chains[id.value];
    return {id, chain.first, chain.count, chain.leftOut};
}

std::vector<RowId> CallBook::rows(const RowChain &chain) const
{
    std::vector<RowId> out;
    out.reserve(chain.count);
    std::uint32_t row = chain.first;
    for (std::uint32_t i = 0; i < chain.count; ++i) {
        out.push_back(RowId{row});
        if (i + 1 < chain.count)
            row = m_links[row].next.load(std::memory_order_relaxed);
    }
    return out;
}

Call CallBook::fold(const RowChain &chain, const Call *previous) const
{
    std::vector<Fact> facts;
    facts.reserve(chain.count);
    const std::vector<RowId> rows = this->rows(chain);
    // The rows of a call lie apart, and so do their texts: all of them are asked for at once.
    for (const RowId row : rows)
        __builtin_prefetch(&m_trace.row(row));
    for (const RowId row : rows) {
        facts.push_back(factOf(m_trace, row));
        bringNear(m_trace.row(row));
    }
    Call call = Fold(m_trace, chain.id).run(facts, previous);
    call.leftOut = chain.leftOut;
    return call;
}

std::shared_ptr<const Call> CallBook::snapshot(CallId id) const
{
    const RowChain now = chain(id);
    if (now.count == 0)
        return nullptr;
    Snapshot &known = m_snapshots[id];
    auto previous = known.call.lock();
    if (previous && known.count == now.count && known.leftOut == now.leftOut)
        return previous;
    // Not make_shared: the weak pointer would keep the whole call's memory.
    std::shared_ptr<const Call> published(new Call(fold(now, previous.get())));
    known = {published, now.count, now.leftOut};
    if (m_snapshots.size() >= m_sweepAt)
        sweep();
    return published;
}

/// Forgets snapshots that nobody holds any more.
void CallBook::sweep() const
{
    for (auto at = m_snapshots.begin(); at != m_snapshots.end();)
        at = at->second.call.expired() ? m_snapshots.erase(at) : std::next(at);
    m_sweepAt = std::max<std::size_t>(1024, 2 * m_snapshots.size());
}

std::vector<CallId> CallBook::ids() const
{
    std::vector<CallId> out;
    out.reserve(m_count);
    for (std::uint32_t value = 0; value < m_chains.size(); ++value) {
        if (m_chains[value].count != 0)
            out.push_back(CallId{value});
    }
    return out;
}

} // namespace calls
