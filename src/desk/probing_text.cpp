// SPDX-License-Identifier: Apache-2.0
// A series of probes in words.
#include <desk/probing.h>

#include <base/text.h>
#include <fmt/format.h>

namespace desk {
namespace {

constexpr int kTooManyHops = 483;

std::string traceConclusion(const std::vector<ProbeLine> &lines)
{
    const ProbeLine &last = lines.back();
    if (isAnswered(last) && last.event->status != kTooManyHops)
        return fmt::format("The target answered at hop {}: {}.", last.number, answerText(last));
    if (isAnswered(last))
        return fmt::format("Hop {} still says 483: the target is further away, or the request "
                           "goes in a circle.",
                           last.number);
    if (last.event)
        return fmt::format("The trace ended at hop {}: {}", last.number, answerText(last));
    return fmt::format("Nobody answered at hop {}. A proxy that drops a request whose "
                       "Max-Forwards is used up breaks RFC 3261 section 16.3.",
                       last.number);
}

} // namespace

std::string Probing::conclusion() const
{
    if (m_lines.empty())
        return m_stopped ? "Cancelled before anything was sent." : std::string();
    if (!over())
        return m_waiting ? "Waiting for an answer." : "The next one follows.";
    if (m_plan.kind == ProbeKind::Trace)
        return traceConclusion(m_lines);
    if (m_plan.kind == ProbeKind::Raw)
        return good() ? "The bytes left. What came back is in the ladder; nothing is awaited for "
                        "bytes that may be no request at all."
                      : answerText(m_lines.back());
    const auto now = figures();
    if (now.answered == 0)
        return m_lines.back().event && m_lines.back().event->local
                   ? answerText(m_lines.back())
                   : fmt::format("{} sent, none was answered.", now.sent);
    return fmt::format("{} sent, {} answered: least {:.2f} ms, mean {:.2f} ms, most {:.2f} ms.",
                       now.sent, now.answered, *now.least, *now.mean, *now.most);
}

std::string Probing::table() const
{
    static constexpr const char *kTitles[] = {"OPTIONS", "Hops", "Raw bytes"};
    std::string out = fmt::format("{} to {}\n", kTitles[static_cast<std::size_t>(m_plan.kind) % 3],
                                  base::printable(m_plan.request.target, false, 200));
    for (const ProbeLine &line : m_lines) {
        const auto value = roundTripOf(line);
        out += fmt::format("{:>3}  {:>11}  {}", line.number,
                           value ? fmt::format("{:.3f} ms", *value) : "-", answerText(line));
        if (isAnswered(line))
            out += fmt::format("  from {}  {}", line.event->remote.text(), line.event->server);
        while (out.back() == ' ')
            out.pop_back();
        if (isAnswered(line) && !line.event->via.empty())
            out += fmt::format("  Via: {}", line.event->via);
        out += '\n';
    }
    return out + conclusion() + '\n';
}

} // namespace desk
