// SPDX-License-Identifier: Apache-2.0
// Immutable bytes with a shared owner (a heap copy, a mapped file): cheap to copy, safe to hand to
// another thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace base {

class Blob
{
public:
    Blob() = default;

    static Blob copy(std::string_view bytes)
    {
        auto owner = std::make_shared<const std::string>(bytes);
        const std::string_view text = *owner;
        return {std::move(owner), text};
    }
    /// `bytes` must live as long as `owner` does.
    static Blob view(std::shared_ptr<const void> owner, std::string_view bytes)
    {
        return {std::move(owner), bytes};
    }

    std::string_view text() const { return m_text; }
    std::size_t size() const { return m_text.size(); }
    bool empty() const { return m_text.empty(); }
    const std::shared_ptr<const void> &owner() const { return m_owner; }
    Blob part(std::size_t offset, std::size_t length) const
    {
        return {m_owner, m_text.substr(offset, length)};
    }

private:
    Blob(std::shared_ptr<const void> owner, std::string_view text)
        : m_owner(std::move(owner)), m_text(text)
    {
    }

    std::shared_ptr<const void> m_owner;
    std::string_view m_text;
};

} // namespace base
