// SPDX-License-Identifier: Apache-2.0
// A call that is folded when somebody looks at it, and kept from then on. A capture of a million
// messages has tens of thousands of calls, of which few are looked at: as rows of a chain they cost
// nothing. Any thread; the book outlives it.
#pragma once

#include <atomic>
#include <calls/call_book.h>
#include <memory>

namespace calls {

class CallRef
{
public:
    CallRef() = default;
    CallRef(std::shared_ptr<const Call> call); // folded already
    CallRef(const CallBook &book, const RowChain &chain) : m_book(&book), m_chain(chain) {}
    CallRef(const CallRef &other);
    CallRef(CallRef &&other) noexcept;
    CallRef &operator=(CallRef other) noexcept;
    ~CallRef() { delete m_call.load(std::memory_order_relaxed); }

    explicit operator bool() const { return m_book != nullptr || m_call.load() != nullptr; }
    const Call &operator*() const { return *shared(); }
    const Call *operator->() const { return shared().get(); }
    const Call *get() const { return shared().get(); }
    operator std::shared_ptr<const Call>() const { return shared(); }
    bool folded() const { return m_call.load(std::memory_order_acquire) != nullptr; }

    /// Without folding: which call it is, and its rows in order of arrival.
    CallId id() const;
    std::vector<RowId> rows() const;
    RowId firstRow() const; // invalid: it has none
    /// Folded for this once, where nobody keeps it.
    std::shared_ptr<const Call> once() const;

private:
    const std::shared_ptr<const Call> &shared() const;

    const CallBook *m_book = nullptr;
    RowChain m_chain;
    mutable std::atomic<const std::shared_ptr<const Call> *> m_call{nullptr}; // owned
};

} // namespace calls
