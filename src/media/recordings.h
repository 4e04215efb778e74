// SPDX-License-Identifier: Apache-2.0
// One recording per early dialog of a call; a stream whose dialog is not known yet gets a file of
// its own, which takes the dialog's name once it is. Media thread.
#pragma once

#include "recorder.h"

#include <base/time.h>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace media {

struct RecordingInfo;

class Recordings
{
public:
    /// Without a stem each file is named for what it is, see Media::record().
    void begin(std::string folder, std::string stem, bool answered = false);
    /// What begins from now on is no early media.
    void answered() { m_answered = true; }
    void end();
    bool running() const { return m_running; }
    /// `now`: monotonic. Error: a sentence, once for each file.
    base::Result<void> add(std::uint32_t stream, const std::string &toTag, base::Duration now,
                           std::span<const std::int16_t> samples, std::uint32_t rate,
                           base::Duration gap);
    std::string pathOf(std::uint32_t stream, const std::string &toTag) const;
    std::vector<RecordingInfo> list() const;

private:
    struct Entry {
        std::uint32_t stream = 0; // that wrote last
        std::string toTag;
        std::string stem;
        bool early = false;
        base::Duration lastEnd{0};
        std::uint32_t generation = 0;
        std::unique_ptr<Recorder> recorder;
    };
    Entry *find(std::uint32_t stream, const std::string &toTag);
    Entry &obtain(std::uint32_t stream, const std::string &toTag);

    std::string m_folder, m_stem;
    std::uint32_t m_generation = 0; // of begin(): a new one does not add to old files
    bool m_running = false, m_answered = false;
    std::vector<Entry> m_entries;
};

} // namespace media
