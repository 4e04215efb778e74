// SPDX-License-Identifier: Apache-2.0
#include <session/published.h>

namespace session {

void Published::put(std::shared_ptr<const Update> update)
{
    const std::lock_guard guard(m_mutex);
    for (const auto &view : update->calls) {
        const auto [place, fresh] = m_places.try_emplace(view->call->id, m_calls.size());
        if (fresh)
            m_calls.push_back(view);
        else
            m_calls[place->second] = view;
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
