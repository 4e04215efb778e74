// SPDX-License-Identifier: Apache-2.0
#include <session/filter.h>

#include <algorithm>
#include <array>
#include <base/search.h>
#include <base/text.h>
#include <fmt/format.h>

namespace session {
namespace {

template <class Matches> bool anyRow(const CallView &view, Matches matches)
{
    const std::vector<trace::RowId> rows = view.call.rows();
    return std::any_of(rows.begin(), rows.end(), matches);
}

bool matchCode(const CallView &view, const trace::Trace &trace, const std::string &value)
{
    const bool whole = value.size() == 3 && value.substr(1) == "xx"; // 4xx
    const long long wanted = whole ? value[0] - '0' : base::toInteger(value).value_or(-1);
    const auto fits = [&](int status) {
        return status != 0 && (whole ? status / 100 : status) == wanted;
    };
    const auto &codes = view.brief.codes;
    return std::any_of(codes.begin(), codes.end(), fits) ||
           (view.brief.moreCodes &&
            anyRow(view, [&](trace::RowId id) { return fits(trace.row(id).status); }));
}

bool matchMethod(const CallView &view, const trace::Trace & /*trace*/, const std::string &value)
{
    for (unsigned bit = 0; bit < 16; ++bit) {
        if ((view.brief.methods >> bit & 1U) != 0 &&
            base::equalsNoCase(sip::methodText(static_cast<sip::Method>(bit)), value))
            return true;
    }
    return false;
}

bool matchFrom(const CallView &view, const trace::Trace & /*trace*/, const std::string &value)
{
    return base::containsNoCase(view.call.once()->from, value);
}

bool matchTo(const CallView &view, const trace::Trace & /*trace*/, const std::string &value)
{
    const auto call = view.call.once();
    return base::containsNoCase(call->to, value) || base::containsNoCase(call->requestUri, value);
}

bool matchCallId(const CallView &view, const trace::Trace &trace, const std::string &value)
{
    return base::containsNoCase(trace.callId(view.call.id()), value);
}

bool matchState(const CallView &view, const trace::Trace & /*trace*/, const std::string &value)
{
    return base::containsNoCase(calls::stateText(view.brief.state), value);
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
    return std::any_of(view.findings.begin(), view.findings.end(),
                       [&](const diagnosis::Finding &finding) {
                           return base::containsNoCase(finding.rule, value);
                       });
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
    return anyRow(view,
                  [&](trace::RowId id) { return base::containsNoCase(trace.text(id), value); });
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
