// SPDX-License-Identifier: Apache-2.0
#include <desk/probing.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>

namespace desk {
namespace {

constexpr int kTooManyHops = 483;
constexpr base::Duration kToLeave = std::chrono::seconds(4); // a name may have to be looked up

int valueOf(char digit)
{
    return digit >= '0' && digit <= '9'   ? digit - '0'
           : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
           : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                                          : -1;
}

} // namespace

base::Result<void> checkProbe(const ProbePlan &plan)
{
    const auto bad = [](std::string sentence) {
        return base::fail(base::ErrorCode::BadInput, std::move(sentence));
    };
    if (plan.count < 1 || plan.count > kMostProbeRequests)
        return bad(
            fmt::format("1 to {} requests can be sent, not {}.", kMostProbeRequests, plan.count));
    if (plan.hops < 1 || plan.hops > kMostProbeHops)
        return bad(fmt::format("1 to {} hops can be tried, not {}.", kMostProbeHops, plan.hops));
    if (plan.kind != ProbeKind::Raw)
        return {};
    if (plan.request.raw.empty())
        return bad("There are no bytes to send.");
    if (plan.request.raw.size() > kLargestProbe)
        return bad(fmt::format("{} bytes are more than the {} that are sent at once.",
                               plan.request.raw.size(), kLargestProbe));
    return {};
}

std::string rawConsent(std::size_t bytes, const std::string &target)
{
    return fmt::format("{} bytes are sent to {} exactly as they are; only do that to a peer that "
                       "is yours to test.",
                       bytes, base::printable(target, false, 120));
}

base::Result<std::string> typedBytes(const std::string &text)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) {
            out += "\r\n";
            continue;
        }
        if (text[i] != '\\') {
            out += text[i];
            continue;
        }
        const char kind = i + 1 < text.size() ? text[i + 1] : '\0';
        static constexpr std::string_view kNames = "rnt0\\";
        static constexpr std::string_view kBytes("\r\n\t\0\\", 5);
        const auto at = kNames.find(kind);
        const int high = i + 2 < text.size() ? valueOf(text[i + 2]) : -1;
        const int low = i + 3 < text.size() ? valueOf(text[i + 3]) : -1;
        if (kind != '\0' && at != std::string_view::npos) {
            out += kBytes[at];
            i += 1;
        } else if (kind == 'x' && high >= 0 && low >= 0) {
            out += static_cast<char>(high * 16 + low);
            i += 3;
        } else {
            return base::fail(
                base::ErrorCode::BadInput,
                fmt::format(
                    "\"{}\" is no byte: write \\r, \\n, \\t, \\0, \\\\ or \\xHH with two hex "
                    "digits.",
                    base::printable(text.substr(i, 4), false, 8)));
        }
    }
    return out;
}

bool isAnswered(const ProbeLine &line)
{
    return line.event && line.event->status > 0 && !line.event->local;
}

std::string answerText(const ProbeLine &line)
{
    if (!line.event)
        return line.late ? "no answer in time" : "waiting";
    if (line.event->local)
        return line.event->sentence.empty() ? "failed here" : line.event->sentence;
    if (line.event->status == 0)
        return "sent";
    return fmt::format("{} {}", line.event->status, line.event->phrase);
}

std::optional<double> roundTripOf(const ProbeLine &line)
{
    return isAnswered(line) ? std::optional(base::toMilliseconds(line.event->roundTrip))
                            : std::nullopt;
}

std::optional<engine::ProbeRequest> Probing::due(base::Instant now)
{
    if (m_stopped || m_finished)
        return std::nullopt;
    if (m_waiting) {
        const bool raw = m_plan.kind == ProbeKind::Raw;
        if (raw && !m_left && m_lines.back().event) { // since then something may come
            m_left = true;
            m_since = m_unsent;
        } else if (raw && !m_left) {
            m_unsent = now;
        }
        if (now - m_since < (raw && !m_left ? std::max(m_plan.wait, kToLeave) : m_plan.wait))
            return std::nullopt;
        m_waiting = false;
        m_lines.back().late = !m_lines.back().event;
    }
    const int done = static_cast<int>(m_lines.size());
    const int most = m_plan.kind == ProbeKind::Options ? m_plan.count
                     : m_plan.kind == ProbeKind::Trace ? m_plan.hops
                                                       : 1;
    if (done >= most) {
        m_finished = true;
        return std::nullopt;
    }
    if (m_plan.kind == ProbeKind::Options && done > 0 && now - m_since < m_plan.interval)
        return std::nullopt;
    auto request = m_plan.request;
    if (m_plan.kind == ProbeKind::Trace)
        request.maxForwards = done;
    if (m_plan.kind != ProbeKind::Raw)
        request.raw.clear();
    return request;
}

void Probing::sent(engine::ProbeHandle handle, base::Instant now)
{
    m_lines.push_back({static_cast<int>(m_lines.size()) + 1, handle, std::nullopt, false});
    m_since = m_unsent = now;
    m_waiting = true;
}

void Probing::refused(const std::string &sentence)
{
    engine::ProbeEvent event;
    event.local = true;
    event.sentence = sentence;
    m_lines.push_back({static_cast<int>(m_lines.size()) + 1, {}, event, false});
    m_finished = true;
}

/// RFC 3261 section 16.3: who gets Max-Forwards 0 says 483, or answers if it is the target.
void Probing::add(const engine::ProbeEvent &event)
{
    const auto line = std::find_if(m_lines.begin(), m_lines.end(), [&](const ProbeLine &each) {
        return each.handle.valid() && each.handle == event.probe;
    });
    if (line == m_lines.end() || line->event)
        return;
    line->event = event;
    line->late = false;
    if (&*line == &m_lines.back() && m_plan.kind != ProbeKind::Raw)
        m_waiting = false;
    const bool end = event.local || event.status != kTooManyHops;
    if (m_plan.kind == ProbeKind::Trace && end)
        m_finished = true;
    if (m_plan.kind == ProbeKind::Options &&
        m_lines.size() == static_cast<std::size_t>(m_plan.count))
        m_finished = !m_waiting;
    if (m_plan.kind == ProbeKind::Raw && event.local)
        m_finished = true;
}

bool Probing::over() const
{
    return m_stopped || m_finished;
}

Probing::Figures Probing::figures() const
{
    Figures out;
    double sum = 0;
    out.sent = static_cast<int>(m_lines.size());
    for (const ProbeLine &line : m_lines) {
        const auto value = roundTripOf(line);
        if (!value)
            continue;
        out.least = std::min(out.least.value_or(*value), *value);
        out.most = std::max(out.most.value_or(*value), *value);
        sum += *value;
        ++out.answered;
    }
    if (out.answered > 0)
        out.mean = sum / out.answered;
    return out;
}

bool Probing::good() const
{
    return std::any_of(m_lines.begin(), m_lines.end(), [&](const ProbeLine &line) {
        return isAnswered(line) ||
               (m_plan.kind == ProbeKind::Raw && line.event && !line.event->local);
    });
}

Plot Probing::plot() const
{
    const bool hops = m_plan.kind == ProbeKind::Trace;
    Plot out{hops ? "Round trip to each hop" : "Round trip of each OPTIONS",
             hops ? "hop" : "request",
             "milliseconds",
             "round trip",
             {},
             {}};
    for (const ProbeLine &line : m_lines)
        out.points.push_back({line.number, roundTripOf(line), std::nullopt,
                              isAnswered(line) ? line.event->status : 0});
    return out;
}

} // namespace desk
