// SPDX-License-Identifier: Apache-2.0
// A headless session: a desk whose events come to the main thread, and Ctrl+C that ends it cleanly.
#pragma once

#include <algorithm>
#include <app/arguments.h>
#include <array>
#include <condition_variable>
#include <desk/desk.h>
#include <functional>
#include <mutex>
#include <report/format.h>
#include <set>

namespace app {

class Console
{
public:
    static base::Result<std::unique_ptr<Console>> open(desk::Options options);
    ~Console();

    desk::Desk &desk() { return *m_desk; }
    /// Events are handed to these on the main thread, from within waitUntil.
    std::function<void(const desk::CallInfo &)> onCall;
    std::function<void(const desk::AccountInfo &)> onAccount;
    std::function<void(const desk::StoryState &)> onStory;
    std::function<void(const std::string &)> onNotice;
    std::function<void(const engine::ProbeEvent &)> onProbe;

    enum class Wait : unsigned char { Done, TimedOut, Interrupted };
    /// Runs handlers until `condition` holds, the time is up or Ctrl+C (SIGINT, SIGTERM) came; the
    /// second one ends the program at once.
    Wait waitUntil(const std::function<bool()> &condition, base::Duration limit);
    static bool interrupted();

    /// What the exports take: every call that `keep` keeps, as published now. Lives as long as the
    /// result is used.
    struct Report {
        std::vector<report::ReportCall> calls;
        std::vector<std::shared_ptr<const flows::Flow>> flows;
        report::ReportInput input;
        std::set<std::uint32_t> streamsLeftOut{}; // of calls that were not kept, and of no other
    };
    std::unique_ptr<Report> report(const std::string &title,
                                   const std::function<bool(const session::CallView &)> &keep = {});

private:
    Console() = default;
    void queue(std::function<void()> work);
    void tellCertificate(const engine::TlsReport &report);

    std::mutex m_mutex;
    std::condition_variable m_wake;
    std::vector<std::function<void()>> m_queue;
    std::set<std::string> m_told;       // notices, while there are few
    std::unique_ptr<desk::Desk> m_desk; // last: its observers use the queue
};

/// Options every command with media shares: --output auto or silent, --session FILE.
desk::Options deskOptions(const Arguments &arguments);
/// --port-range A-B, where it was given.
base::Result<void> readPortRange(const Arguments &arguments, media::Options &media);

/// How names are looked up and TLS is judged, for every command that sends SIP.
inline constexpr std::array kNetworkOptions{
    OptionSpec{"--dns", "IP[:PORT]", "DNS server to ask (the system's)"},
    OptionSpec{"--tls-ca", "FILE", "trusted certificates, PEM (the system's)"},
    OptionSpec{"--tls-cert", "FILE", "our own certificate, PEM"},
    OptionSpec{"--tls-key", "FILE", "its key, PEM (in the same file)"},
    OptionSpec{"--tls-accept", "HOST[:PORT]=SHA256",
               "accept that server's certificate, by its fingerprint, unverified", true},
    OptionSpec{"--tls-insecure", "", "accept any certificate; said in the report"},
};
/// Errors: a file that cannot be read, an address that is none.
base::Result<void> readNetwork(const Arguments &arguments, engine::Options &options);

/// Several lists of options as one; a command's own come last.
template <std::size_t... Sizes> constexpr auto joined(const std::array<OptionSpec, Sizes> &...lists)
{
    std::array<OptionSpec, (Sizes + ...)> out;
    auto at = out.begin();
    ((at = std::copy(lists.begin(), lists.end(), at)), ...);
    return out;
}

/// Prints to stderr and returns the code.
int complain(const std::string &sentence, int code);
int exitFor(const base::Error &error);
/// --user, and the first line of --password-file; Error when it cannot be read.
base::Result<engine::Credentials> credentials(const Arguments &arguments);
base::Result<base::Transport> transportNamed(const std::string &name);
/// "1600x900"; "0x0" stands for none given.
base::Result<std::pair<int, int>> sizeNamed(const std::string &text);
/// Writes one format of the report to a file.
base::Result<void> writeReport(const report::ReportInput &input, std::string_view format,
                               const std::string &path);

} // namespace app
