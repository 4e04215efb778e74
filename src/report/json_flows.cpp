// SPDX-License-Identifier: Apache-2.0
// Flows, the tokens that name them, and registrations in the JSON document.
#include <report/json.h>

#include <algorithm>
#include <diagnosis/flow_facts.h>
#include <flows/registration_book.h>
#include <report/facts.h>

namespace report {

namespace {

constexpr std::size_t kMostTokens = 256; // of one call

/// Readable where its layout is known (RFC 5626 section 5.2 allows any).
Json tokenOf(const std::optional<flows::FlowToken> &token)
{
    if (!token)
        return nullptr;
    return {{"transport", std::string(base::transportText(token->transport))},
            {"edge", token->edge.known() ? Json(token->edge.text()) : Json(nullptr)},
            {"user_agent", token->userAgent.text()},
            {"layout", std::string(flows::layoutText(token->layout))}};
}

Json flowState(const flows::Standings &standings, const flows::Flow &flow)
{
    std::string state = flowStateOf(standings, flow);
    return state == "seen" ? Json(nullptr) : Json(std::move(state));
}

Json flowOf(const ReportInput &input, const flows::Standings &standings, const flows::Flow &flow)
{
    Json evidence = Json::array();
    for (const flows::FlowEvent &event : flow.events)
        evidence.push_back({{"time", base::utc(event.time)},
                            {"status", event.status},
                            {"text", shown(input, event.text)}});
    const auto token = flow.token.empty() ? std::nullopt : flows::decodeToken(flow.token);
    const base::FlowReport &report = flow.report;
    const auto standing = standings.of(flow);
    return {{"id", flow.id.value},
            {"aor", shown(input, report.aor)},
            {"reg_id", report.regId},
            {"instance", orNull(shown(input, report.instance))},
            {"ours", flow.ours},
            {"state", flowState(standings, flow)},
            {"state_since", utcOrNull(flow.ours ? report.since : standing.since)},
            {"transport", std::string(base::transportText(flow.transport))},
            {"user_agent", flow.userAgent.text()},
            {"edge", flow.edge.text()},
            {"outbound_granted", flow.granted},
            {"path_ob", flow.withPath},
            {"flow_timer", report.flowTimer.count() != 0
                               ? Json(report.flowTimer.count() / 1'000'000'000)
                               : Json(nullptr)},
            {"registered", utcOrNull(flow.registered)},
            {"registered_until", utcOrNull(report.registeredUntil)},
            {"last_ping", utcOrNull(flow.lastPing)},
            {"last_pong", utcOrNull(flow.lastPong)},
            {"mapped_address", endOrNull(flow.mapped)},
            {"mapped_changes", flow.remapped},
            {"token", orNull(shown(input, flow.token))},
            {"token_decoded", tokenOf(token)},
            {"token_matches",
             token ? Json(token->userAgent == flow.userAgent && token->transport == flow.transport)
                   : Json(nullptr)},
            {"reason", shown(input, flow.ours ? report.reason : standing.reason)},
            {"evidence", std::move(evidence)}};
}

Json seconds(const std::optional<std::uint32_t> &value)
{
    return value ? Json(*value) : Json(nullptr);
}

Json bindingOf(const ReportInput &input, const flows::BoundContact &contact)
{
    const auto q = contact.q.empty() ? std::nullopt : qValue(contact.q);
    return {{"contact", shown(input, contact.uri)},
            {"expires", seconds(contact.expires)},
            {"until", utcOrNull(contact.until)},
            {"reg_id", seconds(contact.regId)},
            {"instance", orNull(shown(input, contact.instance))},
            {"q", q ? Json(*q) : Json(nullptr)},
            {"pub_gruu", orNull(shown(input, contact.publicGruu))},
            {"temp_gruu", orNull(shown(input, contact.temporaryGruu))}};
}

Json listOf(const ReportInput &input, const std::vector<std::string> &texts)
{
    Json out = Json::array();
    for (const std::string &text : texts)
        out.push_back(shown(input, text));
    return out;
}

Json registrationOf(const ReportInput &input, const flows::Registration &registration)
{
    Json bindings = Json::array(), events = Json::array();
    for (const flows::BoundContact &contact : registration.contacts)
        bindings.push_back(bindingOf(input, contact));
    for (const flows::RegistrationEvent &event : registration.events)
        events.push_back({{"time", base::utc(event.time)},
                          {"status", event.status},
                          {"text", shown(input, event.text)}});
    return {{"aor", shown(input, registration.aor)},
            {"state", std::string(flows::registrationStateText(registration.stateAt(input.now)))},
            {"bindings", std::move(bindings)},
            {"path", listOf(input, registration.path)},
            {"service_route", listOf(input, registration.serviceRoute)},
            {"user_agent", endOrNull(registration.userAgent)},
            {"user_agent_name", orNull(shown(input, registration.userAgentName))},
            {"registrar", endOrNull(registration.registrar)},
            {"registrar_name", orNull(shown(input, registration.registrarName))},
            {"transport", std::string(base::transportText(registration.transport))},
            {"outbound_requested", registration.outboundAsked},
            {"outbound_granted", registration.outboundGranted},
            {"flow_timer", seconds(registration.flowTimer)},
            {"expires_requested", seconds(registration.asked)},
            {"min_expires", seconds(registration.leastExpires)},
            {"last_status", registration.status == 0 ? Json(nullptr) : Json(registration.status)},
            {"requests", registration.requests},
            {"refreshes", registration.refreshes},
            {"first", utcOrNull(registration.first)},
            {"last", utcOrNull(registration.last)},
            {"registered", utcOrNull(registration.registered)},
            {"call_ids", listOf(input, registration.callIds)},
            {"history", std::move(events)}};
}

} // namespace

Json flowTokensOf(const ReportInput &input, const ReportCall &call, const ladder::Outline &outline)
{
    const auto evidence = evidenceOf(input, call);
    Json out = Json::array();
    for (const calls::CallRow &place : call.call->rows) {
        const trace::Row &row = input.trace.row(place.row);
        if (row.kind != trace::RowKind::Message || place.original.valid())
            continue;
        for (const diagnosis::TokenSeen &token : diagnosis::tokensOf(evidence, place.row)) {
            const flows::Flow *flow = diagnosis::flowOf(evidence, token);
            if (flow == nullptr && !token.readable)
                continue; // may be any user part
            if (out.size() >= kMostTokens)
                return out;
            out.push_back({{"row", numberOf(outline, {ladder::TargetKind::Row, place.row.value})},
                           {"header", std::string(sip::headerText(token.header))},
                           {"token", shown(input, token.user)},
                           {"decoded", tokenOf(token.readable)},
                           {"flow", flow == nullptr ? Json(nullptr) : Json(flow->id.value)}});
        }
    }
    return out;
}

Json flowsOf(const ReportInput &input)
{
    Json out = Json::array();
    const flows::Standings standings(input.flows, input.now);
    for (const auto &flow : input.flows)
        if (flow)
            out.push_back(flowOf(input, standings, *flow));
    return out;
}

Json registrationsOf(const ReportInput &input)
{
    Json out = Json::array();
    const auto book = registrations(input);
    for (const flows::Registration &registration : book.all())
        out.push_back(registrationOf(input, registration));
    return out;
}

} // namespace report
