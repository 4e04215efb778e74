// SPDX-License-Identifier: Apache-2.0
// The findings of one call as they are kept for every call of a large capture: packed in one block,
// texts that others say too as numbers. Who looks at them gets them whole, and they stay so from
// then on. Any thread; immutable.
#pragma once

#include <atomic>
#include <diagnosis/finding.h>
#include <diagnosis/text_pool.h>
#include <memory>
#include <string_view>
#include <vector>

namespace diagnosis {

class FindingList
{
public:
    /// What lists and filters ask of every call.
    struct Head {
        std::string_view rule;
        Severity severity = Severity::Info;
        Grade grade = Grade::Seen;
    };

    FindingList() = default;
    /// Kept whole.
    explicit FindingList(std::vector<Finding> list);
    /// Packed.
    FindingList(const std::vector<Finding> &list, const std::shared_ptr<TextPool> &pool);
    FindingList(const FindingList &other);
    FindingList(FindingList &&other) noexcept : m_block(other.m_block) { other.m_block = nullptr; }
    FindingList &operator=(FindingList other) noexcept
    {
        std::swap(m_block, other.m_block);
        return *this;
    }
    ~FindingList();

    std::size_t size() const;
    bool empty() const { return m_block == nullptr; }
    Head head(std::size_t index) const;
    template <class Same> bool any(Same same) const
    {
        for (std::size_t i = 0; i < size(); ++i) {
            if (same(head(i)))
                return true;
        }
        return false;
    }
    /// Made whole for the caller alone: of calls that nobody looks at again.
    std::vector<Finding> once() const;

    // Whole, and kept so.
    const std::vector<Finding> &list() const;
    operator const std::vector<Finding> &() const { return list(); }
    const Finding *begin() const { return list().data(); }
    const Finding *end() const { return begin() + size(); }
    const Finding &operator[](std::size_t index) const { return list()[index]; }

private:
    struct Block;
    Block *m_block = nullptr; // none: no finding
};

} // namespace diagnosis
