// SPDX-License-Identifier: Apache-2.0
#include <app/spooled.h>

#include <array>
#include <base/text.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace app {
namespace {

constexpr std::string_view kStandardInput = "the standard input";
constexpr std::uint64_t kMostBytes = std::uint64_t{16}
                                     << 30U; // a source without an end has to have one

class Source
{
public:
    explicit Source(const std::string &path)
        : m_own(path != "-"),
          // Opening a pipe must not wait for its writer: poll() does, and can be interrupted.
          m_fd(m_own ? ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK) : STDIN_FILENO)
    {
    }
    ~Source()
    {
        if (m_own && m_fd >= 0)
            ::close(m_fd);
    }
    Source(const Source &) = delete;
    Source &operator=(const Source &) = delete;
    int fd() const { return m_fd; }

private:
    bool m_own;
    int m_fd;
};

auto failed(std::string_view what)
{
    return base::fail(base::ErrorCode::Io, fmt::format("{}: {}.", what, std::strerror(errno)));
}

/// A nameless file on the disk, or in memory where there is no such.
int namelessFile()
{
    std::error_code ignored;
    const auto folder = std::filesystem::temp_directory_path(ignored);
    const int file = ignored ? -1 : ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    return file >= 0 ? file : ::memfd_create("capture", MFD_CLOEXEC);
}

bool writeAll(int to, const char *bytes, std::size_t size)
{
    while (size != 0) {
        const ssize_t written = ::write(to, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        size -= static_cast<std::size_t>(written);
    }
    return true;
}

base::Result<void> copyAll(int from, int to, const std::function<bool()> &interrupted)
{
    constexpr int kAskEvery = 200; // ms
    std::array<char, 1U << 16U> room{};
    std::uint64_t all = 0;
    while (!interrupted()) {
        pollfd wait{from, POLLIN, 0};
        if (::poll(&wait, 1, kAskEvery) <= 0)
            continue;
        const ssize_t got = ::read(from, room.data(), room.size());
        if (got == 0)
            break;
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got < 0)
            return failed("The capture cannot be read to its end");
        all += static_cast<std::uint64_t>(got);
        if (all > kMostBytes)
            return base::fail(
                base::ErrorCode::BadInput,
                fmt::format("More than {} GiB came and no end: write the capture to a "
                            "file, and cut it into pieces if it is that long.",
                            kMostBytes >> 30U));
        if (!writeAll(to, room.data(), static_cast<std::size_t>(got)))
            return failed("There is no room to keep the capture in while it is read");
    }
    return {};
}

} // namespace

base::Result<Spooled> Spooled::take(const std::string &path,
                                    const std::function<bool()> &interrupted)
{
    struct stat facts {
    };
    const bool standard = path == "-";
    const bool there = standard || ::stat(path.c_str(), &facts) == 0;
    if (!there || (!standard && !S_ISFIFO(facts.st_mode)))
        return Spooled(path, -1); // whoever opens it says what is wrong with it
    const Source source(path);
    if (source.fd() < 0)
        return failed(base::printable(path) + " cannot be read");
    const int file = namelessFile();
    if (file < 0)
        return failed("There is no place to keep the capture in while it is read");
    Spooled out(standard ? std::string(kStandardInput) : path, file);
    if (auto copied = copyAll(source.fd(), file, interrupted); !copied)
        return tl::unexpected(copied.error());
    return out;
}

Spooled::Spooled(std::string given, int file)
    : m_given(std::move(given)), m_path(file < 0 ? m_given : fmt::format("/proc/self/fd/{}", file)),
      m_file(file)
{
}

Spooled::Spooled(Spooled &&other) noexcept
    : m_given(std::move(other.m_given)), m_path(std::move(other.m_path)),
      m_file(std::exchange(other.m_file, -1))
{
}

Spooled::~Spooled()
{
    if (m_file >= 0)
        ::close(m_file);
}

std::string Spooled::told(std::string sentence) const
{
    if (m_file < 0)
        return sentence;
    for (auto at = sentence.find(m_path); at != std::string::npos;
         at = sentence.find(m_path, at + m_given.size()))
        sentence.replace(at, m_path.size(), base::printable(m_given));
    return sentence;
}

} // namespace app
