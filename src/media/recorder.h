// SPDX-License-Identifier: Apache-2.0
// Records one early dialog in the time in which it was sent: holes become silence, so that the file
// is as long as the sound was. The file appears with the first sample. Media thread.
#pragma once

#include "level_meter.h"
#include "wav_writer.h"

#include <base/time.h>
#include <optional>
#include <span>
#include <string>

namespace media {

class Recorder
{
public:
    Recorder(std::string folder, std::string stem)
        : m_folder(std::move(folder)), m_stem(std::move(stem))
    {
    }

    /// `gap`: silence before these samples. An error comes once, the recording has then ended.
    base::Result<void> add(std::span<const std::int16_t> samples, std::uint32_t rate,
                           base::Duration gap);
    void rename(const std::string &stem);
    /// Everything so far is in the file.
    base::Result<void> flush();
    bool started() const { return m_writer.has_value(); }
    std::string path() const { return m_writer ? m_writer->path() : std::string(); }
    base::Duration length() const { return m_writer ? m_writer->length() : base::Duration{0}; }
    double meanLevel() const { return m_meter.mean(); }

private:
    base::Result<void> write(std::span<const std::int16_t> samples);

    std::string m_folder, m_stem;
    std::optional<WavWriter> m_writer;
    LevelMeter m_meter;
    bool m_failed = false;
};

} // namespace media
