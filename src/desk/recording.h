// SPDX-License-Identifier: Apache-2.0
// The session's file: begun with the desk, offered again when it was not closed. Made and ended on
// the desk's owner's thread.
#pragma once

#include <functional>
#include <memory>
#include <record/folder.h>
#include <record/recorder.h>
#include <session/session.h>
#include <string>

namespace desk {

struct RecordingOptions {
    std::string file;   // this file, and no session without it
    std::string folder; // else a new file in this folder; without it the session goes on
    std::uint64_t mostBytes = std::uint64_t{2} << 30U; // of one session, and of all closed ones
    bool on() const { return !file.empty() || !folder.empty(); }
};

class Recording
{
public:
    /// `onTrouble` hears on any thread why nothing (more) is recorded. Errors: the named file
    /// cannot be created.
    static base::Result<std::unique_ptr<Recording>>
    begin(const RecordingOptions &options,
          const std::function<void(const std::string &)> &onTrouble);

    /// Null: nothing is recorded.
    const std::shared_ptr<record::Recorder> &recorder() const { return m_recorder; }
    /// The last session of the folder that was not closed when this one began.
    const std::optional<record::Unclosed> &unclosed() const { return m_unclosed; }
    /// It is not offered again; its files are kept or removed.
    std::vector<std::string> takeUnclosed(bool keep);
    /// The whole session as one pcapng file: what was recorded live as it stands on disk, and the
    /// messages of the files that were opened. Replaces what stands at `path` only when everything
    /// was written. Takes as long as the disk; errors are sentences for the user.
    base::Result<void> save(const session::Session &session, const std::string &path) const;

private:
    Recording() = default;
    std::optional<record::Unclosed> m_unclosed;
    std::unique_ptr<record::Marker> m_marker;
    std::shared_ptr<record::Recorder> m_recorder; // ends before its marker goes
};

} // namespace desk
