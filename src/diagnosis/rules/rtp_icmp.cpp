// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// The newest description before `when` that names the address for audio; its port must be open.
/// Invalid: none names it.
trace::RowId describedAt(const Evidence &evidence, const base::Endpoint &end, base::Instant when,
                         bool &rtp)
{
    trace::RowId found;
    for (const auto &entry : evidence.call.rows) {
        const trace::Row &row = evidence.trace.row(entry.row);
        if (!row.hasSdp || entry.original.valid() || row.time > when)
            continue;
        for (const sip::SdpMedia &media : sdpOf(evidence, entry.row).media) {
            const auto place = media.endpoint();
            if (!place || place->address != end.address || place->port == 0)
                continue;
            if (place->port == end.port || !found.valid() || !rtp) {
                found = entry.row;
                rtp = place->port == end.port;
            }
        }
    }
    return found;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &entry : evidence.call.rows) {
        const trace::Row &row = evidence.trace.row(entry.row);
        const auto *const event = evidence.trace.local(entry.row);
        if (event == nullptr || !row.mediaUndelivered())
            continue;
        // Behind the end of a call ports close while the last packets are under way.
        if (evidence.call.ended.known() && row.time >= evidence.call.ended)
            return;
        const auto source = evidence.trace.source(entry.row);
        const auto destination = evidence.trace.destination(entry.row);
        bool rtp = false;
        const auto described = describedAt(evidence, destination, row.time, rtp);
        if (!described.valid())
            continue;
        auto &f = out.add(
            "rtp-icmp", rtp ? Severity::Error : Severity::Info, Grade::Seen,
            fmt::format("{} from {} to {} did not arrive: {} [1]; {} [2].",
                        rtp ? "Media" : "A packet", source.text(), destination.text(),
                        event->kind == base::LocalKind::ConnectionRefused
                            ? "the port is closed"
                            : "the address cannot be reached",
                        rtp ? "its own description names that port"
                            : "its description names another port for RTP, so this may be RTCP "
                              "that nobody takes"));
        f.impact = rtp ? fmt::format("Whoever described {} hears nothing of what is sent there.",
                                     destination.text())
                       : "None for the sound; the sender gets no reports of loss.";
        f.evidence = {at(entry.row, shown(event->sentence)), at(described, "the description")};
        f.fixes = {{fmt::format("Open the port that the SDP names, before it is told, on {}.",
                                destination.address.text()),
                    "who described the port", Action::None},
                   {"Let ICMP and RTP to that address pass.", "NAT or firewall", Action::None}};
        if (rtp)
            return;
    }
}

} // namespace

extern const Rule rtp_icmp;
const Rule rtp_icmp{"rtp-icmp",
                    "Nobody takes the media",
                    Severity::Error,
                    "RFC 3264 section 5.1",
                    "200",
                    R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer
  1.01 alice>bob ACK tag=b
  1.05 alice>bob rtp 50
* 1.06 alice>bob icmp "port unreachable"
)",
                    R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b answer
  1.01 alice>bob ACK tag=b
  1.05 alice>bob rtp 50
  1.10 bob>alice rtp 50
  2.00 alice>bob BYE tag=b
  2.01 bob>alice 200 tag=b
  2.02 alice>bob icmp "port unreachable"
)",
                    check};

} // namespace diagnosis::rules
