// SPDX-License-Identifier: Apache-2.0
#include <ui/store.h>

#include <algorithm>
#include <desk/introduced.h>
#include <ui/listening.h>

namespace ui {

bool goesOn(const session::CallView &view)
{
    return view.live && view.call->state < calls::State::Ended;
}

base::Instant momentOf(const session::CallView &view)
{
    return goesOn(view) ? std::max(view.now, base::now()) : view.now;
}

Store::Store(const trace::Trace &trace, QObject *parent)
    : QObject(parent), m_trace(trace), m_listening(std::make_unique<Listening>(*this))
{
}

Store::~Store() = default;

CallPtr Store::call(calls::CallId id) const
{
    const auto found = m_index.find(id.value);
    return found == m_index.end() ? nullptr : m_calls[found->second];
}

CallPtr Store::callOf(std::string_view callId) const
{
    // Newest first: who asks by Call-ID asks for a call that just began.
    const auto found = std::find_if(m_calls.rbegin(), m_calls.rend(), [&](const CallPtr &c) {
        return m_trace.callId(c->call.id()) == callId;
    });
    return found == m_calls.rend() ? nullptr : *found;
}

const desk::CallInfo *Store::ownCall(std::string_view callId) const
{
    for (auto it = m_ownCalls.rbegin(); it != m_ownCalls.rend(); ++it) {
        if (it->second.callId == callId)
            return &it->second;
    }
    return nullptr;
}

diagnosis::Evidence Store::evidence(const session::CallView &view) const
{
    diagnosis::Evidence evidence{*view.call, m_trace,        view.streams,
                                 m_flows,    momentOf(view), view.live};
    evidence.listens = false;
    return evidence;
}

void Store::applyUpdates(const std::vector<std::shared_ptr<const session::Update>> &updates)
{
    std::vector<CallPtr> touched;
    std::unordered_map<std::uint32_t, std::size_t> place; // only the newest view of a call counts
    bool flowsTouched = false;
    for (const auto &update : updates) {
        for (const CallPtr &each : update->calls) {
            const CallPtr view = introduced(each);
            const auto [at, fresh] = place.try_emplace(view->call.id().value, touched.size());
            if (fresh)
                touched.push_back(view);
            else
                touched[at->second] = view;
        }
        if (update->flowsChanged) {
            m_flows = update->flows;
            flowsTouched = true;
        }
        if (!update->import.path.empty())
            noteFile(update->import);
        m_last = update;
    }
    for (const CallPtr &view : touched) {
        const auto [at, fresh] = m_index.try_emplace(view->call.id().value, m_calls.size());
        if (fresh)
            m_calls.push_back(view);
        else
            m_calls[at->second] = view;
    }
    if (flowsTouched)
        Q_EMIT flowsChanged();
    if (!touched.empty())
        Q_EMIT callsTouched(touched);
    if (!updates.empty())
        Q_EMIT progressed();
}

/// A call of ours that failed before any message told whom it was to.
CallPtr Store::introduced(const CallPtr &view) const
{
    if (!view->call.folded() || !view->call->from.empty() || !view->call->to.empty())
        return view;
    const desk::CallInfo *info = ownCall(view->call->callId);
    if (info == nullptr)
        return view;
    auto copy = std::make_shared<session::CallView>(*view);
    copy->call = calls::CallRef(desk::introduced(view->call, *info));
    return copy;
}

/// The newest file's state, or a new file's first.
void Store::noteFile(const session::ImportState &import)
{
    constexpr std::size_t kMostFiles = 100;
    const bool same = !m_files.empty() && m_files.back().path == import.path &&
                      (m_files.back().running || !import.running);
    if (same) {
        m_files.back() = import;
        return;
    }
    if (m_files.size() == kMostFiles)
        m_files.erase(m_files.begin());
    m_files.push_back(import);
}

void Store::applyCall(const desk::CallInfo &call)
{
    const bool isNew = m_ownCalls.count(call.handle.value) == 0;
    m_ownCalls[call.handle.value] = call;
    Q_EMIT ownCallChanged(call, isNew);
    const CallPtr view = call.callId.empty() ? nullptr : callOf(call.callId);
    const CallPtr named = view ? introduced(view) : nullptr;
    if (named == view)
        return;
    m_calls[m_index.at(named->call.id().value)] = named;
    Q_EMIT callsTouched({named});
}

void Store::applyAccount(const desk::AccountInfo &account)
{
    if (account.leaving) // its last flow events must not bring it back
        return forgetAccount(account.handle);
    m_accounts[account.handle.value] = account;
    Q_EMIT accountsChanged();
}

void Store::forgetAccount(engine::AccountHandle account)
{
    if (m_accounts.erase(account.value) > 0)
        Q_EMIT accountsChanged();
}

void Store::applyStory(const desk::StoryState &story)
{
    m_story = story;
    Q_EMIT storyChanged(m_story);
}

void Store::applyMedia(const media::Status &status)
{
    for (auto &[handle, call] : m_ownCalls) {
        if (call.media && call.media->media == status.media)
            call.media = status;
    }
    Q_EMIT mediaChanged(status);
}

void Store::applyTls(const engine::TlsReport &report)
{
    constexpr std::size_t kMostTls = 256;
    m_tls[report.remote] = std::make_shared<const engine::TlsReport>(report);
    if (m_tls.size() > kMostTls)
        m_tls.erase(m_tls.begin()->first == report.remote ? std::next(m_tls.begin())
                                                          : m_tls.begin());
    Q_EMIT tlsSeen(report);
}

void Store::applyProbe(const engine::ProbeEvent &event)
{
    Q_EMIT probed(event);
}

std::shared_ptr<const engine::TlsReport> Store::tlsOf(const base::Endpoint &remote) const
{
    const auto found = m_tls.find(remote);
    return found == m_tls.end() ? nullptr : found->second;
}

std::shared_ptr<const engine::TlsReport> Store::tlsOf(const calls::Call &call) const
{
    constexpr std::size_t kMostLooked = 16;
    if (const auto *own = ownCall(call.callId); own != nullptr && own->tls)
        return own->tls;
    for (std::size_t i = 0; !m_tls.empty() && i < std::min(call.rows.size(), kMostLooked); ++i) {
        const trace::RowId id = call.rows[i].row;
        const trace::Row &row = m_trace.row(id);
        if (row.kind != trace::RowKind::Message || row.origin != base::Origin::Tap)
            continue;
        if (auto known = tlsOf(row.outgoing ? m_trace.destination(id) : m_trace.source(id)))
            return known;
    }
    return nullptr;
}

void Store::setNames(std::map<std::string, std::string> names)
{
    if (names == m_names)
        return;
    m_names = std::move(names);
    Q_EMIT namesChanged();
}

void Store::replaceCalls(std::vector<CallPtr> calls, std::vector<FlowPtr> flows)
{
    m_calls = std::move(calls);
    for (CallPtr &view : m_calls)
        view = introduced(view);
    m_flows = std::move(flows);
    m_index.clear();
    for (std::size_t i = 0; i < m_calls.size(); ++i)
        m_index[m_calls[i]->call.id().value] = i;
    Q_EMIT callsReplaced();
    Q_EMIT flowsChanged();
}

} // namespace ui
