// SPDX-License-Identifier: Apache-2.0
#include <record/session_file.h>

#include <algorithm>
#include <base/text.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

namespace record {
namespace {

constexpr std::string_view kExtension = ".pcapng";

auto refuse(const std::string &path, int error)
{
    const std::string shown = base::printable(path);
    std::string context = fmt::format("{}: {}", path, std::strerror(error));
    if (error == ENOSPC || error == EDQUOT || error == EFBIG)
        return base::fail(
            base::ErrorCode::DiskFull,
            fmt::format("There is no room left for {}. Recording has stopped; the session goes on "
                        "in memory. Make room, or export the calls you need to another disk.",
                        shown),
            std::move(context));
    if (error == EEXIST)
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("{} exists already and is not overwritten. Give another name "
                                      "for the session.",
                                      shown),
                          std::move(context));
    if (error == ENOENT || error == ENOTDIR)
        return base::fail(base::ErrorCode::NotFound,
                          fmt::format("There is no folder for {}. Create it, or name another one; "
                                      "the session is not recorded until then.",
                                      shown),
                          std::move(context));
    if (error == EACCES || error == EPERM || error == EROFS)
        return base::fail(base::ErrorCode::NoPermission,
                          fmt::format("You may not write {}. Choose another folder; the session is "
                                      "not recorded until then.",
                                      shown),
                          std::move(context));
    return base::fail(base::ErrorCode::Io,
                      fmt::format("{} cannot be written: {}. Recording has stopped; the session "
                                  "goes on in memory.",
                                  shown, std::strerror(error)),
                      std::move(context));
}

} // namespace

SessionFile::~SessionFile()
{
    close();
}

std::string SessionFile::pathOf(const std::string &first, unsigned number)
{
    if (number == 0)
        return first;
    std::string_view stem = first;
    const bool known = stem.size() > kExtension.size() &&
                       stem.substr(stem.size() - kExtension.size()) == kExtension;
    if (known)
        stem.remove_suffix(kExtension.size());
    return fmt::format("{}.{:04}{}", stem, number, kExtension);
}

base::Result<void> SessionFile::create(const std::string &path, const std::string &header)
{
    constexpr int kOwnerOnly = 0600;
    const int fd = ::open(
        path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_APPEND | O_NONBLOCK, kOwnerOnly);
    if (fd < 0)
        return refuse(path, errno);
    m_fd = fd;
    m_path = path;
    m_size = 0;
    auto written = writeAll(header);
    m_header = m_size;
    if (!written)
        ::unlink(path.c_str());
    return written;
}

base::Result<void> SessionFile::open(FileOptions options, const std::string &header)
{
    m_options = std::move(options);
    m_number = 0;
    m_earlier.clear();
    return create(m_options.path, header);
}

bool SessionFile::full() const
{
    return isOpen() && m_size > m_header &&
           m_size >= m_options.mostBytes / std::max(1U, m_options.files);
}

base::Result<void> SessionFile::next(const std::string &header)
{
    if (m_options.files <= 1) {
        const std::string path = m_path;
        shut();
        return base::fail(
            base::ErrorCode::DiskFull,
            fmt::format("{} has reached the size that was set for it. Recording has stopped; the "
                        "session goes on in memory.",
                        base::printable(path)));
    }
    m_earlier.push_back({m_path, m_size});
    shut();
    while (m_earlier.size() >= m_options.files) {
        ::unlink(m_earlier.front().path.c_str());
        m_earlier.pop_front();
    }
    return create(pathOf(m_options.path, ++m_number), header);
}

base::Result<void> SessionFile::writeAll(const std::string &bytes)
{
    const std::uint64_t before = m_size;
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t n = ::write(m_fd, bytes.data() + done, bytes.size() - done);
        if (n > 0) {
            done += static_cast<std::size_t>(n);
            continue;
        }
        if (n < 0 && errno == EINTR)
            continue;
        const int error = n < 0 ? errno : ENOSPC;
        const std::string path = m_path;
        // Half a block is worth nothing; without it the file is a whole one.
        if (::ftruncate(m_fd, static_cast<off_t>(before)) == 0)
            m_size = before;
        shut();
        return refuse(path, error);
    }
    m_size += done;
    return {};
}

base::Result<void> SessionFile::append(const std::string &blocks)
{
    if (!isOpen() || blocks.empty())
        return {};
    auto written = writeAll(blocks);
    if (!written && m_size <= m_header && m_earlier.empty() && !m_options.keepEmpty)
        ::unlink(m_path.c_str()); // a header alone is no session
    return written;
}

void SessionFile::shut()
{
    if (m_fd >= 0)
        ::close(m_fd);
    m_fd = -1;
}

void SessionFile::close()
{
    if (!isOpen())
        return;
    const bool empty = m_size <= m_header && m_earlier.empty();
    if (empty && !m_options.keepEmpty)
        ::unlink(m_path.c_str());
    shut();
}

} // namespace record
