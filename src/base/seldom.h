// SPDX-License-Identifier: Apache-2.0
// A list that is empty nearly everywhere it stands: then it takes one pointer. Read like a vector.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace base {

template <class T> class Seldom
{
public:
    Seldom() = default;
    Seldom(std::vector<T> list)
        : m_list(list.empty() ? nullptr : std::make_unique<const std::vector<T>>(std::move(list)))
    {
    }
    Seldom(const Seldom &other) : Seldom(other.list()) {}
    Seldom(Seldom &&other) noexcept = default;
    Seldom &operator=(Seldom other) noexcept
    {
        m_list = std::move(other.m_list);
        return *this;
    }
    ~Seldom() = default;

    const std::vector<T> &list() const
    {
        static const std::vector<T> kNone;
        return m_list ? *m_list : kNone;
    }
    operator const std::vector<T> &() const { return list(); }
    bool empty() const { return m_list == nullptr; }
    std::size_t size() const { return m_list ? m_list->size() : 0; }
    const T *begin() const { return list().data(); }
    const T *end() const { return begin() + size(); }
    const T &operator[](std::size_t index) const { return list()[index]; }
    const T &front() const { return list().front(); }

private:
    std::unique_ptr<const std::vector<T>> m_list;
};

} // namespace base
