// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/rule.h>
#include <diagnosis/texts.h>

#include <algorithm>
#include <array>
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

/// Does the rule argue from what headers and descriptions say, or do not say?
bool readsWholeMessages(std::string_view rule)
{
    constexpr std::array<std::string_view, 6> kOnes{
        "em-", "neg-", "dlg-", "reg-", "flow-not-granted", "flow-path-missing"};
    return std::any_of(kOnes.begin(), kOnes.end(),
                       [&](auto begin) { return rule.substr(0, begin.size()) == begin; });
}

/// Where the capture cut messages short, what stood behind the cut is not known: what is not there
/// is no proof that it was not sent.
void doubtCutMessages(Findings &findings)
{
    for (Finding &finding : findings.list) {
        if (!readsWholeMessages(finding.rule))
            continue;
        finding.severity = Severity::Info;
        finding.grade = Grade::CannotTell;
        finding.text += " Messages of this call are cut short in the capture, so what is missed "
                        "here may have been sent.";
        finding.fixes = {{"Capture whole packets (no snap length) and look again.", "who captures",
                          Action::None}};
    }
}

} // namespace

Findings diagnose(const Evidence &evidence)
{
    Findings findings(evidence.call.id);
    for (const auto *const entry : rules::all())
        entry->check(evidence, findings);
    if (!findings.list.empty() && holdsCutMessages(evidence))
        doubtCutMessages(findings);
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
