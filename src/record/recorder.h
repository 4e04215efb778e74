// SPDX-License-Identifier: Apache-2.0
// Writes a live session to its file on a thread of its own, so that no disk can hold up a call.
// What the queue cannot take is counted, never waited for.
#pragma once

#include <atomic>
#include <base/inbox.h>
#include <base/packet.h>
#include <functional>
#include <memory>
#include <mutex>
#include <record/packet_writer.h>
#include <record/session_file.h>
#include <thread>

namespace record {

class Recorder
{
public:
    /// Hears, on the recorder's thread, why nothing more is recorded, or that something was lost.
    using OnTrouble = std::function<void(const std::string &sentence)>;

    /// Errors: the file cannot be created; sentences for the user.
    static base::Result<std::unique_ptr<Recorder>> open(FileOptions options, OnTrouble onTrouble);
    ~Recorder(); // writes what waits, closes the file
    Recorder(const Recorder &) = delete;
    Recorder &operator=(const Recorder &) = delete;

    /// Any thread; never waits.
    void put(const base::Packet &packet);

    /// A name that the ladder gives an end, so that it has it again when the file is opened.
    void name(const base::Endpoint &endpoint, std::string_view name)
    {
        put(naming(endpoint, name));
    }

    struct State {
        std::string first, current;     // paths: of the session, of the file being written
        unsigned oldest = 0, files = 1; // numbers of the ring's files that are there
        std::uint64_t packets = 0, bytes = 0, dropped = 0;
        bool recording = true;
    };
    State state() const;
    /// Blocks until everything put before is in the file; false: timed out.
    bool settle(std::chrono::milliseconds limit) const;

private:
    Recorder(std::string first, OnTrouble onTrouble);
    void run();
    void write(const std::vector<base::Packet> &packets);
    void rotate();
    void stop(const base::Error &error);
    void publish();

    const std::string m_first;
    OnTrouble m_onTrouble;
    base::Inbox<base::Packet> m_queue;
    PacketWriter m_writer;
    SessionFile m_file;
    std::atomic<bool> m_stop{false}, m_recording{true};
    std::atomic<std::uint64_t> m_put{0}, m_taken{0};
    mutable std::mutex m_mutex; // guards m_state
    State m_state;
    std::thread m_thread; // last: starts when everything above stands
};

} // namespace record
