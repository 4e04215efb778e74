// SPDX-License-Identifier: Apache-2.0
#include <session/published.h>

namespace session {
namespace {

constexpr std::uint32_t kNowhere = ~0U;
constexpr std::size_t kMostNames = 4096;

} // namespace

void Published::put(std::shared_ptr<const Update> update)
{
    const std::lock_guard guard(m_mutex);
    for (const auto &view : update->calls) {
        const std::size_t id = view->call.id().value;
        if (id >= m_places.size())
            m_places.resize(id + 1, kNowhere);
        if (m_places[id] == kNowhere) {
            m_places[id] = static_cast<std::uint32_t>(m_calls.size());
            m_calls.push_back(view);
        } else {
            m_calls[m_places[id]] = view;
        }
    }
    if (update->flowsChanged)
        m_flows = update->flows;
    m_last = std::move(update);
}

/// The first name given stays.
void Published::name(const std::string &end, std::string name)
{
    const std::lock_guard guard(m_mutex);
    if (m_names.size() < kMostNames)
        m_names.emplace(end, std::move(name));
}

void Published::finished(ImportState import)
{
    const std::lock_guard guard(m_mutex);
    m_imports.push_back(std::move(import));
}

std::map<std::string, std::string> Published::names() const
{
    const std::lock_guard guard(m_mutex);
    return m_names;
}

std::vector<ImportState> Published::imports() const
{
    const std::lock_guard guard(m_mutex);
    return m_imports;
}

std::vector<std::shared_ptr<const CallView>> Published::calls() const
{
    const std::lock_guard guard(m_mutex);
    return m_calls;
}

std::vector<std::shared_ptr<const flows::Flow>> Published::flows() const
{
    const std::lock_guard guard(m_mutex);
    return m_flows;
}

std::shared_ptr<const Update> Published::last() const
{
    const std::lock_guard guard(m_mutex);
    return m_last;
}

} // namespace session
