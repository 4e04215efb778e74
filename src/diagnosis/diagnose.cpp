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

Findings diagnose(const Evidence &evidence)
{
    Findings findings(evidence.call.id);
    for (const auto *const entry : rules::all())
        entry->check(evidence, findings);
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
