// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/reliability.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// The PRACK that the caller sent all the same; invalid: none.
trace::RowId prackFor(const calls::Call &call, trace::RowId response)
{
    for (const auto &dialog : call.earlyDialogs)
        for (const auto &reliable : dialog.reliables)
            if (reliable.response == response)
                return reliable.prack;
    return {};
}

void report(const Evidence &evidence, const calls::Transaction &invite, trace::RowId response,
            Findings &out)
{
    const auto prack = prackFor(evidence.call, response);
    auto text =
        fmt::format("{} sent a reliable {} [2] to an INVITE that names 100rel neither in Supported "
                    "nor in Require [1]",
                    sender(evidence, response), codeText(evidence.trace.row(response).status));
    text += prack.valid() ? "; the caller sent a PRACK all the same [3]." : ".";
    auto &f = out.add("em-reliable-unasked", prack.valid() ? Severity::Warning : Severity::Error,
                      Grade::Seen, std::move(text));
    f.impact = "A caller without 100rel sends no PRACK: the callee's side repeats the response for "
               "32 s (64*T1), may hold its answer back and then fails the call.";
    f.evidence = {at(evidence, invite.request, sip::HeaderId::Supported, "100rel is not offered"),
                  at(evidence, response, sip::HeaderId::Require, "100rel is required")};
    if (prack.valid())
        f.evidence.push_back(at(prack, "the PRACK"));
    f.fixes = {{"Send the response without Require: 100rel and RSeq, unless the INVITE offers "
                "100rel; where it has to be reliable, refuse with 421 (RFC 3262 section 3).",
                "callee's user agent", Action::None},
               {"Hand on the caller's Supported and Require; do not set up 100rel for one side "
                "alone.",
                "gateway or SBC", Action::None}};
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Call)
        return;
    for (const auto &invite : evidence.call.transactions) {
        if (invite.method != sip::Method::Invite)
            continue;
        for (const auto response : invite.responses)
            if (evidence.trace.row(response).reliable && !allowsReliable(evidence, invite))
                return report(evidence, invite, response, out);
    }
}

} // namespace

extern const Rule em_reliable_unasked;
const Rule em_reliable_unasked{"em-reliable-unasked",
                               "A reliable response that the INVITE did not allow",
                               Severity::Error,
                               "RFC 3262 section 3",
                               "183",
                               R"(
  0.00 alice>bob INVITE offer "Supported: timer"
* 0.20 bob>alice 183 tag=b answer rseq=1
  3.20 bob>alice 200 tag=b answer
  3.25 alice>bob ACK tag=b
)",
                               R"(
  0.00 alice>bob INVITE offer "Supported: timer, 100rel"
  0.20 bob>alice 183 tag=b answer rseq=1
  0.25 alice>bob PRACK tag=b rack=1/1
  0.30 bob>alice 200 tag=b for=PRACK
  3.20 bob>alice 200 tag=b answer
  3.25 alice>bob ACK tag=b
)",
                               check,
                               Reads::Messages};

} // namespace diagnosis::rules
