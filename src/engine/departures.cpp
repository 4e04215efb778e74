// SPDX-License-Identifier: Apache-2.0
#include <engine/departures.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>

namespace engine {

namespace {

constexpr std::size_t kMostRecent = 32, kMostRecalled = 4096;
constexpr std::size_t kHead = 4096; // the top Via stands in it

std::string key(std::string_view method, std::string_view branch)
{
    return fmt::format("{} {}", method, branch);
}

/// The value of the first Via line, by either name; empty: there is none.
std::string_view topVia(std::string_view head)
{
    for (auto at = head.find("\r\n"); at != std::string_view::npos;
         at = head.find("\r\n", at + 2)) {
        const auto line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
        const auto colon = line.find(':');
        const auto name = base::trim(line.substr(0, colon));
        if (colon != std::string_view::npos &&
            (base::equalsNoCase(name, "Via") || base::equalsNoCase(name, "v")))
            return line.substr(colon + 1);
        if (line.empty())
            break;
    }
    return {};
}

} // namespace

std::string Departures::keyOf(std::string_view bytes)
{
    const auto head = bytes.substr(0, kHead);
    const auto space = head.find(' ');
    if (space == std::string_view::npos || space == 0 || head.substr(0, 4) == "SIP/")
        return {};
    constexpr std::string_view name = ";branch=";
    const auto via = topVia(head);
    const auto at = via.find(name);
    if (at == std::string_view::npos)
        return {};
    const auto value = via.substr(at + name.size());
    return key(head.substr(0, space), value.substr(0, value.find_first_of(";, \t\r\n")));
}

void Departures::expect(std::string_view method, std::string_view branch)
{
    m_waits.emplace(branch);
    auto name = key(method, branch);
    if (std::find(m_recent.begin(), m_recent.end(), name) == m_recent.end())
        m_expected.insert(std::move(name));
}

bool Departures::left(std::string_view method, std::string_view branch) const
{
    return !m_expected.contains(key(method, branch));
}

void Departures::forget(std::string_view method, std::string_view branch)
{
    m_expected.erase(key(method, branch));
    if (const auto at = m_waits.find(std::string(branch)); at != m_waits.end())
        m_waits.erase(at);
}

void Departures::recall(std::string_view method, std::string_view branch)
{
    auto name = key(method, branch);
    if (!m_recalled.insert(name).second)
        return;
    m_order.push_back(std::move(name));
    if (m_order.size() > kMostRecalled) {
        m_recalled.erase(m_order.front());
        m_order.pop_front();
    }
}

bool Departures::admits(std::string_view bytes) const
{
    return m_recalled.empty() || !m_recalled.contains(keyOf(bytes));
}

void Departures::sent(std::string_view bytes)
{
    auto name = keyOf(bytes);
    if (name.empty())
        return;
    m_expected.erase(name);
    m_recent.push_back(std::move(name));
    if (m_recent.size() > kMostRecent)
        m_recent.pop_front();
}

} // namespace engine
