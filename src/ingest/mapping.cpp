// SPDX-License-Identifier: Apache-2.0
#include <ingest/mapping.h>

#include <base/text.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <ingest/mapping_guard.h>
#include <optional>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace ingest {
namespace {

class File
{
public:
    explicit File(int fd) : m_fd(fd) {}
    ~File()
    {
        if (m_fd >= 0)
            ::close(m_fd);
    }
    File(const File &) = delete;
    File &operator=(const File &) = delete;
    int fd() const { return m_fd; }

private:
    int m_fd;
};

class Mapping
{
public:
    Mapping(void *bytes, std::size_t size) : m_bytes(bytes), m_size(size)
    {
        m_guard.emplace(bytes, size);
    }
    ~Mapping()
    {
        m_guard.reset();
        ::munmap(m_bytes, m_size);
    }
    Mapping(const Mapping &) = delete;
    Mapping &operator=(const Mapping &) = delete;

private:
    void *m_bytes;
    std::size_t m_size;
    std::optional<MappingGuard> m_guard;
};

auto refuse(const std::string &path, int error)
{
    const std::string shown = base::printable(path);
    std::string context = fmt::format("{}: {}", path, std::strerror(error));
    if (error == ENOENT || error == ENOTDIR)
        return base::fail(base::ErrorCode::NotFound, fmt::format("There is no file {}.", shown),
                          std::move(context));
    if (error == EACCES || error == EPERM)
        return base::fail(
            base::ErrorCode::NoPermission,
            fmt::format("You may not read {}. Ask its owner, or copy it to a place of your own.",
                        shown),
            std::move(context));
    return base::fail(base::ErrorCode::Io,
                      fmt::format("{} cannot be read: {}.", shown, std::strerror(error)),
                      std::move(context));
}

} // namespace

base::Result<base::Blob> mapFile(const std::string &path)
{
    // O_NONBLOCK: opening a named pipe must not wait for its writer.
    const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.fd() < 0)
        return refuse(path, errno);
    struct stat facts {
    };
    if (::fstat(file.fd(), &facts) != 0)
        return refuse(path, errno);
    if (!S_ISREG(facts.st_mode))
        return base::fail(
            base::ErrorCode::Unsupported,
            fmt::format("{} is no file. Choose a capture file.", base::printable(path)));
    if (facts.st_size == 0)
        return base::fail(
            base::ErrorCode::BadInput,
            fmt::format("{} is empty: there is nothing to show.", base::printable(path)));
    const auto size = static_cast<std::size_t>(facts.st_size);
    void *bytes = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd(), 0);
    if (bytes == MAP_FAILED)
        return refuse(path, errno);
    ::madvise(bytes, size, MADV_SEQUENTIAL);
    auto owner = std::make_shared<const Mapping>(bytes, size);
    return base::Blob::view(std::move(owner), {static_cast<const char *>(bytes), size});
}

} // namespace ingest
