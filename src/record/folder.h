// SPDX-License-Identifier: Apache-2.0
// The folder where the window keeps its sessions. A marker beside a session's first file says that
// it was not closed; a living process holds it locked, so what a killed one left is told apart. Any
// thread, one call at a time.
#pragma once

#include <base/result.h>
#include <base/time.h>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace record {

/// XDG_STATE_HOME/earshot/sessions, or below ~/.local/state.
std::string sessionsFolder();

/// Held while a session is recorded; its end is the session's clean close.
class Marker
{
public:
    ~Marker(); // removes it, unless abandoned
    Marker(const Marker &) = delete;
    Marker &operator=(const Marker &) = delete;

    const std::string &session() const
    {
        return m_session;
    }                                 // path of its first file, to be created
    void abandon() { m_keep = true; } // as a crash would leave it

private:
    friend base::Result<std::unique_ptr<Marker>> newSession(const std::string &folder);
    Marker(std::string session, std::string path, int fd)
        : m_session(std::move(session)), m_path(std::move(path)), m_fd(fd)
    {
    }
    std::string m_session, m_path;
    int m_fd;
    bool m_keep = false;
};

/// A new name in the folder (created when it is not there), by time and process. Errors: no such
/// folder can be made or written.
base::Result<std::unique_ptr<Marker>> newSession(const std::string &folder);

/// A session whose process ended without closing it.
struct Unclosed {
    std::vector<std::string> files; // of its ring, in order
    base::Instant last;             // when its file was written last
    std::uint64_t bytes = 0;
};
/// The one that was written last; those without a packet are cleared away.
std::optional<Unclosed> lastUnclosed(const std::string &folder);
/// It was reopened: it is not offered again, its files stay.
void markClosed(const Unclosed &session);
void discard(const Unclosed &session);
/// Removes the oldest closed sessions until the rest takes at most so many bytes.
void prune(const std::string &folder, std::uint64_t mostBytes);

} // namespace record
