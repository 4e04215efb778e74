// SPDX-License-Identifier: Apache-2.0
#include <calls/call_book.h>

#include <calls/fold.h>

namespace calls {

/// Filing a row only notes its facts; the fold over them runs when somebody looks. So rows may come
/// in any order, and an import folds each call a few times, not once per message.
struct CallBook::Work {
    std::vector<Fact> facts;
    std::uint32_t leftOut = 0;
    std::weak_ptr<const Call> published;
    bool changed = false; // since it was published
};

CallBook::CallBook(const trace::Trace &trace) : m_trace(trace) {}

CallBook::~CallBook() = default;

CallId CallBook::add(RowId row, const sip::Message *message)
{
    if (row.value >= m_trace.size())
        return {};
    const CallId id = m_trace.row(row).call;
    if (!id.valid())
        return {};
    if (id.value >= m_calls.size())
        m_calls.resize(std::size_t{id.value} + 1);
    auto &work = m_calls[id.value];
    if (!work) {
        work = std::make_unique<Work>();
        ++m_count;
    }
    work->changed = true;
    if (work->facts.size() < kMostRowsPerCall)
        work->facts.push_back(factOf(m_trace, row, message));
    else
        ++work->leftOut;
    return id;
}

std::shared_ptr<const Call> CallBook::snapshot(CallId id) const
{
    if (id.value >= m_calls.size() || !m_calls[id.value])
        return nullptr;
    Work &work = *m_calls[id.value];
    const auto previous = work.published.lock();
    if (previous && !work.changed)
        return previous;
    Call call = Fold(m_trace, id).run(work.facts, previous.get());
    // Snapshots live as long as the session: room to grow in each would be half of their size.
    call.transactions.shrink_to_fit();
    call.earlyDialogs.shrink_to_fit();
    call.leftOut = work.leftOut;
    auto published = std::make_shared<const Call>(std::move(call));
    work.published = published;
    work.changed = false;
    return published;
}

std::vector<CallId> CallBook::ids() const
{
    std::vector<CallId> out;
    out.reserve(m_count);
    for (std::uint32_t value = 0; value < m_calls.size(); ++value) {
        if (m_calls[value])
            out.push_back(CallId{value});
    }
    return out;
}

std::size_t CallBook::size() const
{
    return m_count;
}

} // namespace calls
