// SPDX-License-Identifier: Apache-2.0
#include <app/call_json.h>

#include <base/text.h>
#include <nlohmann/json.hpp>
#include <report/quality_json.h>
#include <sip/status.h>
#include <utility>

namespace app {
namespace {

using nlohmann::json;

/// What the network answered to our INVITEs, in order.
json responses(const calls::Call &call, const trace::Trace &trace)
{
    json out = json::array();
    const auto start = call.invite.valid() ? trace.row(call.invite).time : call.first;
    for (const auto &entry : call.rows) {
        const auto &row = trace.row(entry.row);
        if (row.kind != trace::RowKind::Message || row.status == 0 || row.outgoing || entry.copy ||
            row.method != sip::Method::Invite)
            continue;
        const auto message = trace.message(entry.row);
        out.push_back({{"code", row.status},
                       {"phrase", message ? std::string(message->reason) : std::string()},
                       {"seconds", base::toSeconds(row.time - start)},
                       {"to_tag", std::string(trace.tag(row.toTag))},
                       {"retransmission", entry.original.valid()}});
    }
    return out;
}

json tlsJson(const engine::TlsReport &tls)
{
    const auto orNull = [](const std::string &text) { return text.empty() ? json() : json(text); };
    return {{"remote", tls.remote.text()},
            {"name", tls.name},
            {"accepted", tls.accepted},
            {"verified", tls.verified},
            {"override", tls.accepted && !tls.verified},
            {"reason", orNull(tls.code)},
            {"text", orNull(tls.sentence)},
            {"subject", orNull(tls.subject)},
            {"issuer", orNull(tls.issuer)},
            {"not_before", orNull(tls.notBefore)},
            {"not_after", orNull(tls.notAfter)},
            {"names", tls.names},
            {"protocol", orNull(tls.protocol)},
            {"cipher", orNull(tls.cipher)},
            {"fingerprint", orNull(tls.fingerprint)},
            {"by_exception", tls.byException},
            {"accepted_before", orNull(tls.expected)}};
}

/// What our own media measured: RTCP, what it is worth to an ear, what was sent.
json mediaJson(const media::Status &media)
{
    const auto ms = [](const std::optional<base::Duration> &value) {
        return value ? json(base::toMilliseconds(*value)) : json();
    };
    const auto &control = media.control;
    json out = {{"codec", media.codec.empty() ? json() : json(media.codec)},
                {"packets_received", media.packets},
                {"packets_sent", media.sent},
                {"lost", media.lost},
                {"late", media.late},
                {"jitter_ms", base::toMilliseconds(media.jitter)},
                {"dtmf_sent", media.pressed},
                {"heard_because", media.why.empty() ? json() : json(media.why)},
                {"mos", json()},
                {"quality", json()}};
    if (const auto &srtp = media.srtp;
        !srtp.suite.empty() || srtp.dtls || srtp.refused + srtp.keyless + srtp.clear > 0)
        out["srtp"] = {{"keys", srtp.dtls ? "DTLS" : "SDP"},
                       {"trouble", srtp.trouble.empty() ? json() : json(srtp.trouble)},
                       {"suite", srtp.suite.empty() ? json() : json(srtp.suite)},
                       {"not_authenticated", srtp.refused},
                       {"without_key", srtp.keyless},
                       {"rtcp_in_the_clear", srtp.clear}};
    else
        out["srtp"] = json();
    out["rtcp"] = {{"sent", control.sent},
                   {"received", control.received},
                   {"round_trip_ms", ms(control.roundTrip)},
                   {"reports_about_us", control.reports},
                   {"fraction_lost", control.reports > 0 ? json(control.fractionLost) : json()},
                   {"cumulative_lost", control.reports > 0 ? json(control.lost) : json()},
                   {"remote_jitter_ms",
                    control.reports > 0 ? json(base::toMilliseconds(control.jitter)) : json()},
                   {"cname", control.cname.empty() ? json() : json(base::printable(control.cname))},
                   {"bye", control.bye}};
    if (media.quality) {
        out["quality"] = json::parse(report::qualityJson(*media.quality), nullptr, false);
        out["mos"] = out["quality"]["mos"];
    }
    return out;
}

/// The rule by which a phone decides what its user hears before the answer (RFC 3960 section 3.2),
/// as the document has it, where our media had nothing to decide upon; null: no 18x came.
json heardByRule(const json &document)
{
    const auto ears = document.find("ears");
    if (ears == document.end() || !ears->is_array() || ears->empty())
        return {};
    json out;
    for (const auto &each : ears->front().value("hears", json::array()))
        if (const auto rule = each.find("rule"); rule != each.end() && rule->is_number())
            out = each.value("text", std::string()) + " (RFC 3960 section 3.2, rule " +
                  std::to_string(rule->get<int>()) + ")";
    return out;
}

} // namespace

std::string callJson(const desk::CallInfo &info, const report::ReportInput &input)
{
    json out = json::object();
    if (!input.calls.empty()) {
        const auto &call = input.calls.front();
        out = json::parse(report::jsonOf(input, call), nullptr, false);
        if (!out.is_object())
            out = json::object();
        out["responses"] = responses(*call.call, input.trace);
        out["started_unix"] = base::toSeconds(call.call->first - base::Instant{});
    } else { // nothing left our sockets
        for (const char *name : {"responses", "early_dialogs", "recordings", "findings"})
            out[name] = json::array();
        out["invites_sent"] = 0;
    }
    out["schema_version"] = 1;
    out["call_id"] = info.callId;
    out["target"] = info.options.target;
    // As the user agent lived it: a local failure is told apart from an answer of the network.
    const auto phrase = info.phrase.empty() && info.local && info.status != 0
                            ? std::string(sip::phrase(info.status))
                            : info.phrase;
    out["final"] = {{"code", info.status}, {"phrase", phrase}, {"local", info.local}};
    // Nothing went out that could tell who wanted to call whom.
    for (const auto &[end, uri] :
         {std::pair("from", info.options.from), {"to", info.options.target}})
        if (out.value(end, std::string()).empty())
            out[end] = uri;
    if (!info.sentence.empty())
        out["final"]["text"] = info.sentence;
    out["media"] = info.media ? mediaJson(*info.media) : json();
    if (out["media"].is_object() && out["media"]["heard_because"].is_null())
        out["media"]["heard_because"] = heardByRule(out);
    // Of REFER and NOTIFY; 202: accepted, and nobody told yet how it ended.
    out["transfer"] =
        info.transferStatus == 0
            ? json()
            : json{{"code", info.transferStatus},
                   {"phrase", std::string(sip::phrase(info.transferStatus))},
                   {"done", info.transferStatus / 100 == 2 && info.transferStatus != 202}};
    if (info.tls)
        out["tls"] = tlsJson(*info.tls);
    return out.dump(2, ' ', false, json::error_handler_t::replace);
}

} // namespace app
