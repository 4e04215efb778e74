// SPDX-License-Identifier: Apache-2.0
// What is wrong with single messages, whatever they mean: each kind of flaw once a call, with the
// rows that have it.
#include <algorithm>
#include <array>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

// Each message has to be read for it. In larger traces that would cost more than everything else;
// there a message's flaws are told where it is looked at.
constexpr std::size_t kMostRows = 50'000;
constexpr std::size_t kMostEvidence = 16;

struct Seen {
    std::vector<EvidenceRef> rows;
    std::size_t count = 0;
    sip::Flaw first;
    trace::RowId row;
    bool request = false;
};

Severity severityOf(sip::FlawWeight weight)
{
    return weight == sip::FlawWeight::Error     ? Severity::Error
           : weight == sip::FlawWeight::Warning ? Severity::Warning
                                                : Severity::Info;
}

std::string subject(const Evidence &evidence, const Seen &seen)
{
    const trace::Row &row = evidence.trace.row(seen.row);
    const auto method = sip::methodText(row.method);
    const std::string what = row.status == 0 ? std::string(method.empty() ? "request" : method)
                                             : fmt::format("{} to {}", row.status, method);
    return fmt::format("{} from {}", what, sender(evidence, seen.row));
}

void tell(const Evidence &evidence, sip::FlawCode code, const Seen &seen, Findings &out)
{
    const auto header = sip::headerText(seen.first.header);
    std::string text =
        fmt::format("The {} breaks {}: {}{} [1].", subject(evidence, seen), sip::flawSection(code),
                    sip::flawText(code), header.empty() ? "" : fmt::format(" ({})", header));
    if (seen.count > 1)
        text += fmt::format(" {} of this call have it.", count(seen.count, "message"));
    Finding &f =
        out.add("msg-flaw", severityOf(sip::flawWeight(seen.first)), Grade::Seen, std::move(text));
    f.impact = "Receivers may refuse the message, drop it, or read something else in it.";
    f.evidence = seen.rows;
    f.fixes = {{"Mend what writes this message.", "sender of the message", Action::None}};
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.trace.size() > kMostRows)
        return;
    std::array<Seen, sip::kFlawCodes> found;
    for (const calls::CallRow &place : evidence.call.rows) {
        const trace::Row &row = evidence.trace.row(place.row);
        // The end that a capture lost is no fault of the sender, and a repeat has its original's.
        if (row.kind != trace::RowKind::Message || place.original.valid())
            continue;
        const auto message = evidence.trace.message(place.row);
        if (!message || message->flaws.empty())
            continue;
        std::array<bool, sip::kFlawCodes> told{};
        for (const sip::Flaw &flaw : message->flaws) {
            const auto code = static_cast<std::size_t>(flaw.code);
            if (told[code])
                continue;
            told[code] = true;
            Seen &seen = found[code];
            if (seen.count++ == 0) {
                seen.first = flaw;
                seen.row = place.row;
            }
            if (seen.rows.size() < kMostEvidence) {
                EvidenceRef ref = at(place.row, std::string(sip::flawText(flaw.code)));
                const auto lead = static_cast<std::uint32_t>(message->text.data() -
                                                             evidence.trace.text(place.row).data());
                ref.offset = flaw.offset + lead;
                ref.length = flaw.length;
                seen.rows.push_back(std::move(ref));
            }
        }
    }
    for (std::size_t code = 0; code < found.size(); ++code)
        if (found[code].count != 0)
            tell(evidence, static_cast<sip::FlawCode>(code), found[code], out);
}

} // namespace

extern const Rule msg_flaw;
const Rule msg_flaw{"msg-flaw",
                    "A message is not written as SIP wants it",
                    Severity::Error,
                    "RFC 3261 section 7",
                    "400",
                    R"(
  0.00 alice>bob INVITE offer
* 0.10 bob>alice 180 tag=b "Expires: soon"
  2.00 bob>alice 200 tag=b answer
  2.10 alice>bob ACK tag=b
)",
                    R"(
  0.00 alice>bob INVITE offer "Subject:   odd,  but  legal"
  0.10 bob>alice 180 tag=b "Expires: 180" "Date: Sat, 13 Nov 2010 23:29:00 GMT"
  2.00 bob>alice 200 tag=b answer
  2.10 alice>bob ACK tag=b
)",
                    check};

} // namespace diagnosis::rules
