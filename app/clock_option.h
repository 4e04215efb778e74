// SPDX-License-Identifier: Apache-2.0
// --clock-offset: what to do about the clocks of captures that are opened together, and what was
// found out about them, in words.
#pragma once

#include <app/arguments.h>
#include <map>
#include <report/format.h>
#include <session/session.h>
#include <string>

namespace app {

class ClockOption
{
public:
    static constexpr OptionSpec kSpec{"--clock-offset", "FILE=S",
                                      "how far a file's clock runs ahead of the first one's; or "
                                      "none, or auto (from messages seen in both)",
                                      true};

    /// Errors: neither auto, none nor FILE=SECONDS, or a FILE that is not among `files`.
    static base::Result<ClockOption> read(const Arguments &arguments,
                                          const std::vector<std::string> &files);
    session::ClockChoice of(const std::string &file) const;

private:
    session::ClockChoice m_all;
    std::map<std::string, base::Duration> m_given; // by file as named on the command line
};

void note(report::ReportFile &file, const session::ClockOffset &clock);
/// "The clock of b.pcap runs 1.234 s ahead of a.pcap, ..."; empty: nothing is known of it, or
/// that it differs.
std::string clockSentence(const report::ReportFile &file, const std::string &reference);

} // namespace app
