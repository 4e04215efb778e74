// SPDX-License-Identifier: Apache-2.0
#include <session/filter.h>

#include <algorithm>
#include <array>
#include <base/search.h>
#include <base/text.h>
#include <diagnosis/rule.h>
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

bool matchMethod(const CallView &view, const trace::Trace &trace, const std::string &value)
{
    for (unsigned bit = 0; bit < 16; ++bit) {
        if ((view.brief.methods >> bit & 1U) != 0 &&
            base::equalsNoCase(sip::methodText(static_cast<sip::Method>(bit)), value))
            return true;
    }
    return anyRow(view, [&](trace::RowId id) { // one that this program has no name for
        const trace::Row &row = trace.row(id);
        const std::string_view text = trace.text(id);
        return trace::isMessage(row.kind) && row.method == sip::Method::Unknown &&
               row.status == 0 && base::equalsNoCase(text.substr(0, text.find(' ')), value);
    });
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
    return view.findings.any([&](const diagnosis::FindingList::Head &head) {
        return diagnosis::severityText(head.severity) == value;
    });
}

bool matchRule(const CallView &view, const trace::Trace & /*trace*/, const std::string &value)
{
    return view.findings.any([&](const diagnosis::FindingList::Head &head) {
        return base::containsNoCase(head.rule, value);
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

bool isCode(std::string_view value)
{
    return value.size() == 3 && value[0] >= '1' && value[0] <= '6' &&
           (value.substr(1) == "xx" || base::toInteger(value).has_value());
}

bool isMethod(std::string_view value) // a token (RFC 3261 section 25.1)
{
    return value.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.!%*_+`'~") ==
           std::string_view::npos;
}

bool isState(std::string_view value)
{
    for (int state = 0; state <= static_cast<int>(calls::State::Unknown); ++state) {
        if (base::containsNoCase(calls::stateText(static_cast<calls::State>(state)), value))
            return true;
    }
    return false;
}

bool isFinding(std::string_view value)
{
    return value == "error" || value == "warning" || value == "info";
}

bool isRule(std::string_view value)
{
    const auto all = diagnosis::rules::all();
    return std::any_of(all.begin(), all.end(), [&](const diagnosis::Rule *rule) {
        return base::containsNoCase(rule->id, value);
    });
}

bool isYesNo(std::string_view value)
{
    return value == "yes" || value == "no";
}

struct Field {
    std::string_view name;
    bool (*match)(const CallView &, const trace::Trace &, const std::string &);
    bool (*takes)(std::string_view value) = nullptr; // nullptr: anything
    std::string_view wants = "some text";
};
constexpr std::array kFields{
    Field{"code", matchCode, isCode, "a response code such as 430, or 4xx"},
    Field{"method", matchMethod, isMethod, "a method such as INVITE"},
    Field{"from", matchFrom},
    Field{"to", matchTo},
    Field{"call-id", matchCallId},
    Field{"state", matchState, isState,
          "calling, proceeding, early, answered, ended, failed, cancelled or unknown"},
    Field{"rule", matchRule, isRule, "a part of a rule's name, such as em-"},
    Field{"earlymedia", matchEarlyMedia, isYesNo, "yes or no"},
    Field{"finding", matchFinding, isFinding, "error, warning or info"},
};

/// What other programs' filters have and this one has not. Their fields are told by name: hosts
/// begin with "sip." as well.
bool isForeign(std::string_view word)
{
    constexpr std::array<std::string_view, 11> kOperators{"&&", "||", "|",   "==", "!=", "=",
                                                          "(",  ")",  "and", "or", "not"};
    constexpr std::array<std::string_view, 14> kForeign{
        "sip.method",     "sip.status-code", "sip.call-id", "sip.cseq",  "sip.from",
        "sip.to",         "sip.r-uri",       "sip.contact", "sip.via",   "sip.request-line",
        "sip.user-agent", "rtp.ssrc",        "rtp.seq",     "rtp.p_type"};
    const auto field = word.substr(0, word.find_first_of("=!<>~"));
    return word.starts_with("(") ||
           std::find(kOperators.begin(), kOperators.end(), word) != kOperators.end() ||
           std::any_of(kForeign.begin(), kForeign.end(), [&](std::string_view known) {
               return field == known || (field.starts_with(known) && field[known.size()] == '.');
           });
}

} // namespace

base::Result<Filter::Term> Filter::termOf(std::string_view word)
{
    const auto bad = [](std::string sentence) {
        return base::fail(base::ErrorCode::BadInput, std::move(sentence));
    };
    const std::string shown = base::printable(word);
    if (isForeign(base::lower(word)))
        return bad(fmt::format("\"{}\" is nothing this filter knows: write words and field:value, "
                               "all of which have to match; \"!\" before one turns it round.",
                               shown));
    Term term;
    term.negated = word.front() == '!';
    word.remove_prefix(term.negated ? 1 : 0);
    if (word.empty())
        return bad("\"!\" turns round what stands behind it, and nothing does: write !code:430.");
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
        if (term.value.empty() || (field->takes != nullptr && !field->takes(term.value)))
            return bad(fmt::format("\"{}\": {} wants {}.", shown, field->name, field->wants));
    } else if (looksLikeField) {
        std::string known;
        for (const auto &f : kFields)
            known += fmt::format("{}{}", known.empty() ? "" : ", ", f.name);
        return bad(fmt::format("\"{}\" is not a field of the filter. There are: {}.",
                               base::printable(name), known));
    } else {
        term.match = matchText;
        term.value = base::lower(word);
    }
    return term;
}

base::Result<Filter> Filter::parse(std::string_view expression)
{
    Filter filter;
    for (std::string_view word : base::split(expression, ' ')) {
        word = base::trim(word);
        if (word.empty() || word == "&")
            continue;
        auto term = termOf(word);
        if (!term)
            return tl::unexpected(term.error());
        filter.m_terms.push_back(std::move(*term));
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
