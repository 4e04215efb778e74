// SPDX-License-Identifier: Apache-2.0
// Reads one file on a thread of its own and hands its packets on in batches, waiting where the
// analysis is slower. Owned by Analysis; start() and the destructor on any one thread at a time.
#pragma once

#include <atomic>
#include <base/inbox.h>
#include <base/packet.h>
#include <base/result.h>
#include <functional>
#include <ingest/source.h>
#include <memory>
#include <optional>
#include <session/clock_offset.h>
#include <session/log_host.h>
#include <sip/digest.h>
#include <string>
#include <thread>
#include <trace/trace.h>
#include <utility>
#include <vector>

namespace session {

/// What the importer tells, in order.
struct ImportBatch {
    std::string path;                  // not empty: an import begins with this batch
    std::shared_ptr<const void> owner; // of the file's bytes, with `path`
    std::optional<ClockOffset> clock;  // of the file, once it is known
    std::vector<base::Packet> packets;
    /// Of packets[i], if it is plain SIP; empty: nobody looked yet, takeDigests() does.
    std::vector<std::optional<sip::Digest>> digests;
    ingest::Progress progress;
    std::vector<std::string> flaws;
    std::vector<std::pair<std::string, std::string>>
        names;             // address or end -> its name in the file
    bool caughtUp = false; // of a file that is followed, everything there is was read
    bool finished = false;
    bool goesOn = false;     // when finished: the next file goes on where this one ends
    ingest::Outcome outcome; // when finished
    std::string error;       // when finished, empty: none
};

/// Takes the digests of a batch that has none. Any thread.
void takeDigests(ImportBatch &batch, const trace::Trace &trace);

class Importer
{
public:
    using Batches = base::Inbox<ImportBatch>;

    /// `wake` is called behind each batch, on the importer's thread.
    Importer(Batches &batches, const trace::Trace &trace, std::function<void()> wake)
        : m_batches(batches), m_trace(trace), m_wake(std::move(wake))
    {
    }
    ~Importer();
    Importer(const Importer &) = delete;
    Importer &operator=(const Importer &) = delete;

    /// Errors: the file cannot be opened, or is of no known kind. The one before must have
    /// finished.
    /// `keyLog`: path of a TLS key log, empty: none. `next`: of the file that will be read next, if
    /// that is known; where it goes on from this one, what is half there is kept for it.
    base::Result<void> start(const std::string &path, const std::string &keyLog,
                             const ClockChoice &clock, const std::string &next = {});
    /// The same over bytes that are no file (pasted text); `name` stands for the path.
    base::Result<void> start(const std::string &name, const base::Blob &bytes,
                             const base::Blob &keyLog, const ClockChoice &clock)
    {
        return start(name, bytes, keyLog, clock, {});
    }
    /// The same for a file that is still being written: goes on until cancelled.
    base::Result<void> follow(const std::string &path, const std::string &keyLog);
    void cancel() { m_cancel = true; }

private:
    struct Job {
        std::string path;
        std::uint64_t bytes = 0;            // of the file, as far as known
        std::shared_ptr<const void> owner;  // of its bytes, if they are there as a whole
        std::function<ClockOffset()> clock; // how its times are corrected
        std::function<std::optional<LogHost>()> host{}; // the end it leaves out; empty: no matter
        std::function<base::Result<ingest::Outcome>(const ingest::Sink &sink)> read;
        std::string next; // the path of the file that is read behind it, empty: not known
    };
    static base::Result<base::Blob> keysIn(const std::string &keyLog);
    base::Result<void> launch(const base::Blob &keyLog, Job job);
    base::Result<void> start(const std::string &name, const base::Blob &bytes,
                             const base::Blob &keyLog, const ClockChoice &clock,
                             const std::string &next);
    void run(const Job &job);
    void finish(const base::Result<ingest::Outcome> &outcome, ImportBatch &batch);
    void takeUp(const Job &job, ingest::Sink &sink);

    Batches &m_batches;
    const trace::Trace &m_trace; // read only: what the session holds already
    std::function<void()> m_wake;
    std::atomic<bool> m_cancel{false};
    std::uint32_t m_firstStream =
        0; // files number their connections from 1: each file gets numbers of its own
    // What one file left for the next of the same capture, and its path; connections of such files
    // are numbered on.
    std::shared_ptr<ingest::decode::Reassembly> m_kept;
    std::string m_expected;
    std::uint32_t m_keptStreams = 0;
    base::Blob m_keyLog;
    std::thread m_thread;
};

} // namespace session
