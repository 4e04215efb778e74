// SPDX-License-Identifier: Apache-2.0
// A session on disk: one pcapng file, or a ring of them of which the oldest go when all together
// grow beyond the bound. Readable by its owner only, since it holds what was on the wire. What is
// written is whole blocks, at once with the system, so that a killed process leaves at most one cut
// block at the end. One thread.
#pragma once

#include <base/result.h>
#include <cstdint>
#include <deque>
#include <string>

namespace record {

struct FileOptions {
    std::string path;                                  // of the first file: NAME.pcapng
    std::uint64_t mostBytes = std::uint64_t{2} << 30U; // of all files together
    unsigned files = 8;     // of the ring; 1: recording stops when it is full
    bool keepEmpty = false; // false: a session without packets leaves no file
};

class SessionFile
{
public:
    SessionFile() = default;
    ~SessionFile();
    SessionFile(const SessionFile &) = delete;
    SessionFile &operator=(const SessionFile &) = delete;

    /// Creates the first file, never over another one. Errors: sentences with what to do.
    base::Result<void> open(FileOptions options, const std::string &header);
    bool isOpen() const { return m_fd >= 0; }
    /// The file is full and the next one has to begin: call next() with its header.
    bool full() const;
    base::Result<void> next(const std::string &header);
    /// Whole blocks. On an error nothing of them stays in the file, and it is closed.
    base::Result<void> append(const std::string &blocks);
    /// Clean end; a file that got no packet is removed.
    void close();

    const std::string &path() const { return m_path; } // being written
    std::uint64_t size() const { return m_size; }      // of it
    unsigned number() const { return m_number; }       // of it, from 0
    unsigned oldest() const { return m_number - static_cast<unsigned>(m_earlier.size()); }
    /// Of file `number` of the ring that begins at `first`.
    static std::string pathOf(const std::string &first, unsigned number);

private:
    struct Earlier {
        std::string path;
        std::uint64_t size = 0;
    };
    base::Result<void> create(const std::string &path, const std::string &header);
    base::Result<void> writeAll(const std::string &bytes);
    void shut();

    FileOptions m_options;
    int m_fd = -1;
    std::string m_path;
    std::uint64_t m_size = 0;
    std::uint64_t m_header = 0; // bytes before the first packet
    unsigned m_number = 0;
    std::deque<Earlier> m_earlier;
};

} // namespace record
