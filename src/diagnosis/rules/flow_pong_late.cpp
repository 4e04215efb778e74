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

/// A ping whose pong came too late, while the user agent went on with the connection. One that
/// never came may be what the capture lacks.
struct Kept {
    trace::RowId ping, pong;
};
Kept keptOn(const Evidence &evidence, const flows::Flow &flow)
{
    using flows::Happening;
    if (flow.ours || flow.transport == base::Transport::Udp)
        return {};
    trace::RowId ping;
    for (const auto &event : flow.events) {
        if (event.what == Happening::PongMissing || event.what == Happening::StateChanged ||
            !event.row.valid())
            continue;
        if (event.what == Happening::Ping) {
            const auto bound = boundAt(flow, event.time);
            const bool alone = !ping.valid() && bound && bound->granted;
            ping = alone ? event.row : trace::RowId{}; // with two of them out nobody knows whose
            continue;
        }
        const auto waited = ping.valid() ? event.time - evidence.time(ping) : base::Duration{0};
        const auto limit = flows::pongWait(flow.transport); // much later it is a stray line break
        if (event.what == Happening::Pong && waited > limit && waited < 2 * limit &&
            evidence.trace.destination(event.row) == evidence.trace.source(ping))
            return {ping, event.row};
        if (event.what != Happening::Used || byEdge(evidence, flow, event.row))
            ping = {}; // answered, another sign of life, or the end
    }
    return {};
}

void tellKept(const Evidence &evidence, const flows::Flow &flow, const Kept &kept, Findings &out)
{
    const auto limit = flows::pongWait(flow.transport);
    auto &f =
        out.add("flow-pong-late", Severity::Warning, Grade::Seen,
                fmt::format("{} got no pong within {} after its ping [1] but {} after it [2], and "
                            "had not given the connection up by then.",
                            evidence.trace.source(kept.ping).text(), lasting(limit),
                            lasting(evidence.time(kept.pong) - evidence.time(kept.ping))));
    f.impact =
        "Had the flow been dead, calls would be lost for as long as the user agent keeps it.";
    f.evidence = {at(kept.ping, "the ping"), at(kept.pong, "its pong, too late")};
    f.evidence.front().flow = flow.id;
    f.fixes = {{"Take the flow for failed when no pong comes within 10 s, and make it anew (RFC "
                "5626 section 4.4.1).",
                "user agent", Action::None},
               {"Answer CRLF CRLF at once; look for overload or a path that loses packets.",
                "edge proxy", Action::None}};
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto *const flow : flowsOf(evidence)) {
        if (const auto kept = keptOn(evidence, *flow); kept.ping.valid()) {
            tellKept(evidence, *flow, kept, out);
            return;
        }
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
