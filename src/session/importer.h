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
#include <sip/digest.h>
#include <string>
#include <thread>
#include <trace/trace.h>
#include <vector>

namespace session {

/// What the importer tells, in order.
struct ImportBatch {
    std::string path;                  // not empty: an import begins with this batch
    std::shared_ptr<const void> owner; // of the file's bytes, with `path`
    std::optional<ClockOffset> clock;  // of the file, once it is known
    std::vector<base::Packet> packets;
    std::vector<std::optional<sip::Digest>> digests; // of packets[i], if it is plain SIP
    ingest::Progress progress;
    std::vector<std::string> flaws;
    bool finished = false;
    ingest::Outcome outcome; // when finished
    std::string error;       // when finished, empty: none
};

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
    /// `keyLog`: path of a TLS key log, empty: none.
    base::Result<void> start(const std::string &path, const std::string &keyLog,
                             const ClockChoice &clock);
    /// The same over bytes that are no file (pasted text); `name` stands for the path.
    base::Result<void> start(const std::string &name, const base::Blob &bytes,
                             const base::Blob &keyLog, const ClockChoice &clock);
    void cancel() { m_cancel = true; }

private:
    void run(const std::string &path, const base::Blob &bytes, const ingest::Source &source,
             const ClockChoice &choice);

    Batches &m_batches;
    const trace::Trace &m_trace; // read only: what the session holds already
    std::function<void()> m_wake;
    std::atomic<bool> m_cancel{false};
    std::uint32_t m_firstStream =
        0; // files number their connections from 1: each file gets numbers of its own
    base::Blob m_keyLog;
    std::thread m_thread;
};

} // namespace session
