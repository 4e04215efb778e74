// SPDX-License-Identifier: Apache-2.0
// Both directions of a dialog in one file: what was received on the left, what was sent on the
// right, each where it was on this machine's clock. A side that pauses is silence, and the other
// one does not wait for it longer than a second. Media thread.
#pragma once

#include "level_meter.h"
#include "wav_writer.h"

#include <array>
#include <base/time.h>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace media {

class StereoRecorder
{
public:
    enum Channel : std::uint8_t { Received, Sent };

    StereoRecorder(std::string folder, std::string stem)
        : m_folder(std::move(folder)), m_stem(std::move(stem))
    {
    }
    StereoRecorder(const StereoRecorder &) = delete;
    StereoRecorder &operator=(const StereoRecorder &) = delete;
    ~StereoRecorder() { (void)flush(); } // a full disk was told before

    /// `at`: monotonic, when the first sample was there; `gap`: silence of the channel before it,
    /// by its own clock. An error comes once, the recording has then ended.
    base::Result<void> add(Channel channel, base::Duration at, base::Duration gap,
                           std::span<const std::int16_t> samples, std::uint32_t rate);
    /// Everything so far is in the file.
    base::Result<void> flush();
    bool started() const { return m_writer.has_value(); }
    std::string path() const { return m_writer ? m_writer->path() : std::string(); }
    base::Duration length() const;
    double meanLevel() const { return m_meter.mean(); }

private:
    std::int64_t placeOf(Channel channel, base::Duration at, base::Duration gap);
    base::Result<void> settle(std::int64_t end);
    base::Result<void> write(std::span<const std::int16_t> samples);

    std::string m_folder, m_stem;
    std::optional<WavWriter> m_writer;
    LevelMeter m_meter;
    base::Duration m_origin{0};          // when sample 0 was
    std::array<std::int64_t, 2> m_end{}; // of each channel, in samples since the origin
    std::int64_t m_settled = 0;          // samples of each channel that the writer has
    std::vector<std::int16_t> m_waiting; // from there on, one of each channel in turn
    bool m_failed = false;
};

} // namespace media
