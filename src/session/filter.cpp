// SPDX-License-Identifier: Apache-2.0
#include <session/filter.h>

#include <algorithm>
#include <array>
#include <base/text.h>
#include <fmt/format.h>

namespace session {
namespace {

bool contains(std::string_view text, std::string_view lowerValue)
{
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; };
    return std::search(text.begin(), text.end(), lowerValue.begin(), lowerValue.end(), same) !=
           text.end();
}

bool matchCode(const CallView &view, const trace::Trace &trace, const std::string &value)
{
    return std::any_of(
        view.call->rows.begin(), view.call->rows.end(), [&](const calls::CallRow &entry) {
            const int status = trace.row(entry.row).status;
            if (status == 0)
                return false;
            return value.size() == 3 && value.substr(1) == "xx" ? value[0] - '0' == status / 100
                                                                : value == std::to_string(status);
        });
}

bool matchMethod(const CallView &view, const trace::Trace &trace, const std::string &value)
{
    return std::any_of(view.call->rows.begin(), view.call->rows.end(),
                       [&](const calls::CallRow &entry) {
                           const auto &row = trace.row(entry.row);
                           return row.kind == trace::RowKind::Message && row.status == 0 &&
                                  base::equalsNoCase(sip::methodText(row.method), value);
                       });
}

bool matchFrom(const CallView &view, const trace::Trace & /*trace*/, const std::string &value)
{
    return contains(view.call->from, value);
}

bool matchTo(const CallView &view, const trace::Trace & /*trace*/, const std::string &value)
{
    return contains(view.call->to, value) || contains(view.call->requestUri, value);
}

bool matchCallId(const CallView &view, const trace::Trace & /*trace*/, const std::string &value)
{
    return contains(view.call->callId, value);
}

bool matchState(const CallView &view, const trace::Trace & /*trace*/, const std::string &value)
{
    return contains(calls::stateText(view.call->state), value);
}

bool matchFinding(const CallView &view, const trace::Trace & /*trace*/, const std::string &value)
{
    return std::any_of(view.findings.begin(), view.findings.end(),
                       [&](const diagnosis::Finding &finding) {
                           return diagnosis::severityText(finding.severity) == value;
                       });
}

bool matchRule(const CallView &view, const trace::Trace & /*trace*/, const std::string &value)
{
    return std::any_of(
        view.findings.begin(), view.findings.end(),
        [&](const diagnosis::Finding &finding) { return contains(finding.rule, value); });
}

bool matchEarlyMedia(const CallView &view, const trace::Trace & /*trace*/, const std::string &value)
{
    const bool any = std::any_of(
        view.streams.begin(), view.streams.end(),
        [](const diagnosis::BoundStream &bound) { return bound.early && bound.towardsCaller; });
    return any == (value == "yes");
}

bool matchText(const CallView &view, const trace::Trace &trace, const std::string &value)
{
    return std::any_of(
        view.call->rows.begin(), view.call->rows.end(),
        [&](const calls::CallRow &entry) { return contains(trace.text(entry.row), value); });
}

struct Field {
    std::string_view name;
    bool (*match)(const CallView &, const trace::Trace &, const std::string &);
};
constexpr std::array kFields{
    Field{"code", matchCode}, Field{"method", matchMethod},         Field{"from", matchFrom},
    Field{"to", matchTo},     Field{"call-id", matchCallId},        Field{"state", matchState},
    Field{"rule", matchRule}, Field{"earlymedia", matchEarlyMedia}, Field{"finding", matchFinding},
};

} // namespace

base::Result<Filter> Filter::parse(std::string_view expression)
{
    Filter filter;
    for (std::string_view word : base::split(expression, ' ')) {
        word = base::trim(word);
        if (word.empty() || word == "&")
            continue;
        Term term;
        if (word.front() == '!') {
            term.negated = true;
            word.remove_prefix(1);
        }
        const auto colon = word.find(':');
        const auto name = base::lower(word.substr(0, colon));
        const auto *field = std::find_if(kFields.begin(), kFields.end(),
                                         [&](const Field &f) { return f.name == name; });
        const bool looksLikeField =
            colon != std::string_view::npos && colon > 0 && name != "sip" && name != "sips" &&
            name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string::npos;
        if (field != kFields.end() && colon != std::string_view::npos) {
            term.match = field->match;
            term.value = base::lower(word.substr(colon + 1));
        } else if (looksLikeField) {
            std::string known;
            for (const auto &f : kFields)
                known += fmt::format("{}{}", known.empty() ? "" : ", ", f.name);
            return base::fail(base::ErrorCode::BadInput,
                              fmt::format("\"{}\" is not a field of the filter. There are: {}.",
                                          base::printable(name), known));
        } else {
            term.match = matchText;
            term.value = base::lower(word);
        }
        if (!term.value.empty())
            filter.m_terms.push_back(std::move(term));
    }
    return filter;
}

bool Filter::matches(const CallView &view, const trace::Trace &trace) const
{
    return std::all_of(m_terms.begin(), m_terms.end(), [&](const Term &term) {
        return term.match(view, trace, term.value) != term.negated;
    });
}

} // namespace session
