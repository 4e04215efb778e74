// SPDX-License-Identifier: Apache-2.0
#include <session/read_again.h>

#include <base/text.h>
#include <base/told_time.h>
#include <fmt/format.h>
#include <ingest/mapping.h>

namespace session {
namespace {

/// What was written into it since is not what the session judged.
base::Result<base::Blob> unchanged(const ImportState &file)
{
    if (file.path.starts_with("/proc/self/fd/")) // kept in a nameless file while it was read
        return base::fail(
            base::ErrorCode::NotFound,
            "What came through a pipe cannot be read once more: give the file itself.", file.path);
    auto bytes = ingest::mapFile(file.path);
    if (bytes && bytes->size() != file.progress.totalBytes)
        return base::fail(
            base::ErrorCode::Io,
            fmt::format("{} is not what it was when it was read.", base::printable(file.path)),
            file.path);
    return bytes;
}

} // namespace

std::vector<std::string> readAgain(const std::vector<ImportState> &files, const PacketVisit &visit)
{
    std::vector<std::string> out;
    const std::atomic<bool> cancel{false};
    for (const ImportState &file : files) {
        if (file.number == 0)
            continue;
        const auto bytes = unchanged(file);
        if (!bytes) {
            out.push_back(bytes.error().sentence);
            continue;
        }
        const base::Duration ahead = file.clock.applied ? file.clock.offset : base::Duration{0};
        ingest::Sink sink;
        sink.emit = [&](base::Packet packet) {
            if (base::hasClock(packet.time))
                packet.time = packet.time - ahead;
            visit(file.number, packet);
            return true;
        };
        sink.progress = [](const ingest::Progress &) {};
        sink.flaw = [](const std::string &) {}; // told when it was read first
        if (const auto read = ingest::readBytes(file.path, *bytes, sink, cancel); !read)
            out.push_back(read.error().sentence);
    }
    return out;
}

} // namespace session
