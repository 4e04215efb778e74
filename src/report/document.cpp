// SPDX-License-Identifier: Apache-2.0
// The JSON document. Times are seconds since the call's first row, rows the numbers of its ladder.
#include <report/format.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>
#include <ladder/media_map.h>
#include <nlohmann/json.hpp>
#include <report/facts.h>
#include <sip/status.h>

namespace report {

namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchema = 1;

std::string shown(const ReportInput &input, std::string_view text)
{
    return base::printable(kept(input, text), true);
}

Json orNull(std::string text)
{
    return text.empty() ? Json(nullptr) : Json(std::move(text));
}

/// Microseconds are what captures hold; more digits would be noise of the division.
double secondsOf(base::Duration d)
{
    return static_cast<double>(d.count() / 1000) / 1e6;
}

Json secondsSince(const ReportCall &call, base::Instant time)
{
    return time.known() ? Json(secondsOf(time - call.call->first)) : Json(nullptr);
}

Json numberOf(const ladder::Outline &outline, ladder::Target target)
{
    const ladder::Step *step = outline.stepOf(target);
    return step == nullptr ? Json(nullptr) : Json(step->number);
}

Json finalOf(const ReportInput &input, const ReportCall &call)
{
    const calls::Call &facts = *call.call;
    const calls::Transaction *failed = nullptr;
    for (const calls::Transaction &transaction : facts.transactions)
        if (transaction.localFailure.valid() && !transaction.inDialog)
            failed = &transaction;
    if (facts.finalStatus == 0 && failed == nullptr)
        return nullptr;
    const bool local = !facts.finalResponse.valid() && failed != nullptr;
    const base::LocalEvent *event = local ? input.trace.local(failed->localFailure) : nullptr;
    const int code = facts.finalStatus != 0 ? facts.finalStatus
                     : event != nullptr     ? event->code
                                            : 0;
    std::string phrase;
    if (const auto message = local ? std::nullopt : input.trace.message(facts.finalResponse))
        phrase = shown(input, message->reason);
    else if (event != nullptr)
        phrase = shown(input, event->sentence);
    return {{"code", code},
            {"phrase", phrase.empty() ? std::string(sip::phrase(code)) : phrase},
            {"local", local}};
}

Json responsesOf(const ReportInput &input, const ReportCall &call, const ladder::Outline &outline)
{
    Json out = Json::array();
    const base::Instant start =
        call.call->invite.valid() ? input.trace.row(call.call->invite).time : call.call->first;
    for (const calls::CallRow &place : call.call->rows) {
        const trace::Row &row = input.trace.row(place.row);
        if (row.status == 0 || row.kind == trace::RowKind::Local || place.copy)
            continue;
        const auto message = input.trace.message(place.row);
        out.push_back({{"code", row.status},
                       {"phrase", message ? shown(input, message->reason) : std::string()},
                       {"method", std::string(sip::methodText(row.method))},
                       {"seconds", secondsOf(row.time - start)},
                       {"to_tag", shown(input, input.trace.tag(row.toTag))},
                       {"retransmission", place.original.valid()},
                       {"from", input.trace.source(place.row).text()},
                       {"to", input.trace.destination(place.row).text()},
                       {"row", numberOf(outline, {ladder::TargetKind::Row, place.row.value})}});
    }
    return out;
}

Json verdictJson(const ReportInput &input, const diagnosis::Evidence &evidence, std::uint32_t index)
{
    const auto verdict = verdictOf(evidence, index);
    if (!verdict)
        return nullptr;
    static constexpr const char *kLights[] = {"green", "amber", "red"};
    Json facts = Json::array();
    for (const diagnosis::VerdictFact &fact : verdict->facts)
        facts.push_back({{"name", fact.name},
                         {"value", shown(input, fact.value)},
                         {"light", kLights[static_cast<std::size_t>(fact.light) % 3]}});
    return {{"light", kLights[static_cast<std::size_t>(verdict->light) % 3]},
            {"text", shown(input, verdict->sentence)},
            {"facts", std::move(facts)}};
}

std::string_view stateText(calls::EarlyState state)
{
    switch (state) {
    case calls::EarlyState::Confirmed:
        return "confirmed";
    case calls::EarlyState::Terminated:
        return "terminated";
    default:
        return "early";
    }
}

Json earlyDialogsOf(const ReportInput &input, const ReportCall &call, const ladder::MediaMap &media)
{
    Json out = Json::array();
    const auto evidence = evidenceOf(input, call);
    for (std::uint32_t i = 0; i < call.call->earlyDialogs.size(); ++i) {
        const calls::EarlyDialog &dialog = call.call->earlyDialogs[i];
        std::uint64_t packets = 0;
        base::Instant first;
        std::string codec;
        for (const rtp::Stream *stream : evidence.incoming(i)) {
            packets += stream->packets;
            if (!first.known() || stream->first < first) {
                first = stream->first;
                codec = media.codec(*stream);
            }
        }
        const auto file = call.recordings.find(dialog.toTag);
        out.push_back(
            {{"to_tag", shown(input, dialog.toTag)},
             {"state", std::string(stateText(dialog.state))},
             {"sdp", dialog.firstSdp.valid()},
             {"answer_sdp", dialog.answerSdp.valid()},
             {"reliable", !dialog.reliables.empty()},
             {"rtp_packets", packets},
             {"first_rtp", secondsSince(call, first)},
             {"codec", orNull(codec)},
             {"recording", file == call.recordings.end() ? Json(nullptr) : Json(file->second)},
             {"verdict", verdictJson(input, evidence, i)}});
    }
    return out;
}

Json streamsOf(const ReportInput &input, const ReportCall &call, const ladder::Outline &outline,
               const ladder::MediaMap &media)
{
    Json out = Json::array();
    for (const diagnosis::BoundStream &bound : call.streams) {
        if (!bound.stream)
            continue;
        const rtp::Stream &stream = *bound.stream;
        const auto &dialogs = call.call->earlyDialogs;
        out.push_back({{"ssrc", fmt::format("{:08x}", stream.ssrc)},
                       {"source", stream.source.text()},
                       {"destination", stream.destination.text()},
                       {"codec", orNull(media.codec(stream))},
                       {"payload_type", ladder::mainPayloadType(stream)},
                       {"to_tag", bound.earlyDialog < dialogs.size()
                                      ? Json(shown(input, dialogs[bound.earlyDialog].toTag))
                                      : Json(nullptr)},
                       {"towards_caller", bound.towardsCaller},
                       {"early", bound.early},
                       {"packets", stream.packets},
                       {"lost", stream.lost},
                       {"duplicates", stream.duplicates},
                       {"reordered", stream.reordered},
                       {"jitter_ms", static_cast<double>(stream.jitter.count() / 1000) / 1e3},
                       {"first", secondsSince(call, stream.first)},
                       {"last", secondsSince(call, stream.last)},
                       {"level_dbfs", stream.levelKnown ? Json(stream.level) : Json(nullptr)},
                       {"row", numberOf(outline, {ladder::TargetKind::Stream, stream.id.value})}});
    }
    return out;
}

Json findingsOf(const ReportInput &input, const ReportCall &call, const ladder::Outline &outline)
{
    Json out = Json::array();
    for (const diagnosis::Finding &finding : call.findings) {
        Json rows = Json::array(), evidence = Json::array(), fixes = Json::array();
        for (const diagnosis::EvidenceRef &ref : finding.evidence) {
            const auto number = rowNumber(outline, ref);
            if (number)
                rows.push_back(*number);
            evidence.push_back({{"row", number ? Json(*number) : Json(nullptr)},
                                {"where", placeText(input, outline, ref)},
                                {"note", shown(input, ref.note)}});
        }
        for (const diagnosis::Fix &fix : finding.fixes)
            fixes.push_back({{"text", fix.text}, {"party", fix.party}});
        out.push_back({{"rule", std::string(finding.rule)},
                       {"severity", std::string(diagnosis::severityText(finding.severity))},
                       {"grade", std::string(diagnosis::gradeText(finding.grade))},
                       {"rows", std::move(rows)},
                       {"text", shown(input, finding.text)},
                       {"impact", shown(input, finding.impact)},
                       {"evidence", std::move(evidence)},
                       {"fixes", std::move(fixes)}});
    }
    return out;
}

Json ladderOf(const ladder::Outline &outline, const ReportCall &call)
{
    Json out = Json::array();
    for (const ladder::Step &step : outline.steps) {
        if (step.kind == ladder::StepKind::Gap)
            continue;
        Json badges = Json::array();
        for (const ladder::Badge &badge : step.badges)
            badges.push_back(badge.text);
        out.push_back({{"row", step.number},
                       {"seconds", secondsSince(call, step.time)},
                       {"from", outline.lanes[step.from].name},
                       {"to", outline.lanes[step.to].name},
                       {"label", step.label},
                       {"news", orNull(step.news)},
                       {"badges", std::move(badges)}});
    }
    return out;
}

/// INVITEs that went out first or again with new credentials; the same bytes sent again count
/// apart.
std::size_t invitesOf(const ReportInput &input, const ReportCall &call, bool repeats)
{
    return static_cast<std::size_t>(std::count_if(
        call.call->rows.begin(), call.call->rows.end(), [&](const calls::CallRow &place) {
            const trace::Row &row = input.trace.row(place.row);
            return row.kind == trace::RowKind::Message && row.status == 0 &&
                   row.method == sip::Method::Invite && row.outgoing && !place.copy &&
                   place.original.valid() == repeats;
        }));
}

std::string_view kindText(calls::Kind kind)
{
    return kind == calls::Kind::Call           ? "call"
           : kind == calls::Kind::Registration ? "registration"
                                               : "other";
}

Json callOf(const ReportInput &input, const ReportCall &call)
{
    const auto outline = outlineOf(input, call, ladderOptions(input));
    const auto media = ladder::MediaMap::of(evidenceOf(input, call));
    const calls::Call &facts = *call.call;
    return {{"call_id", shown(input, facts.callId)},
            {"kind", std::string(kindText(facts.kind))},
            {"from", shown(input, facts.from)},
            {"to", shown(input, facts.to)},
            {"request_uri", shown(input, facts.requestUri)},
            {"state", std::string(calls::stateText(facts.state))},
            {"started", base::utc(facts.first)},
            {"final", finalOf(input, call)},
            {"first_18x", facts.firstProvisional.valid()
                              ? secondsSince(call, input.trace.row(facts.firstProvisional).time)
                              : Json(nullptr)},
            {"answered", secondsSince(call, facts.answered)},
            {"ended", secondsSince(call, facts.ended)},
            {"invites_sent", invitesOf(input, call, false)},
            {"invite_retransmissions", invitesOf(input, call, true)},
            {"retransmissions", facts.retransmissions},
            {"rows_left_out", facts.leftOut},
            {"responses", responsesOf(input, call, outline)},
            {"early_dialogs", earlyDialogsOf(input, call, media)},
            {"rtp", streamsOf(input, call, outline, media)},
            {"findings", findingsOf(input, call, outline)},
            {"ladder", ladderOf(outline, call)}};
}

Json flowOf(const ReportInput &input, const flows::Flow &flow)
{
    Json events = Json::array();
    for (const flows::FlowEvent &event : flow.events)
        events.push_back({{"time", base::utc(event.time)},
                          {"status", event.status},
                          {"text", shown(input, event.text)}});
    return {{"aor", shown(input, flow.report.aor)},
            {"reg_id", flow.report.regId},
            {"ours", flow.ours},
            {"state",
             flow.ours ? Json(std::string(base::flowStateText(flow.report.state))) : Json(nullptr)},
            {"transport", std::string(base::transportText(flow.transport))},
            {"user_agent", flow.userAgent.text()},
            {"edge", flow.edge.text()},
            {"outbound_granted", flow.granted},
            {"reason", shown(input, flow.report.reason)},
            {"events", std::move(events)}};
}

std::string dumped(const Json &json)
{
    return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

} // namespace

std::string jsonOf(const ReportInput &input)
{
    Json calls = Json::array(), flows = Json::array(), notes = Json::array();
    for (const ReportCall &call : input.calls)
        calls.push_back(callOf(input, call));
    for (const std::string &note : input.notes)
        notes.push_back(shown(input, note));
    for (const auto &flow : input.flows)
        if (flow)
            flows.push_back(flowOf(input, *flow));
    return dumped({{"schema_version", kSchema},
                   {"generator", "Earshot"},
                   {"title", shown(input, input.title)},
                   {"redacted", input.redact},
                   {"calls", std::move(calls)},
                   {"flows", std::move(flows)},
                   {"notes", std::move(notes)}});
}

std::string jsonOf(const ReportInput &input, const ReportCall &call)
{
    return dumped(callOf(input, call));
}

} // namespace report
