// SPDX-License-Identifier: Apache-2.0
#include <calls/call_ref.h>

#include <utility>

namespace calls {

using Kept = std::shared_ptr<const Call>;

CallRef::CallRef(Kept call)
{
    if (call)
        m_call = new Kept(std::move(call));
}

CallRef::CallRef(const CallRef &other) : m_book(other.m_book), m_chain(other.m_chain)
{
    if (const Kept *known = other.m_call.load(std::memory_order_acquire))
        m_call = new Kept(*known);
}

CallRef::CallRef(CallRef &&other) noexcept
    : m_book(other.m_book), m_chain(other.m_chain), m_call(other.m_call.exchange(nullptr))
{
}

CallRef &CallRef::operator=(CallRef other) noexcept
{
    std::swap(m_book, other.m_book);
    std::swap(m_chain, other.m_chain);
    m_call = other.m_call.exchange(m_call);
    return *this;
}

CallId CallRef::id() const
{
    if (m_book != nullptr)
        return m_chain.id;
    const Kept &call = shared();
    return call ? call->id : CallId{};
}

std::vector<RowId> CallRef::rows() const
{
    if (m_book != nullptr)
        return m_book->rows(m_chain);
    std::vector<RowId> out;
    if (const Kept &call = shared()) {
        for (const CallRow &entry : call->rows)
            out.push_back(entry.row);
    }
    return out;
}

Kept CallRef::once() const
{
    if (folded() || m_book == nullptr)
        return shared();
    return std::make_shared<const Call>(m_book->fold(m_chain));
}

RowId CallRef::firstRow() const
{
    if (m_book != nullptr)
        return RowId{m_chain.first};
    const Kept &call = shared();
    return call && !call->rows.empty() ? call->rows.front().row : RowId{};
}

/// Two threads may fold at once; the first to be ready is kept, and both results are equal.
const Kept &CallRef::shared() const
{
    static const Kept kNone;
    const Kept *known = m_call.load(std::memory_order_acquire);
    if (known != nullptr || m_book == nullptr)
        return known != nullptr ? *known : kNone;
    const Kept *made = new Kept(std::make_shared<const Call>(m_book->fold(m_chain)));
    if (m_call.compare_exchange_strong(known, made, std::memory_order_acq_rel,
                                       std::memory_order_acquire))
        return *made;
    delete made;
    return *known;
}

} // namespace calls
