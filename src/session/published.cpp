// SPDX-License-Identifier: Apache-2.0
#include <session/published.h>

namespace session {
namespace {

constexpr std::uint32_t kNowhere = ~0U;

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
