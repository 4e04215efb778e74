// SPDX-License-Identifier: Apache-2.0
// A WAV file (16 bit PCM) whose header is right at any moment: data reaches the file before
// the header that counts it, at most 200 ms late, so a killed process leaves a file that every
// player opens. Media thread.
#pragma once

#include <base/result.h>
#include <base/time.h>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace media {

class WavWriter
{
public:
    /// Never overwrites: a taken name gets "-2", "-3" and so on before its extension.
    static base::Result<WavWriter> create(const std::string &folder, const std::string &stem,
                                          std::uint32_t rate, std::uint16_t channels = 1);
    WavWriter(WavWriter &&other) noexcept;
    WavWriter &operator=(WavWriter &&other) noexcept;
    ~WavWriter();

    /// Of several channels, one sample of each in turn. Errors: the disk, or a file of 4 GiB.
    base::Result<void> append(std::span<const std::int16_t> samples);
    base::Result<void> flush();
    /// Gives the file another name in its folder; the old one stays if that fails.
    void rename(const std::string &folder, const std::string &stem);

    const std::string &path() const { return m_path; }
    std::uint32_t rate() const { return m_rate; }
    std::uint64_t samples() const { return m_written / 2 + m_pending.size(); }
    base::Duration length() const;

private:
    WavWriter() = default;
    base::Result<void> writeHeader();
    base::Error writeError(int code) const;

    int m_fd = -1;
    std::string m_path;
    std::uint32_t m_rate = 8000;
    std::uint16_t m_channels = 1;
    std::uint64_t m_written = 0; // bytes of audio in the file
    std::vector<std::int16_t> m_pending;
};

} // namespace media
