// SPDX-License-Identifier: Apache-2.0
// Recordings of each early dialog of a call: of what comes, of what is sent, and of both in two
// channels. A stream whose dialog is not known yet gets a file of its own, which takes the dialog's
// name once it is. Media thread.
#pragma once

#include "media.h"
#include "recorder.h"
#include "stereo_recorder.h"

#include <base/time.h>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace media {

class Recordings
{
public:
    /// Without a stem each file is named for what it is, see Media::record().
    void begin(std::string folder, std::string stem, bool answered = false);
    /// What begins from now on is no early media.
    void answered() { m_answered = true; }
    void end();
    bool running() const { return m_running; }
    /// What came. `now`: monotonic. `known`: that stream's dialog is; only then are its two
    /// directions recorded together. Error: a sentence, once for each file.
    base::Result<void> add(std::uint32_t stream, const std::string &toTag, base::Duration now,
                           std::span<const std::int16_t> samples, std::uint32_t rate,
                           base::Duration gap, bool known = false);
    /// What was sent to that dialog, by the same clock.
    base::Result<void> sent(const std::string &toTag, base::Duration now,
                            std::span<const std::int16_t> samples, std::uint32_t rate);
    std::string pathOf(std::uint32_t stream, const std::string &toTag) const;
    std::vector<RecordingInfo> list() const;

private:
    struct Entry {
        Recorded what = Recorded::Received;
        std::uint32_t stream = 0; // that wrote last
        std::string toTag;
        std::string stem;
        bool early = false;
        base::Duration lastEnd{0};
        std::uint32_t generation = 0;
        std::unique_ptr<Recorder> recorder;
    };
    struct Together {
        std::string toTag;
        bool early = false;
        std::uint32_t generation = 0;
        std::unique_ptr<StereoRecorder> recorder;
    };
    Entry *find(std::uint32_t stream, const std::string &toTag);
    Entry &obtain(std::uint32_t stream, const std::string &toTag);
    Entry *sentTo(const std::string &toTag);
    /// Null: there are enough files.
    StereoRecorder *together(const std::string &toTag);
    std::string nameOf(const std::string &what, const std::string &toTag) const;

    std::string m_folder, m_stem;
    std::uint32_t m_generation = 0; // of begin(): a new one does not add to old files
    bool m_running = false, m_answered = false;
    std::vector<Entry> m_entries;
    std::vector<Together> m_together;
};

} // namespace media
