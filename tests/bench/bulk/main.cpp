// SPDX-License-Identifier: Apache-2.0
// bench_bulk FILE [MESSAGES [key=value ...]]: writes a capture and prints what is in it, as JSON.
// Keys: bytes, rtp, tcp, ipv6, vlan (percent), keepalives. The same arguments give the same file.
#include "calls.h"

#include <cstdlib>
#include <fmt/format.h>

namespace {

bool read(bulk::Plan &plan, std::string_view argument)
{
    const auto equals = argument.find('=');
    if (equals == std::string_view::npos)
        return false;
    const auto key = argument.substr(0, equals);
    const auto value = static_cast<unsigned>(
        std::strtoul(std::string(argument.substr(equals + 1)).c_str(), nullptr, 10));
    if (key == "bytes")
        plan.bytes = value;
    else if (key == "rtp")
        plan.rtpPerMessage = value;
    else if (key == "tcp")
        plan.tcpShare = value;
    else if (key == "ipv6")
        plan.ipv6Share = value;
    else if (key == "vlan")
        plan.vlanShare = value;
    else if (key == "keepalives")
        plan.keepAlives = value != 0;
    else
        return false;
    return true;
}

} // namespace

int main(int argc, char **argv)
{
    bulk::Plan plan;
    if (argc > 2)
        plan.messages = std::strtoull(argv[2], nullptr, 10);
    bool good = argc > 1 && plan.messages > 0;
    for (int i = 3; i < argc; ++i)
        good = good && read(plan, argv[i]);
    if (!good) {
        fmt::print(stderr, "bench_bulk FILE [MESSAGES [bytes=N] [rtp=N] [tcp=%] [ipv6=%] [vlan=%] "
                           "[keepalives=1]]\n");
        return 64;
    }
    bulk::FrameFile file(argv[1]);
    const bulk::Totals totals = bulk::write(plan, file);
    if (!file.good()) {
        fmt::print(stderr, "{} cannot be written.\n", argv[1]);
        return 66;
    }
    std::string codes;
    for (const auto &[code, count] : totals.responses)
        codes += fmt::format("{}\"{}\": {}", codes.empty() ? "" : ", ", code, count);
    fmt::print("{{\"messages\": {}, \"calls\": {}, \"invite_calls\": {}, \"early_dialogs\": {}, "
               "\"rtp_packets\": {}, \"rtp_streams\": {}, \"rtp_lost\": {}, \"frames\": {}, "
               "\"responses\": {{{}}}}}\n",
               totals.messages, totals.calls, totals.inviteCalls, totals.earlyDialogs,
               totals.rtpPackets, totals.rtpStreams, totals.rtpLost, file.frames(), codes);
    return 0;
}
