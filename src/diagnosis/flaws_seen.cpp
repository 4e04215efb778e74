// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/flaws_seen.h>

#include <algorithm>
#include <diagnosis/facts.h>
#include <fmt/format.h>

namespace diagnosis {
namespace {

constexpr std::size_t kMostEvidence = 16;
constexpr std::size_t kMostLoose = 100'000; // messages that are read

Severity severityOf(sip::FlawWeight weight)
{
    return weight == sip::FlawWeight::Error     ? Severity::Error
           : weight == sip::FlawWeight::Warning ? Severity::Warning
                                                : Severity::Info;
}

std::string subject(const trace::Trace &trace, trace::RowId row)
{
    const int status = trace.row(row).status;
    const std::string method = methodOf(trace, row);
    return status == 0 ? method : fmt::format("{} to {}", status, method);
}

} // namespace

void FlawsSeen::add(const trace::Trace &trace, trace::RowId row,
                    std::optional<sip::FlawCode> toldElsewhere)
{
    if (trace.row(row).flawless)
        return;
    const auto message = trace.message(row);
    if (!message || message->flaws.empty())
        return;
    std::array<bool, sip::kFlawCodes> told{};
    // What lies behind the cap is not missing.
    told[static_cast<std::size_t>(sip::FlawCode::MissingHeader)] =
        std::any_of(message->flaws.begin(), message->flaws.end(), [](const sip::Flaw &flaw) {
            return flaw.code == sip::FlawCode::TooManyHeaders ||
                   flaw.code == sip::FlawCode::TooLarge;
        });
    for (const sip::Flaw &flaw : message->flaws) {
        const auto code = static_cast<std::size_t>(flaw.code);
        if (told[code] || flaw.code == toldElsewhere)
            continue;
        told[code] = true;
        Seen &seen = m_found[code];
        if (seen.count++ == 0) {
            seen.first = flaw;
            seen.row = row;
        }
        if (seen.rows.size() >= kMostEvidence)
            continue;
        EvidenceRef ref = at(row, std::string(sip::flawText(flaw.code)));
        const auto lead = static_cast<std::uint32_t>(message->text.data() - trace.text(row).data());
        ref.offset = flaw.offset + lead;
        ref.length = flaw.length;
        seen.rows.push_back(std::move(ref));
    }
}

void FlawsSeen::tell(const trace::Trace &trace,
                     const std::function<std::string(trace::RowId)> &sender, std::string_view whose,
                     Findings &out) const
{
    for (std::size_t i = 0; i < m_found.size(); ++i) {
        const Seen &seen = m_found[i];
        if (seen.count == 0)
            continue;
        const auto code = static_cast<sip::FlawCode>(i);
        const auto header = sip::headerText(seen.first.header);
        std::string text =
            fmt::format("The {} from {} breaks {}: {}{} [1].", subject(trace, seen.row),
                        sender(seen.row), sip::flawSection(code), sip::flawText(code),
                        header.empty() ? "" : fmt::format(" ({})", header));
        if (seen.count > 1)
            text += fmt::format(" {} {} have it.", count(seen.count, "message"), whose);
        Finding &f = out.add("msg-flaw", severityOf(sip::flawWeight(seen.first)), Grade::Seen,
                             std::move(text));
        f.impact = "Receivers may refuse the message, drop it, or read something else in it.";
        f.evidence = seen.rows;
        f.fixes = {{"Mend what writes this message.", "sender of the message", Action::None}};
    }
}

std::vector<Finding> looseFindings(const trace::Trace &trace)
{
    FlawsSeen seen;
    std::size_t read = 0;
    const std::size_t size = trace.size();
    for (std::uint32_t i = 0; i < size && read < kMostLoose; ++i) {
        const trace::Row &row = trace.row(trace::RowId{i});
        if (row.kind != trace::RowKind::Message || row.call.valid())
            continue;
        seen.add(trace, trace::RowId{i});
        ++read;
    }
    Findings out{calls::CallId{}};
    seen.tell(
        trace,
        [&](trace::RowId row) {
            const base::Endpoint source = trace.source(row);
            return source.known() ? source.text() : std::string("an unknown address");
        },
        "of no call", out);
    return std::move(out.list);
}

} // namespace diagnosis
