// SPDX-License-Identifier: Apache-2.0
// Asks a filter about very many calls on a thread of its own: words are looked for in every
// message, which takes longer than a frame. Only the newest wish counts. UI thread; the verdicts
// come by signal.
#pragma once

#include <atomic>
#include <base/inbox.h>
#include <memory>
#include <QObject>
#include <session/filter.h>
#include <thread>
#include <ui/store.h>
#include <vector>

namespace ui {

/// By call id: 0 not asked, 1 no, 2 yes.
using Verdicts = std::shared_ptr<const std::vector<std::uint8_t>>;

class FilterRun : public QObject
{
    Q_OBJECT
public:
    explicit FilterRun(const trace::Trace &trace, QObject *parent = nullptr);
    ~FilterRun() override; // gives up what is under way

    /// Asks about all of them; done() comes for the newest request alone.
    void request(std::vector<CallPtr> calls, const session::Filter &filter);
    void cancel() { ++m_newest; }

Q_SIGNALS:
    void done(const session::Filter &filter, const ui::Verdicts &verdicts);
    /// On the thread; pass() hears it on the one of the window.
    void judged(const session::Filter &filter, const ui::Verdicts &verdicts, std::uint64_t number);

private:
    struct Job {
        std::vector<CallPtr> calls;
        session::Filter filter;
        std::uint64_t number = 0;
    };
    void work();
    Verdicts judge(const Job &job) const; // nullptr: a newer wish came
    void pass(const session::Filter &filter, const Verdicts &verdicts, std::uint64_t number);

    const trace::Trace &m_trace;
    base::Inbox<Job> m_inbox{64};
    std::atomic<std::uint64_t> m_newest{0};
    std::thread m_thread; // started by the first request
};

} // namespace ui
