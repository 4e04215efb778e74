// SPDX-License-Identifier: Apache-2.0
#include "wav_writer.h"

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace media {

static_assert(std::endian::native == std::endian::little,
              "samples are written as they lie in memory");

namespace {

constexpr std::uint64_t kHeader = 44;
constexpr std::uint64_t kMostBytes = 0xFFFFFFFFULL - kHeader; // the format counts in 32 bits
constexpr int kMostNames = 1000;

void put32(char *at, std::uint32_t value)
{
    std::memcpy(at, &value, sizeof value);
}

void put16(char *at, std::uint16_t value)
{
    std::memcpy(at, &value, sizeof value);
}

std::string candidate(const std::string &folder, const std::string &stem, int number)
{
    return folder + "/" + stem + (number > 1 ? "-" + std::to_string(number) : "") + ".wav";
}

bool writeAll(int fd, const char *data, std::size_t size, std::uint64_t at)
{
    while (size > 0) {
        const ssize_t n = ::pwrite(fd, data, size, static_cast<off_t>(at));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        size -= static_cast<std::size_t>(n);
        at += static_cast<std::uint64_t>(n);
    }
    return true;
}

} // namespace

base::Result<WavWriter> WavWriter::create(const std::string &folder, const std::string &stem,
                                          std::uint32_t rate, std::uint16_t channels)
{
    std::error_code problem;
    std::filesystem::create_directories(folder, problem);
    WavWriter writer;
    writer.m_rate = rate;
    writer.m_channels = channels;
    for (int number = 1; number <= kMostNames; ++number) {
        writer.m_path = candidate(folder, stem, number);
        writer.m_fd = ::open(writer.m_path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (writer.m_fd >= 0 || errno != EEXIST)
            break;
    }
    if (writer.m_fd < 0)
        return tl::unexpected(writer.writeError(errno));
    if (auto done = writer.writeHeader(); !done)
        return tl::unexpected(done.error());
    return writer;
}

WavWriter::WavWriter(WavWriter &&other) noexcept
{
    *this = std::move(other);
}

WavWriter &WavWriter::operator=(WavWriter &&other) noexcept
{
    std::swap(m_fd, other.m_fd);
    std::swap(m_path, other.m_path);
    std::swap(m_rate, other.m_rate);
    std::swap(m_channels, other.m_channels);
    std::swap(m_written, other.m_written);
    std::swap(m_pending, other.m_pending);
    return *this;
}

WavWriter::~WavWriter()
{
    if (m_fd < 0)
        return;
    (void)flush(); // the last 200 ms; a full disk was told before
    ::close(m_fd);
}

base::Error WavWriter::writeError(int code) const
{
    const auto kind = code == ENOSPC || code == EDQUOT  ? base::ErrorCode::DiskFull
                      : code == EACCES || code == EROFS ? base::ErrorCode::NoPermission
                                                        : base::ErrorCode::Io;
    return {kind,
            "The recording " + m_path + " could not be written: " + std::strerror(code) +
                ". Choose another folder or make room, then record again.",
            m_path};
}

base::Result<void> WavWriter::writeHeader()
{
    std::array<char, kHeader> h{};
    const auto bytes = static_cast<std::uint32_t>(m_written);
    std::memcpy(&h[0], "RIFF", 4);
    put32(&h[4], static_cast<std::uint32_t>(kHeader - 8 + m_written));
    std::memcpy(&h[8], "WAVEfmt ", 8);
    put32(&h[16], 16);
    put16(&h[20], 1); // PCM
    put16(&h[22], m_channels);
    put32(&h[24], m_rate);
    put32(&h[28], m_rate * m_channels * 2);
    put16(&h[32], static_cast<std::uint16_t>(m_channels * 2));
    put16(&h[34], 16);
    std::memcpy(&h[36], "data", 4);
    put32(&h[40], bytes);
    if (!writeAll(m_fd, h.data(), h.size(), 0))
        return tl::unexpected(writeError(errno));
    return {};
}

base::Result<void> WavWriter::append(std::span<const std::int16_t> samples)
{
    const std::uint64_t room = kMostBytes - m_written - m_pending.size() * 2;
    if (room < samples.size() * 2)
        return base::fail(base::ErrorCode::Unsupported,
                          "The recording " + m_path +
                              " is full: a WAV file holds four gigabytes. It ends here.",
                          m_path);
    m_pending.insert(m_pending.end(), samples.begin(), samples.end());
    const bool firstData = m_written == 0 && !m_pending.empty();
    if (firstData || m_pending.size() >= m_rate * m_channels / 5)
        return flush();
    return {};
}

base::Result<void> WavWriter::flush()
{
    if (m_pending.empty())
        return {};
    const std::size_t size = m_pending.size() * 2;
    if (!writeAll(m_fd, reinterpret_cast<const char *>(m_pending.data()), size,
                  kHeader + m_written))
        return tl::unexpected(writeError(errno));
    m_written += size;
    m_pending.clear();
    return writeHeader();
}

void WavWriter::rename(const std::string &folder, const std::string &stem)
{
    for (int number = 1; number <= kMostNames; ++number) {
        const std::string name = candidate(folder, stem, number);
        // link() refuses a name that is taken, which rename() would silently replace.
        if (::link(m_path.c_str(), name.c_str()) == 0) {
            ::unlink(m_path.c_str());
            m_path = name;
            return;
        }
        if (errno != EEXIST)
            return;
    }
}

base::Duration WavWriter::length() const
{
    return base::Duration(static_cast<std::int64_t>(samples() / m_channels) * 1'000'000'000LL /
                          m_rate);
}

} // namespace media
