// SPDX-License-Identifier: Apache-2.0
// The analysis thread: takes packets from the inbox and the importer, folds, judges what changed
// and publishes. Owned by Session; everything but the thread-safe members named so is touched by
// this thread alone.
#pragma once

#include <future>
#include <memory>
#include <session/folds.h>
#include <session/importer.h>
#include <session/judge.h>
#include <session/published.h>
#include <session/session.h>
#include <thread>

namespace session {

class Session::Analysis
{
public:
    Analysis(Options options, OnUpdate onUpdate);
    ~Analysis();
    Analysis(const Analysis &) = delete;
    Analysis &operator=(const Analysis &) = delete;

    // Any thread.
    base::Inbox<base::Packet> &inbox() { return m_inbox; }
    void learnKey(const base::Endpoint &sender, const rtp::SdesKey &key);
    base::Result<void> import(const std::string &path, const ClockChoice &clock,
                              const std::string &next);
    base::Result<void> import(const std::string &name, const base::Blob &bytes);
    base::Result<void> follow(const std::string &path);
    void cancelImport() { m_importer.cancel(); }
    bool settle(std::chrono::milliseconds limit);
    std::vector<std::shared_ptr<const rtp::Stream>> streams(std::chrono::milliseconds limit);
    const trace::Trace &trace() const { return m_folds.trace(); }
    const Published &published() const { return m_published; }

private:
    base::Result<void> begin(const std::function<base::Result<void>()> &start);
    using Clock = std::chrono::steady_clock;
    struct Waiter {
        std::shared_ptr<std::promise<void>> settled;
        std::uint64_t packets = 0; // it waits for this many of the inbox's to be folded
    };

    bool reading() const; // a file, and more of it is there
    void run();
    std::chrono::nanoseconds pause() const;
    void takeWaiters();
    void takePackets(std::chrono::nanoseconds wait);
    void takeBatches();
    void beginImport(ImportBatch &batch);
    void finishImport(ImportBatch &batch);
    void tellFlaws(std::vector<std::string> flaws);
    void countImported(const Counts &before);
    bool publishDue() const;
    void publish();
    std::shared_ptr<Update> update();
    void answerWaiters();
    void answerAsked();
    bool caughtUp(const Waiter &waiter) const;
    bool changed() const;
    void wake();

    Options m_options;
    OnUpdate m_onUpdate;
    base::Inbox<base::Packet> m_inbox;
    base::Inbox<std::pair<base::Endpoint, rtp::SdesKey>> m_keys;
    base::Inbox<ImportBatch> m_batches;
    base::Inbox<std::shared_ptr<std::promise<void>>> m_settling;
    using Streams = std::vector<std::shared_ptr<const rtp::Stream>>;
    base::Inbox<std::shared_ptr<std::promise<Streams>>> m_asked;
    std::atomic<bool> m_stop{false}, m_importing{false};
    std::atomic<std::uint64_t> m_lostWakes{0};

    Folds m_folds;
    Judge m_judge;
    Published m_published;
    std::vector<Waiter> m_waiters;
    ImportState m_import;
    bool m_importChanged = false;
    std::uint32_t m_files = 0; // begun so far
    std::uint64_t m_taken = 0; // items out of the inbox
    std::uint64_t m_number = 0;
    Clock::time_point m_nextPublish, m_nextMedia;
    Importer m_importer; // its thread ends first
    std::thread m_thread;
};

} // namespace session
