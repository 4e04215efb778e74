// SPDX-License-Identifier: Apache-2.0
#include <ingest/follow.h>

#include <algorithm>
#include <base/text.h>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <ingest/input.h>
#include <ingest/unpack.h>
#include <optional>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace ingest {
namespace {

constexpr std::chrono::seconds kPatience{3}; // with a writer in the middle of a packet
constexpr int kLookEvery = 100; // milliseconds, for a cancel and where no event is to be had
constexpr std::size_t kChunk = 256U << 10U;
constexpr std::size_t kFirstBytes = 28; // of the longer of the two file headers

class Descriptor
{
public:
    explicit Descriptor(int fd) : m_fd(fd) {}
    ~Descriptor()
    {
        if (m_fd >= 0)
            ::close(m_fd);
    }
    Descriptor(const Descriptor &) = delete;
    Descriptor &operator=(const Descriptor &) = delete;
    int fd() const { return m_fd; }

private:
    int m_fd;
};

constexpr std::size_t kTail = 64; // bytes that are still the same if the file only grew
constexpr int kGone = 10;         // looks, until a file that has no name any more is told of

enum class Ended : unsigned char { No, Cancelled, Shorter, Replaced, Unreadable };

class Growing final : public Input
{
public:
    Growing(std::string path, const Sink &sink, const std::atomic<bool> &cancel)
        : m_path(std::move(path)), m_sink(sink), m_cancel(cancel),
          m_file(::open(m_path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)),
          m_events(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK))
    {
        ::inotify_add_watch(m_events.fd(), m_path.c_str(),
                            IN_MODIFY | IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF);
    }
    bool isOpen() const { return m_file.fd() >= 0; }
    bool grows() const override { return true; }
    Ended ended() const { return m_ended; }
    std::uint64_t bytesRead() const override { return m_offset - m_rest.size(); }
    std::uint64_t bytesTotal() const override { return std::max(m_offset, m_size); }

private:
    bool fill(std::size_t size) override;
    bool fillSoon(std::size_t size) override;
    Ended look();
    bool grewOnly() const;
    void wait();

    std::string m_path;
    const Sink &m_sink;
    const std::atomic<bool> &m_cancel;
    Descriptor m_file, m_events;
    std::uint64_t m_offset = 0, m_size = 0; // read so far, when it was looked at last
    std::string m_tail;                     // what was read last
    bool m_replaced = false, m_waited = false;
    std::optional<std::chrono::steady_clock::time_point> m_until; // waited until then
    int m_gone = 0; // looks in a row that found nothing of its name
    Ended m_ended = Ended::No;
};

/// What became of the file, once everything in it was read.
Ended Growing::look()
{
    struct stat here {
    };
    struct stat named {
    };
    if (m_cancel)
        return Ended::Cancelled;
    if (::fstat(m_file.fd(), &here) != 0)
        return Ended::Unreadable;
    m_size = static_cast<std::uint64_t>(here.st_size);
    if (m_size < m_offset)
        return Ended::Shorter;
    const bool there = ::stat(m_path.c_str(), &named) == 0;
    if (there && (named.st_ino != here.st_ino || named.st_dev != here.st_dev))
        return Ended::Replaced;
    m_gone = there ? 0 : m_gone + 1;
    if (m_gone == kGone && m_sink.flaw)
        m_sink.flaw(fmt::format("{} is gone: it was deleted or renamed. What was read stays, and "
                                "another file of that name will be read when it comes.",
                                base::printable(m_path)));
    return Ended::No;
}

/// False: it was cut and has grown beyond what was read of it since it was looked at.
bool Growing::grewOnly() const
{
    char now[kTail];
    const ssize_t got =
        ::pread(m_file.fd(), now, m_tail.size(), static_cast<off_t>(m_offset - m_tail.size()));
    return got == static_cast<ssize_t>(m_tail.size()) &&
           std::memcmp(now, m_tail.data(), m_tail.size()) == 0;
}

void Growing::wait()
{
    m_waited = true;
    if (m_sink.progress)
        m_sink.progress({bytesRead(), bytesTotal(), 0});
    if (m_sink.idle)
        m_sink.idle();
    pollfd events{m_events.fd(), POLLIN, 0};
    if (::poll(&events, 1, kLookEvery) <= 0)
        return;
    char taken[4096];
    while (::read(m_events.fd(), taken, sizeof taken) > 0) {
    }
}

bool Growing::fill(std::size_t size)
{
    if (m_ended != Ended::No)
        return false;
    Chunk chunk(m_rest, std::max(size, m_rest.size() + kChunk));
    while (chunk.text().size() < size && m_ended == Ended::No) {
        const ssize_t got =
            ::pread(m_file.fd(), chunk.end(), chunk.room(), static_cast<off_t>(m_offset));
        if (got > 0 && std::exchange(m_waited, false) && !grewOnly()) {
            m_ended = Ended::Shorter;
        } else if (got > 0) {
            chunk.grow(static_cast<std::size_t>(got));
            m_offset += static_cast<std::uint64_t>(got);
            m_tail.append(chunk.text().substr(
                chunk.text().size() - std::min<std::size_t>(static_cast<std::size_t>(got), kTail)));
            m_tail.erase(0, m_tail.size() - std::min(m_tail.size(), kTail));
        } else if (got < 0 && errno != EINTR && errno != EAGAIN) {
            m_ended = Ended::Unreadable;
        } else {
            const Ended now = look();
            // What was written between the last reading and the other file's coming is still due.
            const bool last = now != Ended::Replaced || std::exchange(m_replaced, true);
            if (now == Ended::No && m_until && std::chrono::steady_clock::now() >= *m_until)
                break;
            if (now == Ended::No)
                wait();
            else if (last)
                m_ended = now;
        }
    }
    m_owner = chunk.owner();
    m_rest = chunk.text();
    return m_rest.size() >= size;
}

bool Growing::fillSoon(std::size_t size)
{
    m_until = std::chrono::steady_clock::now() + kPatience;
    const bool there = fill(size);
    m_until.reset();
    return there;
}

auto refuse(const std::string &path)
{
    const std::string shown = base::printable(path);
    return base::fail(errno == ENOENT ? base::ErrorCode::NotFound : base::ErrorCode::Io,
                      fmt::format("{} cannot be read: {}.", shown, std::strerror(errno)));
}

/// One file from its beginning; nullopt: there is another to read.
std::optional<base::Result<Outcome>> followOnce(const std::string &path, Input &input,
                                                const Sink &sink, const std::atomic<bool> &cancel,
                                                Outcome &sum)
{
    input.ensure(kFirstBytes);
    if (cancel)
        return sum;
    const auto source = recognise(path, input.rest());
    if (!source)
        return tl::unexpected(source.error());
    if ((*source)->readInput == nullptr || packingOf(input.rest()) != Packing::None)
        return base::fail(base::ErrorCode::Unsupported,
                          fmt::format("{} cannot be followed while it grows: only pcap and pcapng "
                                      "files can, uncompressed. Open it when it is complete.",
                                      base::printable(path)));
    auto outcome = (*source)->readInput(input, sink, cancel);
    if (!outcome)
        return outcome;
    sum.progress = outcome->progress;
    sum.frames += outcome->frames;
    sum.duplicates += outcome->duplicates;
    sum.truncated = sum.truncated || outcome->truncated;
    sum.cancelled = outcome->cancelled;
    for (std::string &name : outcome->linkTypes) {
        if (std::find(sum.linkTypes.begin(), sum.linkTypes.end(), name) == sum.linkTypes.end())
            sum.linkTypes.push_back(std::move(name));
    }
    return std::nullopt;
}

} // namespace

base::Result<Outcome> followFile(const std::string &path, const Sink &sink,
                                 const std::atomic<bool> &cancel)
{
    Outcome sum;
    std::uint64_t packets = 0; // of all files of that name
    Sink counting = sink;
    counting.emit = [&](base::Packet packet) {
        ++packets;
        return sink.emit(std::move(packet));
    };
    counting.progress = [&](const Progress &told) {
        if (sink.progress)
            sink.progress({told.bytes, std::max(told.bytes, told.totalBytes), packets});
    };
    for (bool first = true; !cancel; first = false) {
        Growing input(path, counting, cancel);
        if (!input.isOpen() && first)
            return refuse(path);
        if (!input.isOpen()) { // between two files of a rotation
            if (sink.idle)
                sink.idle();
            ::poll(nullptr, 0, kLookEvery);
            continue;
        }
        if (auto over = followOnce(path, input, counting, cancel, sum))
            return *over;
        if (input.ended() != Ended::Shorter && input.ended() != Ended::Replaced)
            break;
        if (sink.flaw)
            sink.flaw(fmt::format("{} {}. It is read from its beginning again; what came before "
                                  "stays.",
                                  base::printable(path),
                                  input.ended() == Ended::Shorter
                                      ? "was made shorter or written anew while it was followed"
                                      : "was replaced by another file of that name"));
    }
    return sum;
}

} // namespace ingest
