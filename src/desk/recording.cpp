// SPDX-License-Identifier: Apache-2.0
#include <desk/recording.h>

#include <utility>

namespace desk {

base::Result<std::unique_ptr<Recording>>
Recording::begin(const RecordingOptions &options,
                 std::function<void(const std::string &)> onTrouble)
{
    std::unique_ptr<Recording> out(new Recording);
    record::FileOptions file;
    file.path = options.file;
    file.mostBytes = options.mostBytes;
    file.keepEmpty = !options.file.empty(); // who names a file expects to find it
    if (options.file.empty() && !options.folder.empty()) {
        out->m_unclosed = record::lastUnclosed(options.folder);
        record::prune(options.folder, options.mostBytes);
        auto marker = record::newSession(options.folder);
        if (!marker) {
            onTrouble(marker.error().sentence);
            return out;
        }
        file.path = (*marker)->session();
        out->m_marker = std::move(*marker);
    }
    if (file.path.empty())
        return out;
    auto recorder = record::Recorder::open(file, onTrouble);
    if (recorder)
        out->m_recorder = std::move(*recorder);
    else if (!options.file.empty())
        return tl::unexpected<base::Error>(recorder.error());
    else
        onTrouble(recorder.error().sentence);
    return out;
}

std::vector<std::string> Recording::takeUnclosed(bool keep)
{
    const auto session = std::exchange(m_unclosed, std::nullopt);
    if (!session)
        return {};
    if (!keep) {
        record::discard(*session);
        return {};
    }
    record::markClosed(*session);
    return session->files;
}

} // namespace desk
