// SPDX-License-Identifier: Apache-2.0
// One call of the JSON document. Times are seconds since the call's first row, rows the numbers of
// its ladder.
#include <report/json.h>

#include <algorithm>
#include <base/text.h>
#include <base/told_time.h>
#include <diagnosis/facts.h>
#include <fmt/format.h>
#include <optional>
#include <report/facts.h>
#include <report/streams.h>
#include <sip/status.h>

namespace report {

namespace {

constexpr std::size_t kMostMethods = 64; // made-up ones are foreign input

/// What the network told of a packet ends the call only where nothing came of a later one.
bool endedIt(const ReportInput &input, const ReportCall &call, const calls::Transaction &failed)
{
    return !input.trace.row(failed.localFailure).undelivered().valid() ||
           call.call->state == calls::State::Failed;
}

Json finalOf(const ReportInput &input, const ReportCall &call)
{
    const calls::Call &facts = *call.call;
    const calls::Transaction *failed = nullptr;
    for (const calls::Transaction &transaction : facts.transactions)
        if (transaction.localFailure.valid() && !transaction.inDialog &&
            endedIt(input, call, transaction))
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
    return {{"code", code != 0 ? Json(code) : Json(nullptr)},
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
                       {"method", shown(input, diagnosis::methodOf(input.trace, place.row))},
                       {"seconds", secondsSince(start, row.time)},
                       {"to_tag", shown(input, input.trace.tag(row.toTag))},
                       {"retransmission", place.original.valid()},
                       {"from", endOrNull(input.trace.source(place.row))},
                       {"to", endOrNull(input.trace.destination(place.row))},
                       {"row", numberOf(outline, {ladder::TargetKind::Row, place.row.value})}});
    }
    return out;
}

/// `place`: the number of a piece of evidence and words for where it is.
template <class Place>
Json findingOf(const ReportInput &input, const diagnosis::Finding &finding, Json call, Place place)
{
    Json rows = Json::array(), evidence = Json::array(), fixes = Json::array(),
         actions = Json::array();
    for (const diagnosis::EvidenceRef &ref : finding.evidence) {
        const std::pair<std::optional<std::uint32_t>, std::string> at = place(ref);
        if (at.first)
            rows.push_back(*at.first);
        evidence.push_back({{"row", at.first ? Json(*at.first) : Json(nullptr)},
                            {"where", at.second},
                            {"note", shown(input, ref.note)}});
    }
    for (const diagnosis::Fix &fix : finding.fixes)
        fixes.push_back({{"text", fix.text},
                         {"party", fix.party},
                         {"action", orNull(std::string(diagnosis::actionName(fix.action)))}});
    for (const diagnosis::Offer &offer : finding.offers)
        actions.push_back({{"action", std::string(diagnosis::actionName(offer.action))},
                           {"possible", offer.possible},
                           {"text", shown(input, offer.text)}});
    return {{"rule", std::string(finding.rule)},
            {"severity", std::string(diagnosis::severityText(finding.severity))},
            {"grade", std::string(diagnosis::gradeText(finding.grade))},
            {"call", std::move(call)},
            {"rows", std::move(rows)},
            {"text", shown(input, finding.text)},
            {"impact", shown(input, finding.impact)},
            {"evidence", std::move(evidence)},
            {"fixes", std::move(fixes)},
            {"actions", std::move(actions)}};
}

Json findingsOf(const ReportInput &input, const ReportCall &call, const ladder::Outline &outline)
{
    Json out = Json::array();
    for (const diagnosis::Finding &finding : call.findings) {
        out.push_back(findingOf(input, finding, shown(input, call.call->callId),
                                [&](const diagnosis::EvidenceRef &ref) {
                                    return std::pair(rowNumber(outline, ref),
                                                     placeText(input, outline, ref));
                                }));
    }
    return out;
}

/// Places in the document's list of files.
Json indexesOf(const ReportInput &input, const std::vector<std::uint32_t> &numbers)
{
    Json out = Json::array();
    for (std::size_t i = 0; i < input.files.size(); ++i) {
        const std::uint32_t number = input.files[i].number;
        if (number != 0 && std::find(numbers.begin(), numbers.end(), number) != numbers.end())
            out.push_back(i);
    }
    return out;
}

Json filesOf(const ReportInput &input, const ReportCall &call)
{
    std::vector<std::uint32_t> numbers;
    for (const calls::CallRow &place : call.call->rows) {
        const std::uint32_t number = input.trace.fileOf(place.row);
        if (std::find(numbers.begin(), numbers.end(), number) == numbers.end())
            numbers.push_back(number);
    }
    return indexesOf(input, numbers);
}

/// `whose`: the ladder is of several calls, and each row says of which.
Json ladderOf(const ReportInput &input, const ladder::Outline &outline, const ReportCall &call,
              bool whose = false)
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
                       {"badges", std::move(badges)},
                       {"files", indexesOf(input, step.files)}});
        if (whose)
            out.back()["call_id"] =
                step.target.kind == ladder::TargetKind::Row
                    ? Json(shown(input, input.trace.callId(
                                            input.trace.row(trace::RowId{step.target.id}).call)))
                    : Json(nullptr);
    }
    return out;
}

/// Every message that was captured, repeats at further hops and retransmissions too; one datagram
/// seen twice counts once.
Json countsOf(const ReportInput &input, const ReportCall &call, bool requests)
{
    std::map<std::string, std::uint64_t> counts;
    for (const calls::CallRow &place : call.call->rows) {
        const trace::Row &row = input.trace.row(place.row);
        if (!trace::isMessage(row.kind) || place.copy || (row.status == 0) != requests)
            continue;
        std::string name =
            requests ? std::string(sip::methodText(row.method)) : std::to_string(row.status);
        if (requests && row.method == sip::Method::Unknown) {
            const auto parsed = input.trace.message(place.row);
            name = parsed ? base::printable(parsed->methodText, false, 64) : std::string();
            if (counts.size() >= kMostMethods && !counts.contains(name))
                name = "other";
        }
        ++counts[name];
    }
    Json out = Json::object();
    for (const auto &[name, count] : counts)
        out[name] = count;
    return out;
}

Json timesOf(const ReportInput &input, const ReportCall &call)
{
    const calls::Call &facts = *call.call;
    return {{"started", utcOrNull(facts.first)},
            {"started_unix", base::hasDate(facts.first)
                                 ? Json(secondsOf(facts.first - base::Instant{}))
                                 : Json(nullptr)},
            {"first_18x", facts.firstProvisional.valid()
                              ? secondsSince(call, input.trace.row(facts.firstProvisional).time)
                              : Json(nullptr)},
            {"answered", secondsSince(call, facts.answered)},
            {"ended", secondsSince(call, facts.ended)},
            {"last", secondsSince(call, facts.last)}};
}

/// Its own and those of the calls that belong to it.
Json callIdsOf(const ReportInput &input, const ReportCall &call,
               const std::vector<LegGroups::Link> &links)
{
    Json out = Json::array({shown(input, call.call->callId)});
    for (const LegGroups::Link &link : links)
        out.push_back(shown(input, link.join->callId));
    return out;
}

Json legsOf(const ReportInput &input, const std::vector<LegGroups::Link> &links)
{
    Json out = Json::array();
    for (const LegGroups::Link &link : links) {
        const legs::Join &join = *link.join;
        Json reasons = Json::array();
        for (const std::string &reason : join.reasons)
            reasons.push_back(shown(input, reason));
        out.push_back({{"call_id", shown(input, join.callId)},
                       {"with", shown(input, link.with->call->callId)},
                       {"relation", std::string(legs::relationText(join.relation))},
                       {"score", join.score},
                       {"reasons", std::move(reasons)}});
    }
    return out;
}

Json transfersOf(const ReportInput &input, const ReportCall &call, const ladder::Outline &outline)
{
    const auto number = [&](trace::RowId row) {
        return numberOf(outline, {ladder::TargetKind::Row, row.value});
    };
    Json out = Json::array();
    for (const Transfer &transfer : transfersOf(input, call)) {
        Json progress = Json::array();
        for (const TransferStep &step : transfer.progress)
            progress.push_back({{"code", step.code}, {"row", number(step.row)}});
        out.push_back({{"row", number(transfer.refer)},
                       {"refer_to", shown(input, transfer.target)},
                       {"referred_by", orNull(shown(input, transfer.referredBy))},
                       {"replaces", orNull(shown(input, transfer.replaces))},
                       {"status", transfer.status == 0 ? Json(nullptr) : Json(transfer.status)},
                       {"progress", std::move(progress)}});
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

Json recordingsOf(const ReportInput &input, const ReportCall &call)
{
    Json out = Json::array();
    for (const Recording &each : call.recordings)
        out.push_back({{"to_tag", shown(input, each.toTag)},
                       {"direction", each.direction},
                       {"file", each.file}});
    return out;
}

std::string_view kindText(calls::Kind kind)
{
    return kind == calls::Kind::Call           ? "call"
           : kind == calls::Kind::Registration ? "registration"
                                               : "other";
}

/// Of the call that began first; the others of its group name it in `joined_legs`.
Json joinedLadderOf(const ReportInput &input, const ReportCall &call, const LegGroups &groups,
                    const std::vector<LegGroups::Link> &links)
{
    const auto whole = groups.together(input.trace, call, links);
    return whole ? ladderOf(input, outlineOf(input, *whole, ladderOptions(input)), *whole, true)
                 : Json(nullptr);
}

} // namespace

/// Their rows have no ladder: they are counted through the whole input.
Json looseFindingsOf(const ReportInput &input)
{
    Json out = Json::array();
    for (const diagnosis::Finding &finding : input.loose) {
        out.push_back(findingOf(input, finding, nullptr, [&](const diagnosis::EvidenceRef &ref) {
            return std::pair(std::optional(ref.row.value + 1), loosePlaceText(input, ref.row));
        }));
    }
    return out;
}

Json callOf(const ReportInput &input, const ReportCall &call, const LegGroups &groups)
{
    const auto links = groups.of(call);
    const auto outline = outlineOf(input, call, ladderOptions(input));
    const auto media = ladder::MediaMap::of(evidenceOf(input, call));
    const calls::Call &facts = *call.call;
    Json times = timesOf(input, call);
    const Json first18x = times["first_18x"], answered = times["answered"], ended = times["ended"];
    return {{"call_id", shown(input, facts.callId)},
            {"call_ids", callIdsOf(input, call, links)},
            {"files", filesOf(input, call)},
            {"kind", std::string(kindText(facts.kind))},
            {"from", shown(input, facts.from)},
            {"to", shown(input, facts.to)},
            {"request_uri", shown(input, facts.requestUri)},
            {"state", std::string(calls::stateText(facts.state))},
            {"started", utcOrNull(facts.first)},
            {"times", std::move(times)},
            {"final", finalOf(input, call)},
            {"first_18x", first18x},
            {"answered", answered},
            {"ended", ended},
            {"methods", countsOf(input, call, true)},
            {"status_codes", countsOf(input, call, false)},
            {"invites_sent", invitesOf(input, call, false)},
            {"invite_retransmissions", invitesOf(input, call, true)},
            {"retransmissions", facts.retransmissions},
            {"rows_left_out", facts.leftOut},
            {"responses", responsesOf(input, call, outline)},
            {"early_dialogs", earlyDialogsOf(input, call, outline, media)},
            {"recordings", recordingsOf(input, call)},
            {"offer_answer", offerAnswerOf(input, call, outline)},
            {"ears", earsOf(input, call, outline)},
            {"joined_legs", legsOf(input, links)},
            {"joined_ladder", joinedLadderOf(input, call, groups, links)},
            {"transfers", transfersOf(input, call, outline)},
            {"flow_tokens", flowTokensOf(input, call, outline)},
            {"rtp", streamsOf(input, call, outline, media)},
            {"findings", findingsOf(input, call, outline)},
            {"ladder", ladderOf(input, outline, call)}};
}

} // namespace report
