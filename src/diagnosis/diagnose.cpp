// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/consequences.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <diagnosis/texts.h>

#include <algorithm>
#include <array>
#include <calls/direction.h>
#include <tuple>

namespace diagnosis {

std::string_view severityText(Severity severity)
{
    switch (severity) {
    case Severity::Info:
        return "info";
    case Severity::Warning:
        return "warning";
    case Severity::Error:
        break;
    }
    return "error";
}

std::string_view gradeText(Grade grade)
{
    switch (grade) {
    case Grade::Seen:
        return "seen";
    case Grade::Likely:
        return "likely";
    case Grade::CannotTell:
        break;
    }
    return "cannot tell";
}

std::string_view actionName(Action action)
{
    static constexpr std::array<std::string_view, 10> kNames{"",
                                                             "re-register",
                                                             "call-again",
                                                             "call-without-100rel",
                                                             "call-over-tcp",
                                                             "check-password",
                                                             "ping-flow",
                                                             "call-over-other-flow",
                                                             "call-replacing",
                                                             "hang-up"};
    return kNames[static_cast<std::size_t>(action) % kNames.size()];
}

Finding &Findings::add(const char *rule, Severity severity, Grade grade, std::string text)
{
    Finding &finding = list.emplace_back();
    finding.rule = rule;
    finding.severity = severity;
    finding.grade = grade;
    finding.call = m_call;
    finding.text = std::move(text);
    return finding;
}

void Findings::recheckAt(base::Instant when)
{
    if (!recheck.known() || when < recheck)
        recheck = when;
}

namespace {

bool holdsCutMessages(const Evidence &evidence)
{
    return std::any_of(evidence.call.rows.begin(), evidence.call.rows.end(),
                       [&](const auto &place) {
                           return evidence.trace.row(place.row).kind == trace::RowKind::Cut;
                       });
}

void doubt(Finding &finding, std::string_view why, std::string_view instead,
           std::string_view whose = "who captures")
{
    finding.severity = Severity::Info;
    finding.grade = Grade::CannotTell;
    finding.text += why;
    finding.fixes = {{std::string(instead), std::string(whose), Action::None}};
}

/// Where messages were cut short, what stood behind the cut is not known: what is not there is no
/// proof that it was not sent. Of our own sockets it is no capture that cuts, but who sends.
void doubtCutMessages(Findings &findings, bool own)
{
    for (Finding &finding : findings.list) {
        const Rule *const by = rule(finding.rule);
        if (by == nullptr || by->reads != Reads::Messages)
            continue;
        if (own && by->id == "neg-content-length")
            continue; // it tells why they did not come whole
        if (own)
            doubt(finding,
                  " Messages of this call did not come whole, so what is missed here may stand in "
                  "the rest.",
                  "Look at the message that is cut: at its Content-Length, and at what ended the "
                  "connection.",
                  "sender of the message");
        else
            doubt(finding,
                  " Messages of this call are cut short in the capture, so what is missed here may "
                  "have been sent.",
                  "Capture whole packets (no snap length) and look again.");
    }
}

/// The same where the capture holds one direction only. What was seen in it stays as it is.
void doubtOneDirection(Findings &findings)
{
    for (Finding &finding : findings.list) {
        const Rule *const by = rule(finding.rule);
        if (by != nullptr && by->argues == Argues::FromAbsence &&
            finding.severity != Severity::Info)
            doubt(finding,
                  " Only one direction of this call was captured, so what is missed here may have "
                  "been sent.",
                  "Capture both directions and look again.");
    }
}

} // namespace

Findings diagnose(const Evidence &evidence)
{
    Findings findings(evidence.call.id);
    for (const auto *const entry : rules::all())
        entry->check(evidence, findings);
    if (!findings.list.empty() && holdsCutMessages(evidence))
        doubtCutMessages(findings, ownCall(evidence));
    if (!findings.list.empty() &&
        calls::capturedOf(evidence.call, evidence.trace) != calls::Captured::Both)
        doubtOneDirection(findings);
    dropConsequences(findings);
    // A moment that has passed needs no second look.
    if (findings.recheck <= evidence.now)
        findings.recheck = {};
    std::stable_sort(findings.list.begin(), findings.list.end(),
                     [](const Finding &a, const Finding &b) {
                         return std::tuple(-int(a.severity), int(a.grade), a.rule) <
                                std::tuple(-int(b.severity), int(b.grade), b.rule);
                     });
    return findings;
}

const Rule *rule(std::string_view id)
{
    for (const auto *const entry : rules::all())
        if (entry->id == id)
            return entry;
    return nullptr;
}

std::string_view article(std::string_view name)
{
    for (const auto &text : articles())
        if (text.name == name)
            return text.text;
    return {};
}

} // namespace diagnosis
