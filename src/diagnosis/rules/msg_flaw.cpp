// SPDX-License-Identifier: Apache-2.0
// What is wrong with single messages, whatever they mean: each kind of flaw once a call, with the
// rows that have it.
#include <diagnosis/facts.h>
#include <diagnosis/flaws_seen.h>
#include <diagnosis/rule.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    FlawsSeen seen;
    const bool tagless = answerWithoutTag(evidence).valid(); // dlg-tag-missing
    for (const calls::CallRow &place : evidence.call.rows) {
        const trace::Row &row = evidence.trace.row(place.row);
        // The end that a capture lost is no fault of the sender, and a repeat has its original's.
        if (row.kind != trace::RowKind::Message || place.original.valid())
            continue;
        const bool answers = row.status != 0 && row.method == sip::Method::Invite;
        seen.add(evidence.trace, place.row,
                 answers && tagless ? std::optional(sip::FlawCode::MissingTag) : std::nullopt);
    }
    seen.tell(
        evidence.trace, [&](trace::RowId row) { return sender(evidence, row); }, "of this call",
        out);
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
