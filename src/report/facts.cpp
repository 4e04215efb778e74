// SPDX-License-Identifier: Apache-2.0
#include <report/facts.h>

#include <algorithm>
#include <array>
#include <base/told_time.h>
#include <charconv>
#include <diagnosis/early_sound.h>
#include <fmt/format.h>

namespace report {

std::string sinceStart(const ReportCall &call, base::Instant time)
{
    return base::seconds(time - call.call->first);
}

std::string loosePlaceText(const ReportInput &input, trace::RowId row)
{
    const std::string time = base::utcKnown(input.trace.row(row).time);
    return fmt::format("message {} of the input, {} -> {}{}", row.value + 1,
                       input.trace.source(row).text(), input.trace.destination(row).text(),
                       time.empty() ? "" : " at " + time);
}

std::string whenText(base::Instant time)
{
    const std::string known = base::utcKnown(time);
    return known.empty() ? "time unknown"
                         : known + (base::hasDate(time) ? " UTC" : ", date unknown");
}

std::string kept(const ReportInput &input, std::string_view text)
{
    return input.redact ? redacted(text) : std::string(text);
}

std::string findingsText(std::span<const diagnosis::Finding> findings)
{
    std::array<std::size_t, 3> counts{};
    for (const diagnosis::Finding &finding : findings)
        ++counts[static_cast<std::size_t>(finding.severity) % 3];
    static constexpr std::array<std::string_view, 3> kNames{"note", "warning", "error"};
    std::string out;
    for (std::size_t i = 3; i-- > 0;)
        if (counts[i] > 0)
            out += fmt::format("{}{} {}{}", out.empty() ? "" : ", ", counts[i], kNames[i],
                               counts[i] == 1 ? "" : "s");
    return out.empty() ? "nothing found" : out;
}

std::vector<std::string> callFigures(const ReportInput &input, const ReportCall &call)
{
    const calls::Call &facts = *call.call;
    std::vector<std::string> out;
    const bool timed = base::hasClock(facts.first);
    if (timed && facts.kind == calls::Kind::Call && facts.firstProvisional.valid())
        out.push_back(fmt::format("first 18x after {} s",
                                  sinceStart(call, input.trace.row(facts.firstProvisional).time)));
    if (timed && facts.answered.known())
        out.push_back(fmt::format(
            "{} after {} s", facts.kind == calls::Kind::Registration ? "first 2xx" : "answered",
            sinceStart(call, facts.answered)));
    if (timed && facts.ended.known())
        out.push_back(fmt::format("ended after {} s", sinceStart(call, facts.ended)));
    std::uint64_t early = 0;
    for (const diagnosis::BoundStream &bound : call.streams)
        early += bound.early && bound.towardsCaller && bound.stream ? 1 : 0;
    if (early > 0)
        out.push_back(early == 1 ? "early media" : fmt::format("{} early media streams", early));
    if (facts.retransmissions > 0)
        out.push_back(fmt::format("{} retransmission{}", facts.retransmissions,
                                  facts.retransmissions == 1 ? "" : "s"));
    if (facts.leftOut > 0)
        out.push_back(fmt::format("{} more rows are beyond the limit of a call or registration",
                                  facts.leftOut));
    out.push_back(findingsText(call.findings));
    return out;
}

std::optional<std::uint32_t> rowNumber(const ladder::Outline &outline,
                                       const diagnosis::EvidenceRef &ref)
{
    const ladder::Step *step = nullptr;
    if (ref.row.valid())
        step = outline.stepOf({ladder::TargetKind::Row, ref.row.value});
    else if (ref.stream.valid())
        step = outline.stepOf({ladder::TargetKind::Stream, ref.stream.value});
    return step == nullptr ? std::nullopt : std::optional(step->number);
}

std::string placeText(const ReportInput &input, const ladder::Outline &outline,
                      const diagnosis::EvidenceRef &ref)
{
    if (const auto number = rowNumber(outline, ref))
        return fmt::format("row {}", *number);
    if (ref.row.valid() &&
        ref.row.value < input.trace.size()) // a message of another dialog, a keep-alive
        return fmt::format("{} from {}", base::utcKnown(input.trace.row(ref.row).time),
                           input.trace.source(ref.row).text());
    for (const auto &flow : input.flows)
        if (flow && flow->id == ref.flow)
            return fmt::format("flow {} to {}", flow->userAgent.text(), flow->edge.text());
    return "RTP";
}

std::optional<diagnosis::Verdict> verdictOf(const diagnosis::Evidence &evidence,
                                            std::uint32_t earlyDialog)
{
    if (!diagnosis::wasEarly(evidence, earlyDialog))
        return std::nullopt; // answered at once: there was no early phase
    return diagnosis::earlyMediaVerdict(evidence, earlyDialog);
}

std::string_view certaintyText(diagnosis::Certainty certainty)
{
    static constexpr std::array<std::string_view, 3> kTexts{"exact", "likely", "guess"};
    return kTexts[static_cast<std::size_t>(certainty) % 3];
}

flows::RegistrationBook registrations(const ReportInput &input)
{
    std::vector<trace::RowId> rows; // the Call-IDs of one address-of-record take turns
    for (const ReportCall &call : input.calls) {
        if (call.call->kind != calls::Kind::Registration)
            continue;
        for (const calls::CallRow &place : call.call->rows) {
            if (input.trace.row(place.row).kind == trace::RowKind::Message && !place.copy)
                rows.push_back(place.row);
        }
    }
    std::stable_sort(rows.begin(), rows.end(), [&](trace::RowId a, trace::RowId b) {
        return input.trace.row(a).time < input.trace.row(b).time;
    });
    flows::RegistrationBook book(input.trace);
    for (const trace::RowId row : rows) {
        if (const auto message = input.trace.message(row))
            book.add(row, *message);
    }
    return book;
}

std::string flowStateOf(const flows::Flow &flow)
{
    if (flow.ours)
        return std::string(base::flowStateText(flow.report.state));
    return std::string(flows::standingText(flows::standingOf(flow, {}, {}).what));
}

std::string flowStateOf(const flows::Standings &standings, const flows::Flow &flow)
{
    return flow.ours ? flowStateOf(flow)
                     : std::string(flows::standingText(standings.of(flow).what));
}

std::optional<double> qValue(std::string_view text)
{
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !(value >= 0 && value <= 1))
        return std::nullopt;
    return value;
}

std::string_view lightText(diagnosis::Light light)
{
    static constexpr std::array<std::string_view, 3> kTexts{"good", "look", "bad"};
    return kTexts[static_cast<std::size_t>(light) % 3];
}

std::string_view lightGlyph(diagnosis::Light light)
{
    static constexpr std::array<std::string_view, 3> kGlyphs{"✓", "!", "✕"};
    return kGlyphs[static_cast<std::size_t>(light) % 3];
}

std::string_view severityGlyph(diagnosis::Severity severity)
{
    static constexpr std::array<std::string_view, 3> kGlyphs{"i", "!", "✕"};
    return kGlyphs[static_cast<std::size_t>(severity) % 3];
}

} // namespace report
