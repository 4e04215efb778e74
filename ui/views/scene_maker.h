// SPDX-License-Identifier: Apache-2.0
// Lays a call out for the ladder: small calls at once, large ones on a thread of its own where only
// the newest wish counts. UI thread; the result comes by signal.
#pragma once

#include <base/inbox.h>
#include <ladder/layout.h>
#include <memory>
#include <optional>
#include <QObject>
#include <thread>
#include <ui/store.h>

namespace ui {

using ScenePtr = std::shared_ptr<const ladder::Scene>;

class SceneMaker : public QObject
{
    Q_OBJECT
public:
    explicit SceneMaker(const trace::Trace &trace, QObject *parent = nullptr);
    ~SceneMaker() override; // waits for a layout under way

    /// `legs`: further calls to be shown in the same ladder.
    void request(CallPtr view, std::vector<FlowPtr> flows, ladder::Options options,
                 std::vector<CallPtr> legs = {});

Q_SIGNALS:
    void made(const ui::CallPtr &view, const ui::ScenePtr &scene);
    /// On the thread; finished() hears it on the one of the window.
    void laidOut(const ui::CallPtr &view, const ui::ScenePtr &scene);

public:
    struct Job {
        CallPtr view;
        std::vector<FlowPtr> flows;
        ladder::Options options;
        std::vector<CallPtr> legs;

        std::size_t rows() const;
    };
    static ScenePtr layout(const trace::Trace &trace, const Job &job);

private:
    void request(Job job);
    void work();
    void finished(const CallPtr &view, const ScenePtr &scene);

    const trace::Trace &m_trace;
    base::Inbox<Job> m_inbox{4};
    std::optional<Job> m_next; // asked for while the thread was at work
    bool m_busy = false;
    std::thread m_thread; // started by the first large call
};

} // namespace ui
