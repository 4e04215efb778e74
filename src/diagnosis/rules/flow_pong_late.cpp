// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/flow_bindings.h>
#include <diagnosis/flow_registers.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kLate = std::chrono::seconds(2);

struct Late {
    std::uint64_t count = 0;
    base::Duration longest{0};
    trace::RowId ping, pong; // of the longest
};

/// Over a connection, where each pong answers the oldest ping; STUN over UDP is sent again instead.
/// Without outbound, as it was when the ping went out, nobody promised a pong: a CRLF may be
/// anything.
Late latePongs(const trace::Trace &trace, const flows::Flow &flow)
{
    Late out;
    trace::RowId ping;
    base::Instant since;
    for (const auto &event : flow.events) {
        if (event.what == flows::Happening::Ping && !ping.valid()) {
            const auto bound = boundAt(flow, event.time);
            ping = bound && bound->granted ? event.row : trace::RowId{};
            since = event.time;
        } else if (event.what == flows::Happening::Pong && ping.valid()) {
            const auto waited = event.time - since;
            const bool late = waited > kLate && waited <= flows::pongWait(flow.transport) &&
                              trace.destination(event.row) == trace.source(ping);
            out.count += late ? 1U : 0U;
            if (late && waited > out.longest) {
                out.longest = waited;
                out.ping = ping;
                out.pong = event.row;
            }
            ping = {};
        } else if (event.what != flows::Happening::Used &&
                   event.what != flows::Happening::StateChanged) {
            ping = {}; // registered anew, or the connection ended
        }
    }
    return out;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto *const flow : flowsOf(evidence)) {
        const auto late =
            flow->transport == base::Transport::Udp ? Late{} : latePongs(evidence.trace, *flow);
        if (late.count == 0)
            continue;
        auto &f = out.add(
            "flow-pong-late", late.count > 1 ? Severity::Warning : Severity::Info, Grade::Seen,
            fmt::format("{} of {} came late: {} after the ping [1] the slowest [2]. "
                        "After {} a user agent gives the flow up.",
                        count(late.count, "pong"), evidence.trace.source(late.pong).text(),
                        lasting(late.longest), lasting(flows::pongWait(flow->transport))));
        f.impact = "Calls over this flow wait as long; a little more and it is taken for dead.";
        f.evidence = {at(late.ping, "the ping"), at(late.pong, "its pong")};
        f.evidence.front().flow = flow->id;
        f.fixes = {{"Answer CRLF CRLF at once; look for overload or a path that loses packets.",
                    "edge proxy", Action::None}};
        return;
    }
}

} // namespace

extern const Rule flow_pong_late;
const Rule flow_pong_late{"flow-pong-late",
                          "Keep-alives are answered late",
                          Severity::Warning,
                          "RFC 5626 section 4.4.1",
                          "430",
                          R"(
  registered
 20.00 bob>edge tcp ping
*24.50 edge>bob tcp pong
 50.00 bob>edge tcp ping
*53.10 edge>bob tcp pong
 60.00 tick
)",
                          R"(
  registered
 20.00 bob>edge tcp ping
 20.40 edge>bob tcp pong
 50.00 bob>edge tcp ping
 51.90 edge>bob tcp pong
 60.00 tick
)",
                          check};

} // namespace diagnosis::rules
