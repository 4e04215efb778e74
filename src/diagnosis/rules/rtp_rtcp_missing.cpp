// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kLong = std::chrono::seconds(15); // three intervals (RFC 3550 section 6.2)

/// RFC 3556 section 2: no bandwidth for RTCP, on purpose.
bool switchedOff(const Evidence &evidence)
{
    return std::any_of(evidence.call.rows.begin(), evidence.call.rows.end(), [&](const auto &row) {
        if (!evidence.describesMedia(row.row))
            return false;
        const auto text = evidence.trace.text(row.row);
        return text.find("\nb=RR:0\r") != std::string_view::npos ||
               text.find("\nb=RS:0\r") != std::string_view::npos;
    });
}

void check(const Evidence &evidence, Findings &out)
{
    if (!evidence.call.answered.known())
        return;
    const BoundStream *longest = nullptr;
    for (const auto &bound : evidence.streams) {
        const auto &stream = *bound.stream;
        if (stream.senderReports != 0 || stream.reportsHeard != 0)
            return;
        if (longest == nullptr ||
            stream.last - stream.first > longest->stream->last - longest->stream->first)
            longest = &bound;
    }
    if (longest == nullptr || longest->stream->last - longest->stream->first < kLong ||
        switchedOff(evidence))
        return;
    auto &f = out.add("rtp-rtcp-missing", Severity::Info, Grade::Likely,
                      fmt::format("Within {} of audio [1] neither side sent a report by RTCP.",
                                  lasting(longest->stream->last - longest->stream->first)));
    f.impact = "Nobody learns what the other side misses of the audio, and how long it takes.";
    f.evidence = {at(*longest->stream, "no report about it")};
    f.fixes = {{"Let the port behind that of RTP pass, or agree on a=rtcp-mux.", "NAT or firewall",
                Action::None}};
}

} // namespace

extern const Rule rtp_rtcp_missing;
const Rule rtp_rtcp_missing{"rtp-rtcp-missing",
                            "No reports about the audio",
                            Severity::Info,
                            "RFC 3550 section 6.2",
                            "200",
                            R"(
  answered
* 1.10 alice>bob rtp 900
 35.00 tick
)",
                            R"(
  answered
  1.10 alice>bob rtp 900 ssrc=5
  1.10 bob>alice rtp 900 ssrc=6
* 9.00 bob>alice rtcp ssrc=5 fraction=0 sport=5001 dport=4001
 35.00 tick
)",
                            check};

} // namespace diagnosis::rules
