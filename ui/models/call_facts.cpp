// SPDX-License-Identifier: Apache-2.0
#include <ui/models/call_facts.h>

#include <algorithm>
#include <diagnosis/rule.h>
#include <sip/status.h>
#include <ui/panels/flow_strip.h>
#include <ui/text.h>

namespace ui {
namespace {

constexpr QChar kArrow(0x2192);

// The status the chip shows: the end if there is one, else how far it got.
int codeOf(const calls::Call &call, const trace::Trace &trace)
{
    if (call.finalStatus != 0)
        return call.finalStatus;
    // A 200 to PRACK or a 487 to CANCEL says nothing of how far the call got.
    const auto opens = [&](const trace::Row &row) {
        return call.kind == calls::Kind::Call ? row.method == sip::Method::Invite : row.status != 0;
    };
    for (auto entry = call.rows.rbegin(); entry != call.rows.rend(); ++entry) {
        const auto &row = trace.row(entry->row);
        if (row.status != 0 && opens(row))
            return row.status;
    }
    return 0;
}

QString stateLine(const calls::Call &call)
{
    if (call.kind != calls::Kind::Call && call.state == calls::State::Calling)
        return QObject::tr("not answered yet"); // it calls nobody
    return shown(calls::stateText(call.state));
}

const diagnosis::Finding *worst(const session::CallView &view)
{
    const diagnosis::Finding *out = nullptr;
    for (const auto &finding : view.findings) {
        if (out == nullptr || finding.severity > out->severity)
            out = &finding;
    }
    return out;
}

/// A finding in the width of a card: its rule's title. The whole sentence is in the tip.
QString newsOf(const diagnosis::Finding &finding, int count)
{
    const diagnosis::Rule *rule = diagnosis::rule(finding.rule);
    const QString text = shown(rule == nullptr ? std::string_view(finding.text) : rule->title);
    return count > 1 ? QObject::tr("%1, +%2").arg(text).arg(count - 1) : text;
}

/// The user of "sip:user@host", or what stands there instead.
QString userOfUri(const std::string &uri)
{
    const auto colon = uri.find(':');
    return userPart(colon == std::string::npos ? uri : uri.substr(colon + 1));
}

QString arrowed(const QString &from, const QString &to)
{
    return from + QLatin1Char(' ') + kArrow + QLatin1Char(' ') + to;
}

/// What our flow told last in a registration; nullptr: nothing.
const base::FlowReport *lastReport(const calls::Call &call, const Store &store)
{
    for (auto row = call.rows.rbegin(); row != call.rows.rend(); ++row) {
        const base::LocalEvent *event = store.trace().local(row->row);
        if (event != nullptr && event->flow)
            return &*event->flow;
    }
    return nullptr;
}

/// Whose call or registration never got as far as a message.
QString unsentText(const calls::Call &call, const Store &store)
{
    if (const desk::CallInfo *own = store.ownCall(call.callId))
        return arrowed(userOfUri(own->options.from), userOfUri(own->options.target));
    if (const base::FlowReport *report = lastReport(call, store))
        return QStringLiteral("REGISTER ") + userOfUri(report->aor);
    return {};
}

/// Of several registrations of one user, which: its flow and where it goes.
QString withWay(const QString &news, const calls::Call &call, const Store &store)
{
    const QString separator = QStringLiteral(" · ");
    const auto named = [&](std::string_view regId, const QString &edge) {
        return regId.empty()
                   ? edge + separator + news
                   : QObject::tr("flow %1").arg(shown(regId)) + separator + news + separator + edge;
    };
    if (const base::FlowReport *report = lastReport(call, store))
        return named(std::to_string(report->regId), edgeText(*report));
    const auto request = std::find_if(call.rows.begin(), call.rows.end(), [&](const auto &place) {
        const trace::Row &row = store.trace().row(place.row);
        return row.kind == trace::RowKind::Message && row.status == 0;
    });
    if (request == call.rows.end())
        return news;
    const auto message = store.trace().message(request->row);
    const auto regId =
        message ? sip::parameter(message->value(sip::HeaderId::Contact), "reg-id") : std::nullopt;
    return named(regId.value_or(""), shown(store.trace().destination(request->row).text()));
}

QString registrationLine(const calls::Call &call, const Store &store)
{
    if (call.answered.known())
        return QObject::tr("accepted");
    if (call.finalStatus != 0 && !call.finalResponse.valid())
        return QObject::tr("nobody sent the %1").arg(call.finalStatus);
    const base::FlowReport *report =
        call.state == calls::State::Unknown ? lastReport(call, store) : nullptr;
    return report == nullptr
               ? stateLine(call)
               : QObject::tr("%1, nothing sent yet").arg(shown(base::flowStateText(report->state)));
}

/// What is asked, of whom: "REGISTER bob", "OPTIONS carol".
QString requestText(const calls::Call &call, const trace::Trace &trace)
{
    const QString whom = userPart(call.to.empty() ? call.from : call.to);
    const auto asks = [&](const calls::CallRow &place) {
        const trace::Row &row = trace.row(place.row);
        return row.kind == trace::RowKind::Message && row.method != sip::Method::Unknown;
    };
    const auto first = std::find_if(call.rows.begin(), call.rows.end(), asks);
    if (first == call.rows.end()) // a flow's own, before its first message
        return call.kind == calls::Kind::Registration ? QStringLiteral("REGISTER ") + whom : whom;
    return shown(sip::methodText(trace.row(first->row).method)) + QLatin1Char(' ') + whom;
}

} // namespace

QString partiesOf(const calls::Call &call, const Store &store)
{
    if (call.to.empty() && call.from.empty())
        return unsentText(call, store);
    return call.kind == calls::Kind::Call ? arrowed(userPart(call.from), userPart(call.to))
                                          : requestText(call, store.trace());
}

QString userPart(const std::string &address)
{
    const auto at = address.find('@');
    return shown(at == std::string::npos || at == 0 ? address : address.substr(0, at));
}

QString durationText(base::Duration duration)
{
    const double seconds = base::toSeconds(duration);
    if (seconds >= 60) {
        const auto whole = static_cast<long>(seconds);
        return QStringLiteral("%1:%2").arg(whole / 60).arg(whole % 60, 2, 10, QLatin1Char('0'));
    }
    if (seconds < 0.1)
        return QStringLiteral("%1 ms").arg(seconds * 1000, 0, 'f', 1);
    if (seconds < 10)
        return QStringLiteral("%1 s").arg(seconds, 0, 'f', 2);
    return QStringLiteral("%1 s").arg(seconds, 0, 'f', 1);
}

base::Duration lengthOf(const CallFacts &facts, base::Instant now)
{
    return facts.live && now > facts.began ? now - facts.began : facts.length;
}

CallFacts factsOf(const session::CallView &view, const Store &store)
{
    const calls::Call &call = *view.call;
    CallFacts facts;
    facts.code = codeOf(call, store.trace());
    facts.role = ladder::roleOfStatus(facts.code);
    facts.glyph = shown(ladder::glyphOfStatus(facts.code));
    facts.parties = partiesOf(call, store);
    facts.early = std::any_of(view.streams.begin(), view.streams.end(),
                              [](const auto &s) { return s.early && s.towardsCaller; });
    facts.live = goesOn(view);
    for (const auto &finding : view.findings) {
        facts.errors += finding.severity == diagnosis::Severity::Error ? 1 : 0;
        facts.warnings += finding.severity == diagnosis::Severity::Warning ? 1 : 0;
    }
    const base::Instant end = call.ended.known() ? call.ended : (facts.live ? view.now : call.last);
    facts.began = call.first;
    facts.length = end > call.first ? end - call.first : base::Duration{0};
    const auto *finding = worst(view);
    if (finding != nullptr && finding->severity != diagnosis::Severity::Info)
        facts.second = newsOf(*finding, facts.errors + facts.warnings);
    else if (call.kind == calls::Kind::Registration)
        facts.second = registrationLine(call, store);
    else
        facts.second = stateLine(call) + (facts.early ? QObject::tr(", early media") : QString());
    if (call.kind == calls::Kind::Registration)
        facts.second = withWay(facts.second, call, store);
    const auto tls = store.tlsOf(call);
    facts.unverified = tls && tls->accepted && !tls->verified;
    if (facts.unverified)
        facts.second = QObject::tr("TLS not verified") + QStringLiteral(" · ") + facts.second;
    return facts;
}

Phases phasesOf(const session::CallView &view, const trace::Trace &trace)
{
    const calls::Call &call = *view.call;
    Phases phases;
    const auto since = [&](base::Instant t) {
        return t > call.first ? t - call.first : base::Duration{0};
    };
    if (call.firstProvisional.valid()) {
        phases.hasProvisional = true;
        phases.provisional = since(trace.row(call.firstProvisional).time);
    }
    phases.alerting = std::any_of(call.earlyDialogs.begin(), call.earlyDialogs.end(),
                                  [](const auto &dialog) { return dialog.alerting; });
    phases.hasAnswer = call.answered.known();
    phases.answered = phases.hasAnswer ? since(call.answered) : base::Duration{0};
    phases.hasEnd = call.ended.known();
    phases.ended = since(phases.hasEnd ? call.ended
                         : view.live   ? std::max(momentOf(view), call.last)
                                       : call.last);
    for (const auto &bound : view.streams) {
        if (!bound.early || !bound.towardsCaller || !bound.stream)
            continue;
        const base::Instant until =
            phases.hasAnswer ? std::min(bound.stream->last, call.answered) : bound.stream->last;
        if (until > bound.stream->first)
            phases.earlyMedia = std::max(phases.earlyMedia, until - bound.stream->first);
    }
    return phases;
}

} // namespace ui
