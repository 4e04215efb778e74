// SPDX-License-Identifier: Apache-2.0
#include <app/flow_json.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>

namespace app {
namespace {

nlohmann::json textOrNull(const std::string &text)
{
    return text.empty() ? nlohmann::json(nullptr) : nlohmann::json(text);
}

nlohmann::json endOrNull(const base::Endpoint &end)
{
    return end.known() ? nlohmann::json(end.text()) : nlohmann::json(nullptr);
}

nlohmann::json timeOrNull(base::Instant time)
{
    return time.known() ? nlohmann::json(base::utc(time)) : nlohmann::json(nullptr);
}

/// What headers count in seconds.
nlohmann::json secondsOrNull(base::Duration duration)
{
    return duration.count() != 0 ? nlohmann::json(duration / std::chrono::seconds(1))
                                 : nlohmann::json(nullptr);
}

/// Divided, so that 0.1 s is printed as that.
nlohmann::json decimalOrNull(base::Duration duration)
{
    return duration.count() != 0 ? nlohmann::json(static_cast<double>(duration.count()) / 1e9)
                                 : nlohmann::json(nullptr);
}

double milliseconds(base::Duration duration)
{
    return static_cast<double>(duration.count()) / 1e6;
}

/// Where the wait comes from: the formula of RFC 5626 section 4.5, or a refusal that is not asked
/// about again so soon.
std::string waitText(const base::FlowReport &flow)
{
    const auto longest = base::Duration(std::chrono::seconds(1800));
    const auto formula =
        std::min(longest, flow.waitBase * (std::int64_t{1} << std::clamp(flow.failures, 0, 20)));
    if (formula != flow.waitMost)
        return fmt::format("W = {} s, the longest wait of RFC 5626 section 4.5, for an answer like "
                           "this",
                           base::seconds(flow.waitMost, 0));
    return fmt::format("W = {} s after {} failure{}, RFC 5626 section 4.5",
                       base::seconds(flow.waitMost, 0), flow.failures,
                       flow.failures == 1 ? "" : "s");
}

} // namespace

std::string textOf(const FlowLine &line, base::Instant start)
{
    const auto &flow = line.flow;
    std::string out = fmt::format(
        "{:>9}  flow {}  {:<12} {} {} -> {}", base::seconds(line.time - start), flow.regId,
        base::flowStateText(flow.state), flow.transport, flow.local.text(), flow.remote.text());
    if (flow.mapped.known() && flow.mapped != flow.local)
        out += fmt::format(" (seen as {})", flow.mapped.text());
    if (flow.state == base::FlowState::Up && flow.pongRoundTrip.count() > 0)
        out += fmt::format("  pong {:.1f} ms", base::toMilliseconds(flow.pongRoundTrip));
    if (!flow.tls.empty() && flow.state == base::FlowState::Provisional)
        out += "  " + base::printable(flow.tls);
    if (!flow.reason.empty())
        out += "  " + base::printable(flow.reason);
    if (flow.nextAttempt > line.time)
        out += fmt::format("  (next attempt in {} s; {})",
                           base::seconds(flow.nextAttempt - line.time, 1), waitText(flow));
    return out;
}

nlohmann::json jsonOf(const base::FlowReport &flow, base::Instant now)
{
    auto trips = nlohmann::json::array();
    for (const auto trip : flow.roundTrips)
        trips.push_back(milliseconds(trip));
    // While it can be reached, that of the time before tells nothing.
    const auto over = flow.reachableSince.known() ? base::Instant{} : flow.reachableUntil;
    return {{"reg_id", flow.regId},
            {"state", std::string(base::flowStateText(flow.state))},
            {"since", timeOrNull(flow.since)},
            {"reason", flow.reason},
            {"edge", flow.edge},
            {"transport", flow.transport},
            {"local", endOrNull(flow.local)},
            {"mapped", endOrNull(flow.mapped)},
            {"remote", endOrNull(flow.remote)},
            {"tls", textOrNull(flow.tls)},
            {"tls_verified",
             flow.tls.empty() ? nlohmann::json(nullptr) : nlohmann::json(flow.tlsVerified)},
            {"instance", textOrNull(flow.instance)},
            {"keep_alive", textOrNull(flow.keepAlive)},
            {"flow_timer", secondsOrNull(flow.flowTimer)},
            {"last_received", timeOrNull(flow.lastReceived)},
            {"last_ping", timeOrNull(flow.lastPing)},
            {"last_pong", timeOrNull(flow.lastPong)},
            {"pong_ms", flow.pongRoundTrip.count() != 0
                            ? nlohmann::json(milliseconds(flow.pongRoundTrip))
                            : nlohmann::json(nullptr)},
            {"pongs_ms", std::move(trips)},
            {"registered_until", timeOrNull(flow.registeredUntil)},
            {"unregistered",
             flow.unregistered ? nlohmann::json(*flow.unregistered) : nlohmann::json(nullptr)},
            {"reachable", flow.reachableSince.known()},
            {"reachable_since", timeOrNull(flow.reachableSince)},
            {"reachable_until", timeOrNull(over)},
            {"failures", flow.failures},
            {"losses", flow.losses},
            {"next_attempt", timeOrNull(flow.nextAttempt)},
            {"next_attempt_in", flow.nextAttempt > now ? decimalOrNull(flow.nextAttempt - now)
                                                       : nlohmann::json(nullptr)},
            {"back_off_base", decimalOrNull(flow.waitBase)},
            {"back_off_most", decimalOrNull(flow.waitMost)},
            {"pub_gruu", textOrNull(flow.publicGruu)},
            {"temp_gruu", textOrNull(flow.temporaryGruu)},
            {"path", flow.path},
            {"service_route", flow.serviceRoute}};
}

nlohmann::json jsonOf(const FlowLine &line, base::Instant start)
{
    auto out = jsonOf(line.flow, line.time);
    out["seconds"] = static_cast<double>((line.time - start).count()) / 1e9;
    out["time"] = base::utc(line.time);
    return out;
}

std::string reachText(const desk::AccountInfo &info, base::Instant start)
{
    if (info.reachableSince.known())
        return fmt::format("calls reach this account since {}",
                           base::seconds(std::max(info.reachableSince, start) - start));
    if (info.reachableUntil.known())
        return fmt::format("calls do not reach this account since {}",
                           base::seconds(std::max(info.reachableUntil, start) - start));
    return "no call has reached this account yet";
}

} // namespace app
