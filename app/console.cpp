// SPDX-License-Identifier: Apache-2.0
#include <app/console.h>

#include <algorithm>
#include <atomic>
#include <base/text.h>
#include <csignal>
#include <cstring>
#include <desk/call_text.h>
#include <desk/introduced.h>
#include <fmt/format.h>
#include <fstream>
#include <iterator>

namespace app {
namespace {

std::atomic<bool> s_interrupted{false};       // set by the signal handler, nothing else can be
std::atomic<std::int64_t> s_interruptedAt{0}; // ns of CLOCK_MONOTONIC

/// A second Ctrl+C has its usual meaning: whoever presses it does not want to wait for a BYE. One
/// that comes with the first is the same: timeout(1) and shells signal the program and its group.
extern "C" void onSignal(int signal)
{
    constexpr std::int64_t kSame = 300'000'000;
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    const std::int64_t at = std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
    if (!s_interrupted.exchange(true)) {
        s_interruptedAt = at;
    } else if (at - s_interruptedAt > kSame) {
        std::signal(signal, SIG_DFL);
        std::raise(signal);
    }
}

base::Result<std::string> firstLine(const std::string &path)
{
    std::ifstream in(path);
    std::string line;
    if (!in || !std::getline(in, line)) {
        return base::fail(
            base::ErrorCode::NotFound,
            fmt::format("The password file {} cannot be read or is empty.", base::printable(path)),
            std::strerror(errno));
    }
    if (!line.empty() && line.back() == '\r')
        line.pop_back();
    if (line.empty())
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("The first line of the password file {} is empty: the "
                                      "password stands there.",
                                      base::printable(path)));
    return line;
}

} // namespace

base::Result<std::unique_ptr<Console>> Console::open(desk::Options options)
{
    std::unique_ptr<Console> console(new Console);
    auto *self = console.get();
    desk::Observer observer;
    observer.call = [self](const desk::CallInfo &info) {
        self->queue([self, info] {
            if (self->onCall)
                self->onCall(info);
        });
    };
    observer.account = [self](const desk::AccountInfo &info) {
        self->queue([self, info] {
            if (self->onAccount)
                self->onAccount(info);
        });
    };
    observer.story = [self](const desk::StoryState &state) {
        self->queue([self, state] {
            if (self->onStory)
                self->onStory(state);
        });
    };
    observer.probe = [self](const engine::ProbeEvent &event) {
        self->queue([self, event] {
            if (self->onProbe)
                self->onProbe(event);
        });
    };
    observer.notice = [self](const std::string &sentence) {
        self->queue([self, sentence] {
            if (self->onNotice)
                self->onNotice(sentence);
            else if (self->m_told.insert(sentence).second) // the same for every call: once will do
                fmt::print(stderr, "earshot: {}\n", sentence);
        });
    };
    observer.tls = [self](const engine::TlsReport &report) {
        self->queue([self, report] { self->tellCertificate(report); });
    };
    auto desk = desk::Desk::open(std::move(options), std::move(observer));
    if (!desk)
        return tl::unexpected<base::Error>(desk.error());
    console->m_desk = std::move(*desk);
    struct sigaction action = {};
    action.sa_handler = onSignal;
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    return console;
}

/// A certificate that --tls-accept took, and of one that was refused what it would take; once each.
void Console::tellCertificate(const engine::TlsReport &report)
{
    const bool judged = report.byException || (!report.accepted && !report.verified);
    const bool ended = report.code == "client-certificate" || report.code == "handshake";
    if (report.fingerprint.empty() || !judged || ended ||
        !m_told.insert(report.name + report.fingerprint).second)
        return;
    const auto name = base::printable(report.name, false, 120);
    if (report.byException)
        fmt::print(stderr,
                   "earshot: The certificate {}... of {} is accepted WITHOUT verification "
                   "(--tls-accept).\n",
                   report.fingerprint.substr(0, 23), name);
    else
        fmt::print(stderr,
                   "earshot: That certificate's SHA-256 is {}. If the server's owner names the "
                   "same, --tls-accept {}:{}={} takes it unverified.\n",
                   report.fingerprint, name, report.remote.port, report.fingerprint);
}

Console::~Console()
{
    m_desk.reset(); // hangs up and un-registers
}

void Console::queue(std::function<void()> work)
{
    {
        std::lock_guard guard(m_mutex);
        m_queue.push_back(std::move(work));
    }
    m_wake.notify_one();
}

bool Console::interrupted()
{
    return s_interrupted;
}

Console::Wait Console::waitUntil(const std::function<bool()> &condition, base::Duration limit)
{
    const auto end = std::chrono::steady_clock::now() + limit;
    for (;;) {
        std::vector<std::function<void()>> work;
        {
            std::unique_lock lock(m_mutex);
            // A signal handler cannot wake a condition variable, so look now and then.
            m_wake.wait_for(lock, std::chrono::milliseconds(20), [&] { return !m_queue.empty(); });
            work.swap(m_queue);
        }
        for (const auto &item : work)
            item();
        if (condition())
            return Wait::Done;
        if (s_interrupted)
            return Wait::Interrupted;
        if (std::chrono::steady_clock::now() >= end)
            return Wait::TimedOut;
    }
}

std::unique_ptr<Console::Report>
Console::report(const std::string &title,
                const std::function<bool(const session::CallView &)> &keep)
{
    std::map<std::string, std::vector<report::Recording>> recordings; // by Call-ID
    std::map<std::string, std::map<std::string, std::vector<rtp::Heard>>> heard;
    std::map<std::string, desk::CallInfo> ours;
    for (const auto &info : m_desk->calls()) {
        ours[info.callId] = info;
        for (const auto &file : info.recordings)
            recordings[info.callId].push_back(
                {file.toTag, media::recordedText(file.what), file.path});
        if (info.media)
            heard[info.callId] = info.media->heard;
    }
    std::vector<report::ReportCall> calls;
    std::set<std::uint32_t> here, elsewhere; // streams of calls that are kept, and of those left
    base::Instant last;
    for (const auto &view : m_desk->session().calls()) {
        const bool kept = !keep || keep(*view);
        for (const auto &stream : view->streams)
            if (stream.stream)
                (kept ? here : elsewhere).insert(stream.stream->id.value);
        if (!kept)
            continue;
        std::shared_ptr<const calls::Call> call = view->call;
        if (const auto info = ours.find(call->callId); info != ours.end())
            call = desk::introduced(call, info->second);
        calls.push_back({call, view->streams, view->findings.once(), recordings[call->callId],
                         view->now, view->legs, heard[call->callId]});
        last = std::max(last, view->now);
    }
    auto flows = m_desk->session().flows();
    const auto &trace = m_desk->session().trace();
    auto out = std::unique_ptr<Report>(
        new Report{std::move(calls), std::move(flows), {trace, {}, {}, {}, last, title, true, {}}});
    std::set_difference(elsewhere.begin(), elsewhere.end(), here.begin(), here.end(),
                        std::inserter(out->streamsLeftOut, out->streamsLeftOut.end()));
    out->input.calls = out->calls;
    out->input.flows = out->flows;
    out->input.names = m_desk->names();
    const auto update = m_desk->session().last();
    out->input.mediaSeen = update && update->rtpPackets != 0;
    return out;
}

desk::Options deskOptions(const Arguments &arguments)
{
    desk::Options options;
    if (arguments.value("--output") == "silent")
        options.media.output = media::Output::Silent;
    options.media.device = arguments.value("--audio-device");
    options.recording.file = arguments.value("--session");
    return options;
}

base::Result<void> readPortRange(const Arguments &arguments, media::Options &media)
{
    if (!arguments.has("--port-range"))
        return {};
    const auto text = arguments.value("--port-range");
    if (const auto ok = desk::readPorts(text.empty() ? "-" : text, media); !ok)
        return base::fail(ok.error().code, "--port-range: " + ok.error().sentence);
    return {};
}

int complain(const std::string &sentence, int code)
{
    fmt::print(stderr, "earshot: {}\n", sentence);
    return code;
}

int exitFor(const base::Error &error)
{
    switch (error.code) {
    case base::ErrorCode::BadInput:
        return kUsage;
    case base::ErrorCode::NotFound:
    case base::ErrorCode::Unsupported:
    case base::ErrorCode::Io:
        return kUnreadable;
    case base::ErrorCode::NoPermission:
    case base::ErrorCode::PortInUse:
        return kNoAccess;
    default:
        return kCallFailed;
    }
}

base::Result<engine::Credentials> credentials(const Arguments &arguments)
{
    engine::Credentials out;
    out.user = arguments.value("--user");
    if (arguments.has("--password-file")) {
        auto password = firstLine(arguments.value("--password-file"));
        if (!password)
            return tl::unexpected<base::Error>(password.error());
        out.password = std::move(*password);
    }
    if (out.user.empty() == arguments.has("--password-file"))
        return base::fail(base::ErrorCode::BadInput,
                          "--user and --password-file go together: give both or none.");
    return out;
}

base::Result<void> readNetwork(const Arguments &arguments, engine::Options &options)
{
    options.dnsServer = arguments.value("--dns");
    options.tls.caFile = arguments.value("--tls-ca");
    options.tls.certificate = arguments.value("--tls-cert");
    options.tls.key = arguments.value("--tls-key");
    for (const auto &each : arguments.values("--tls-accept")) {
        const auto exception = desk::tlsExceptionNamed(each);
        if (!exception)
            return tl::unexpected<base::Error>(exception.error());
        options.tls.exceptions.push_back(*exception); // it is told of where it is used
    }
    options.tls.acceptAnything = arguments.has("--tls-insecure");
    if (options.tls.acceptAnything)
        fmt::print(stderr, "earshot: Certificates are NOT checked (--tls-insecure).\n");
    return engine::checkOptions(options);
}

base::Result<base::Transport> transportNamed(const std::string &name)
{
    if (base::equalsNoCase(name, "udp"))
        return base::Transport::Udp;
    if (base::equalsNoCase(name, "tcp"))
        return base::Transport::Tcp;
    if (base::equalsNoCase(name, "tls"))
        return base::Transport::Tls;
    return base::fail(
        base::ErrorCode::BadInput,
        fmt::format("--transport is udp, tcp or tls, not \"{}\".", base::printable(name)));
}

base::Result<std::pair<int, int>> sizeNamed(const std::string &text)
{
    const auto parts = base::split(text, 'x');
    const auto width = base::toInteger(parts.front());
    const auto height = base::toInteger(parts.back());
    const bool none = text == "0x0";
    if (!none && (parts.size() != 2 || !width || !height || *width < 200 || *height < 200 ||
                  *width > 8000 || *height > 8000))
        return base::fail(base::ErrorCode::BadInput,
                          "--size takes WIDTHxHEIGHT from 200 to 8000, such as 1600x900.");
    return std::pair{static_cast<int>(*width), static_cast<int>(*height)};
}

base::Result<void> writeReport(const report::ReportInput &input, std::string_view format,
                               const std::string &path)
{
    const auto *writer = report::format(format);
    if (writer == nullptr)
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("There is no report format \"{}\".", format));
    std::ofstream out(path, std::ios::binary);
    if (out)
        writer->write(input, out);
    out.close();
    if (!out) {
        return base::fail(
            base::ErrorCode::Io,
            fmt::format("{} cannot be written: {}. Choose another folder or make room.", path,
                        std::strerror(errno)));
    }
    return {};
}

} // namespace app
