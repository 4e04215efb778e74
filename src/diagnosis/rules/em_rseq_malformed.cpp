// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// One clause; empty: whole or unreliable.
std::string_view halfOf(const sip::Message &response, int status)
{
    const bool demanded = response.lists(sip::HeaderId::Require, "100rel");
    const bool numbered = response.find(sip::HeaderId::RSeq) != nullptr;
    const auto number = response.number(sip::HeaderId::RSeq);
    if (status == 100)
        return numbered || demanded ? "a 100 is never reliable" : std::string_view{};
    if (demanded && !numbered)
        return "it demands 100rel and has no RSeq";
    if (numbered && !demanded)
        return "it has an RSeq and does not demand 100rel";
    if (numbered && (!number || *number == 0))
        return "its RSeq is no number from 1 on";
    return {};
}

/// Most responses have neither; those are not parsed for it.
bool mayHaveHalf(const Evidence &evidence, trace::RowId row)
{
    const auto &entry = evidence.trace.row(row);
    const auto text = evidence.trace.text(row);
    return entry.numbered && !entry.reliable &&
           (text.find("100rel") != std::string_view::npos ||
            text.find("RSeq") != std::string_view::npos);
}

constexpr std::uint32_t kHighestFirst = 0x7FFFFFFF; // 2^31 - 1

/// The first number of a dialog leaves room to count on.
bool tellTooHigh(const Evidence &evidence, Findings &out)
{
    for (const auto &dialog : evidence.call.earlyDialogs) {
        if (dialog.reliables.empty() || !dialog.reliables.front().response.valid() ||
            dialog.reliables.front().rseq <= kHighestFirst)
            continue;
        const auto row = dialog.reliables.front().response;
        auto &f = out.add("em-rseq-malformed", Severity::Warning, Grade::Seen,
                          fmt::format("The first RSeq of {}, {} [1], is above 2^31-1.",
                                      sender(evidence, row), dialog.reliables.front().rseq));
        f.impact = "Callers that keep it as a signed number cannot acknowledge it.";
        f.evidence = {at(evidence, row, sip::HeaderId::RSeq, "the first number")};
        f.fixes = {{"Begin with an RSeq from 1 to 2^31-1.", "callee's user agent", Action::None}};
        return true;
    }
    return false;
}

void check(const Evidence &evidence, Findings &out)
{
    if (tellTooHigh(evidence, out))
        return;
    for (const auto &entry : evidence.call.rows) {
        const auto &row = evidence.trace.row(entry.row);
        if (entry.original.valid() || row.kind != trace::RowKind::Message || row.status < 100 ||
            row.status >= 200 || row.method != sip::Method::Invite ||
            !mayHaveHalf(evidence, entry.row))
            continue;
        const auto why = halfOf(evidence.message(entry.row), row.status);
        if (why.empty())
            continue;
        auto &f = out.add("em-rseq-malformed", Severity::Warning, Grade::Seen,
                          fmt::format("{} of {} [1] is neither reliable nor unreliable: {}.",
                                      codeText(row.status), sender(evidence, entry.row), why));
        f.impact = "Some callers send a PRACK for it and some do not; the callee may wait for one "
                   "and fail the call after 32 s.";
        f.evidence = {at(evidence, entry.row, sip::HeaderId::RSeq, "half a reliable response")};
        f.fixes = {{"Send Require: 100rel and RSeq together, or neither.", "callee's user agent",
                    Action::None}};
        return;
    }
}

} // namespace

extern const Rule em_rseq_malformed;
const Rule em_rseq_malformed{"em-rseq-malformed",
                             "A reliable response that is only half one",
                             Severity::Warning,
                             "RFC 3262 section 3",
                             "183",
                             R"(
  0.00 alice>bob INVITE offer "Supported: 100rel"
* 0.20 bob>alice 183 tag=b answer "Require: 100rel"
  2.00 bob>alice 200 tag=b answer
  2.05 alice>bob ACK tag=b
)",
                             R"(
  0.00 alice>bob INVITE offer "Supported: 100rel"
  0.20 bob>alice 183 tag=b answer rseq=1
  0.25 alice>bob PRACK tag=b rack=1/1
  0.30 bob>alice 200 tag=b for=PRACK
  2.00 bob>alice 200 tag=b answer
  2.05 alice>bob ACK tag=b
)",
                             check,
                             Reads::Messages};

} // namespace diagnosis::rules
