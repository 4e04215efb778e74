// SPDX-License-Identifier: Apache-2.0
#include <record/folder.h>

#include <algorithm>
#include <base/text.h>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace record {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExtension = ".pcapng", kMarker = ".open";
constexpr int kMostNames = 100;           // tries for a free one
constexpr std::uint64_t kNoPackets = 256; // a section's header alone is shorter

std::string markerOf(std::string_view firstFile)
{
    firstFile.remove_suffix(std::min(firstFile.size(), kExtension.size()));
    return std::string(firstFile) + std::string(kMarker);
}

/// "NAME.pcapng" and "NAME.0001.pcapng" are of the session NAME; empty: no file of ours.
std::string stemOf(const fs::path &file)
{
    if (file.extension() != kExtension)
        return {};
    const fs::path inner = file.stem();
    const bool numbered = inner.has_extension() && inner.extension().string().size() == 5 &&
                          base::toInteger(inner.extension().string().substr(1)).has_value();
    return numbered ? inner.stem().string() : inner.string();
}

struct Files {
    std::vector<fs::path> paths; // in order
    std::uint64_t bytes = 0;
    base::Instant last;
};

/// Every session of the folder by its name; what cannot be looked at is not there.
std::map<std::string, Files> sessionsIn(const std::string &folder)
{
    std::map<std::string, Files> out;
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        const std::string stem = stemOf(at->path());
        struct stat facts = {};
        if (stem.empty() || ::lstat(at->path().c_str(), &facts) != 0 || !S_ISREG(facts.st_mode))
            continue;
        Files &files = out[stem];
        files.paths.push_back(at->path());
        files.bytes += static_cast<std::uint64_t>(facts.st_size);
        const base::Instant written{facts.st_mtim.tv_sec * 1'000'000'000LL + facts.st_mtim.tv_nsec};
        files.last = std::max(files.last, written);
    }
    const auto number = [](const fs::path &path) {
        const std::string digits = path.stem().extension().string();
        return digits.empty() ? 0LL : base::toInteger(digits.substr(1)).value_or(0);
    };
    for (auto &[stem, files] : out)
        std::sort(files.paths.begin(), files.paths.end(),
                  [&](const fs::path &a, const fs::path &b) { return number(a) < number(b); });
    return out;
}

bool isThere(const std::string &path)
{
    return ::access(path.c_str(), F_OK) == 0;
}

/// A living process holds the lock of its marker.
bool isAlive(const std::string &marker)
{
    const int fd = ::open(marker.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const bool locked = ::flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    ::close(fd);
    return locked;
}

void removeAll(const Files &files)
{
    for (const fs::path &path : files.paths)
        ::unlink(path.c_str());
}

auto noFolder(const std::string &folder, int error)
{
    return base::fail(base::ErrorCode::NoPermission,
                      fmt::format("Sessions cannot be kept in {}: {}. This session stays in memory "
                                  "only.",
                                  base::printable(folder), std::strerror(error)),
                      folder);
}

std::string marked(const std::string &folder, const std::string &stem)
{
    return folder + "/" + stem + std::string(kMarker);
}

} // namespace

std::string sessionsFolder()
{
    const char *state = std::getenv("XDG_STATE_HOME");
    if (state != nullptr && *state == '/') // the specification takes absolute paths only
        return std::string(state) + "/earshot/sessions";
    const char *home = std::getenv("HOME");
    return std::string(home != nullptr && *home != '\0' ? home : "/tmp") +
           "/.local/state/earshot/sessions";
}

Marker::~Marker()
{
    if (!m_keep)
        ::unlink(m_path.c_str());
    ::close(m_fd);
}

base::Result<std::unique_ptr<Marker>> newSession(const std::string &folder)
{
    std::error_code error;
    fs::create_directories(folder, error);
    if (error)
        return noFolder(folder, error.value());
    ::chmod(folder.c_str(), 0700);
    std::string stamp = base::utc(base::now()).substr(0, 19);
    std::replace(stamp.begin(), stamp.end(), ' ', '_');
    std::replace(stamp.begin(), stamp.end(), ':', '-');
    for (int count = 1; count <= kMostNames; ++count) {
        const std::string name = fmt::format("{}/{}_{}{}", folder, stamp, ::getpid(),
                                             count == 1 ? "" : fmt::format("-{}", count));
        const std::string session = name + std::string(kExtension);
        const std::string path = markerOf(session);
        const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd < 0 && errno == EEXIST)
            continue;
        if (fd < 0)
            return noFolder(folder, errno);
        ::flock(fd, LOCK_EX | LOCK_NB);
        std::unique_ptr<Marker> out(new Marker(session, path, fd));
        if (!isThere(session))
            return out;
    }
    return noFolder(folder, EEXIST);
}

std::optional<Unclosed> lastUnclosed(const std::string &folder)
{
    std::optional<Unclosed> newest;
    for (const auto &[stem, files] : sessionsIn(folder)) {
        const std::string marker = marked(folder, stem);
        if (!isThere(marker) || isAlive(marker))
            continue;
        if (files.bytes < kNoPackets) {
            removeAll(files);
            ::unlink(marker.c_str());
            continue;
        }
        if (newest && files.last < newest->last)
            continue;
        newest = Unclosed{{}, files.last, files.bytes};
        for (const fs::path &path : files.paths)
            newest->files.push_back(path.string());
        // Killed between making the ring's next file and writing its first bytes.
        std::error_code gone;
        if (fs::file_size(files.paths.back(), gone) == 0)
            newest->files.pop_back();
    }
    return newest;
}

void markClosed(const Unclosed &session)
{
    if (session.files.empty())
        return;
    const fs::path first(session.files.front());
    ::unlink(marked(first.parent_path().string(), stemOf(first)).c_str());
}

void discard(const Unclosed &session)
{
    markClosed(session);
    for (const std::string &path : session.files)
        ::unlink(path.c_str());
}

void prune(const std::string &folder, std::uint64_t mostBytes)
{
    std::vector<Files> closed;
    std::uint64_t total = 0;
    for (auto &[stem, files] : sessionsIn(folder)) {
        if (isThere(marked(folder, stem)))
            continue;
        total += files.bytes;
        closed.push_back(std::move(files));
    }
    std::sort(closed.begin(), closed.end(),
              [](const Files &a, const Files &b) { return a.last < b.last; });
    for (const Files &oldest : closed) {
        if (total <= mostBytes)
            return;
        removeAll(oldest);
        total -= oldest.bytes;
    }
}

} // namespace record
