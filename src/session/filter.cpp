// SPDX-License-Identifier: Apache-2.0
#include <session/filter.h>

#include <algorithm>
#include <array>
#include <base/search.h>
#include <base/text.h>
#include <base/told_time.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/sdp.h>

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

/// Ends of its messages and of its media.
template <class Matches> bool anyEnd(const CallView &view, const trace::Trace &trace, Matches fits)
{
    return std::any_of(view.streams.begin(), view.streams.end(),
                       [&](const diagnosis::BoundStream &bound) {
                           return bound.stream &&
                                  (fits(bound.stream->source) || fits(bound.stream->destination));
                       }) ||
           anyRow(view, [&](trace::RowId id) {
               return fits(trace.source(id)) || fits(trace.destination(id));
           });
}

bool matchIp(const CallView &view, const trace::Trace &trace, const std::string &value)
{
    return anyEnd(view, trace, [&](const base::Endpoint &end) {
        return end.known() && end.address.text().starts_with(value);
    });
}

bool matchPort(const CallView &view, const trace::Trace &trace, const std::string &value)
{
    const long long wanted = base::toInteger(value).value_or(-1);
    return anyEnd(view, trace, [&](const base::Endpoint &end) { return end.port == wanted; });
}

/// Named in a description of the call.
bool matchCodec(const CallView &view, const trace::Trace &trace, const std::string &value)
{
    return anyRow(view, [&](trace::RowId id) {
        if (!trace.row(id).hasSdp)
            return false;
        const sip::Sdp sdp = sip::parseSdp(sip::sdpOf(trace.text(id)));
        return std::any_of(sdp.media.begin(), sdp.media.end(), [&](const sip::SdpMedia &media) {
            return std::any_of(media.formats.begin(), media.formats.end(),
                               [&](const sip::SdpFormat &format) {
                                   return base::equalsNoCase(format.map.encoding, value);
                               });
        });
    });
}

/// "5s", "5", "500ms", "2m"; nullopt: no length of time.
std::optional<base::Duration> lengthOf(std::string_view text)
{
    const auto digits = std::min(text.size(), text.find_first_not_of("0123456789"));
    const auto number = base::toInteger(text.substr(0, digits));
    const std::string_view unit = text.substr(digits);
    if (!number || *number > 1'000'000'000)
        return std::nullopt;
    if (unit.empty() || unit == "s")
        return std::chrono::seconds(*number);
    if (unit == "ms")
        return std::chrono::milliseconds(*number);
    return unit == "m" ? std::optional<base::Duration>(std::chrono::minutes(*number))
                       : std::nullopt;
}

/// `value`: ">5s", "<500ms".
bool compares(base::Duration length, const std::string &value)
{
    const base::Duration bound = lengthOf(value.substr(1)).value_or(base::Duration{0});
    return value.front() == '>' ? length > bound : length < bound;
}

/// From the INVITE to the first sign of ringing, or to the answer where there was none.
bool matchPdd(const CallView &view, const trace::Trace &trace, const std::string &value)
{
    const auto call = view.call.once();
    if (call->kind != calls::Kind::Call || !call->invite.valid())
        return false;
    const base::Instant begin = trace.row(call->invite).time;
    const base::Instant rings =
        call->firstProvisional.valid() ? trace.row(call->firstProvisional).time : call->answered;
    return base::hasClock(begin) && rings.known() && compares(rings - begin, value);
}

/// From the answer to the end, or to the last that was seen of it.
bool matchDuration(const CallView &view, const trace::Trace & /*trace*/, const std::string &value)
{
    const auto call = view.call.once();
    return call->kind == calls::Kind::Call && call->answered.known() &&
           base::hasClock(call->answered) &&
           compares((call->ended.known() ? call->ended : call->last) - call->answered, value);
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

bool isIp(std::string_view value)
{
    return value.find_first_not_of("0123456789abcdef.:") == std::string_view::npos;
}

bool isPort(std::string_view value)
{
    const auto port = base::toInteger(value);
    return port && *port > 0 && *port <= 0xFFFF;
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
    Field{"ip", matchIp, isIp, "an address or its beginning, such as 192.0.2."},
    Field{"port", matchPort, isPort, "a port from 1 to 65535"},
    Field{"codec", matchCodec},
};
struct Measure { // compared with a length of time
    std::string_view name;
    bool (*match)(const CallView &, const trace::Trace &, const std::string &);
};
constexpr std::array kMeasures{Measure{"pdd", matchPdd}, Measure{"dur", matchDuration}};

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

/// "pdd>5s": where the sign stands; npos: the word compares nothing. Text of a message may hold one
/// too, "<sip:a@b>": not between a bare name and a number.
std::size_t signIn(std::string_view word)
{
    const auto at = word.find_first_of("<>");
    const bool compares = at != std::string_view::npos && at > 0 && at + 1 < word.size() &&
                          word.substr(0, at).find_first_not_of("abcdefghijklmnopqrstuvwxyz-") ==
                              std::string_view::npos &&
                          word[at + 1] >= '0' && word[at + 1] <= '9';
    return compares ? at : std::string_view::npos;
}

/// A match of such a word, or why it is none.
base::Result<const Measure *> measureOf(std::string_view word, std::size_t sign)
{
    const auto *const known =
        std::find_if(kMeasures.begin(), kMeasures.end(),
                     [&](const Measure &measure) { return measure.name == word.substr(0, sign); });
    if (known != kMeasures.end() && lengthOf(word.substr(sign + 1)))
        return known;
    return base::fail(base::ErrorCode::BadInput,
                      fmt::format("\"{}\" compares nothing this filter knows: there are pdd and "
                                  "dur with a length of time, such as pdd>5s, dur<500ms or dur>2m.",
                                  base::printable(word)));
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
    if (word.find_first_not_of('"') == std::string_view::npos)
        return bad(fmt::format("{} alone stands for nothing: write words without quotes.", shown));
    const std::string lower = base::lower(word);
    if (const auto sign = signIn(lower); sign != std::string::npos) {
        const auto measure = measureOf(lower, sign);
        if (!measure)
            return tl::unexpected(measure.error());
        term.match = (*measure)->match;
        term.value = lower.substr(sign);
        return term;
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
