// SPDX-License-Identifier: Apache-2.0
#include <desk/recording.h>

#include <base/text.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <report/format.h>
#include <session/read_again.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace desk {
namespace {

constexpr std::chrono::seconds kPatience{5}; // for a disk that is behind

/// The ring's files one behind the other: sections of one pcapng file.
void appendRecorded(const record::Recorder &recorder, std::ofstream &out)
{
    (void)recorder.settle(kPatience);
    const record::Recorder::State state = recorder.state();
    if (state.packets == 0)
        return;
    for (unsigned number = state.oldest; number < state.oldest + state.files; ++number) {
        std::ifstream in(record::SessionFile::pathOf(state.first, number), std::ios::binary);
        if (in && in.peek() != std::ifstream::traits_type::eof())
            out << in.rdbuf();
    }
}

void appendImported(const session::Session &session, std::ofstream &out)
{
    std::vector<report::ReportCall> calls;
    for (const auto &view : session.calls()) {
        if (!view->live)
            calls.push_back({view->call, view->streams, view->findings, {}, view->now});
    }
    if (calls.empty())
        return;
    const auto flows = session.flows();
    report::ReportInput input{session.trace(), calls, flows, {}, base::now(), {}, true, {}};
    input.packets = [&session](const report::ReportInput::Visit &visit) {
        return session::readAgain(session.imports(), visit);
    };
    input.redact = false; // what was on the wire, for its owner: the file is nobody else's
    report::format("pcapng")->write(input, out);
}

auto refuse(const std::string &path)
{
    const int error = errno;
    return base::fail(error == ENOSPC ? base::ErrorCode::DiskFull : base::ErrorCode::Io,
                      fmt::format("The session cannot be written to {}: {}. Choose another folder "
                                  "or make room.",
                                  base::printable(path), std::strerror(error)),
                      path);
}

} // namespace

base::Result<std::unique_ptr<Recording>>
Recording::begin(const RecordingOptions &options,
                 const std::function<void(const std::string &)> &onTrouble)
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

base::Result<void> Recording::save(const session::Session &session, const std::string &path) const
{
    const std::string part = path + ".part";
    const int made = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (made < 0)
        return refuse(path);
    ::fchmod(made, 0600);
    ::close(made);
    std::ofstream out(part, std::ios::binary | std::ios::app);
    if (m_recorder)
        appendRecorded(*m_recorder, out);
    appendImported(session, out);
    const bool empty = out && out.tellp() == std::ofstream::pos_type(0);
    out.close();
    if (!out || (!empty && ::rename(part.c_str(), path.c_str()) != 0)) {
        auto refused = refuse(path);
        ::unlink(part.c_str());
        return refused;
    }
    if (!empty)
        return {};
    ::unlink(part.c_str());
    return base::fail(base::ErrorCode::NotFound, "There is nothing in this session to save yet.");
}

} // namespace desk
