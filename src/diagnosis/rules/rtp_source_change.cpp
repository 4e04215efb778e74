// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::uint64_t kEnough = 25;
constexpr auto kOverlap = std::chrono::milliseconds(200);

/// A request that may have moved the media, or an answer to it, near the change.
bool announced(const Evidence &evidence, base::Instant from, base::Instant to)
{
    constexpr auto kBefore = std::chrono::seconds(3);
    for (const auto &place : evidence.call.rows) {
        const auto &row = evidence.trace.row(place.row);
        if (trace::isMessage(row.kind) && row.hasSdp && row.time >= from - kBefore &&
            row.time <= to + kOverlap)
            return true;
    }
    return false;
}

void check(const Evidence &evidence, Findings &out)
{
    if (!evidence.call.answered.known())
        return;
    for (const auto &before : evidence.streams)
        for (const auto &after : evidence.streams) {
            const auto &was = *before.stream, &is = *after.stream;
            // The same SSRC from elsewhere: it is the sender that moved, not another one.
            if (was.ssrc != is.ssrc || was.source == is.source ||
                was.destination != is.destination || was.packets < kEnough ||
                is.packets < kEnough || is.first < was.last - kOverlap ||
                is.first < evidence.call.answered || announced(evidence, was.last, is.first))
                continue;
            auto &f = out.add("rtp-source-change", Severity::Warning, Grade::Seen,
                              fmt::format("In the middle of the call the packets of {} [1] began "
                                          "to come from {} [2], and no message announced it.",
                                          was.source.text(), is.source.text()));
            f.impact =
                fmt::format("A peer that takes packets from the old place only plays nothing "
                            "from here on, and what it sends to the old place is lost: {}.",
                            after.towardsCaller ? "one-way audio for the callee or silence "
                                                  "for the caller"
                                                : "one-way audio for the caller or silence "
                                                  "for the callee");
            f.evidence = {at(was, "the old place"), at(is, "the new one")};
            f.fixes = {{"Keep the NAT's mapping alive by sending all the time (RFC 6263).",
                        "NAT or firewall", Action::None},
                       {"Follow the source of the packets (symmetric RTP).", "gateway or SBC",
                        Action::None}};
            return;
        }
}

} // namespace

extern const Rule rtp_source_change;
const Rule rtp_source_change{"rtp-source-change",
                             "Media comes from another place, unannounced",
                             Severity::Warning,
                             "RFC 4961, RFC 6263",
                             "200",
                             R"(
  answered
  1.10 alice>bob rtp 1000
  1.10 bob>alice rtp 400
* 9.20 bob>alice rtp 400 port=5555 sequence=400
 35.00 tick
)",
                             R"(
  answered
  1.10 alice>bob rtp 400
  1.10 bob>alice rtp 400
* 9.00 bob>alice INVITE tag=b reverse sdp=0@bob:5555
* 9.05 alice>bob 200 answer
* 9.10 bob>alice ACK tag=b reverse
  9.15 alice>bob rtp 600 toport=5555 sequence=400 at=400
  9.20 bob>alice rtp 400 port=5555 sequence=400
 35.00 tick
)",
                             check};

} // namespace diagnosis::rules
