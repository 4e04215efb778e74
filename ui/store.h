// SPDX-License-Identifier: Apache-2.0
// Everything the window shows, as last published: calls, flows, our own calls, accounts, the story.
// UI thread only. Filled by the bridge (or a test); panels read it and hear what changed. Pointers
// are to immutable snapshots.
#pragma once

#include <desk/desk.h>
#include <diagnosis/evidence.h>
#include <map>
#include <memory>
#include <QObject>
#include <session/session.h>
#include <unordered_map>
#include <vector>

namespace ui {

class Listening;
using CallPtr = std::shared_ptr<const session::CallView>;
using FlowPtr = std::shared_ptr<const flows::Flow>;

/// More of the call may still come, and time alone changes what is to be said of it.
bool goesOn(const session::CallView &view);
/// The moment to judge it at: of a call that goes on the clock, else when its view was made.
base::Instant momentOf(const session::CallView &view);

class Store : public QObject
{
    Q_OBJECT
public:
    /// `trace` outlives the store.
    explicit Store(const trace::Trace &trace, QObject *parent = nullptr);
    ~Store() override;

    const trace::Trace &trace() const { return m_trace; }
    const std::vector<CallPtr> &calls() const { return m_calls; } // in order of appearance
    CallPtr call(calls::CallId id) const;                         // nullptr: not known
    CallPtr callOf(std::string_view callId) const;
    const std::vector<FlowPtr> &flows() const { return m_flows; }
    const std::map<std::uint32_t, desk::CallInfo> &ownCalls() const { return m_ownCalls; }
    const desk::CallInfo *ownCall(std::string_view callId) const;
    const std::map<std::uint32_t, desk::AccountInfo> &accounts() const { return m_accounts; }
    /// The newest TLS handshake with that end; nullptr: none was seen.
    std::shared_ptr<const engine::TlsReport> tlsOf(const base::Endpoint &remote) const;
    /// That of the connection a call of ours uses, or of any other exchange on our own sockets.
    std::shared_ptr<const engine::TlsReport> tlsOf(const calls::Call &call) const;
    const desk::StoryState &story() const { return m_story; }
    const session::Update *last() const { return m_last.get(); }
    const std::vector<session::ImportState> &files() const { return m_files; } // read so far
    const std::map<std::string, std::string> &names() const { return m_names; }

    /// What rules and explanations look at, for one call; borrows from `view` and from this store.
    /// Of sound it has what listening() heard so far.
    diagnosis::Evidence evidence(const session::CallView &view) const;
    Listening &listening() { return *m_listening; }

    void applyUpdates(const std::vector<std::shared_ptr<const session::Update>> &updates);
    void applyCall(const desk::CallInfo &call);
    void applyAccount(const desk::AccountInfo &account);
    void forgetAccount(engine::AccountHandle account);
    void applyStory(const desk::StoryState &story);
    void applyMedia(const media::Status &status);
    void applyTls(const engine::TlsReport &report);
    void applyProbe(const engine::ProbeEvent &event);
    void setNames(std::map<std::string, std::string> names);
    /// Everything anew, after updates were lost.
    void replaceCalls(std::vector<CallPtr> calls, std::vector<FlowPtr> flows);

Q_SIGNALS:
    void callsTouched(const std::vector<ui::CallPtr> &touched);
    void callsReplaced();
    void flowsChanged();
    void ownCallChanged(const desk::CallInfo &call, bool isNew);
    void accountsChanged();
    void tlsSeen(const engine::TlsReport &report);
    void probed(const engine::ProbeEvent &event);
    void mediaChanged(const media::Status &status);
    void storyChanged(const desk::StoryState &story);
    void namesChanged();
    void progressed(); // counters, import

private:
    const trace::Trace &m_trace;
    std::unique_ptr<Listening> m_listening;
    std::vector<CallPtr> m_calls;
    std::unordered_map<std::uint32_t, std::size_t> m_index; // call id -> place in m_calls
    std::vector<FlowPtr> m_flows;
    std::map<std::uint32_t, desk::CallInfo> m_ownCalls;
    std::map<std::uint32_t, desk::AccountInfo> m_accounts;
    desk::StoryState m_story;
    std::map<base::Endpoint, std::shared_ptr<const engine::TlsReport>> m_tls; // at most kMostTls
    void noteFile(const session::ImportState &import);
    CallPtr introduced(const CallPtr &view) const;

    std::shared_ptr<const session::Update> m_last;
    std::vector<session::ImportState> m_files; // at most 100, the oldest go
    std::map<std::string, std::string> m_names;
};

} // namespace ui
