// SPDX-License-Identifier: Apache-2.0
#include <app/call_json.h>

#include <algorithm>
#include <diagnosis/explain.h>
#include <nlohmann/json.hpp>
#include <sip/sdp.h>

namespace app {
namespace {

using nlohmann::json;

/// Numbers rows as the ladder shows them: position in the call, from 1.
class RowNumbers
{
public:
    explicit RowNumbers(const calls::Call &call)
    {
        for (std::size_t i = 0; i < call.rows.size(); ++i)
            m_numbers[call.rows[i].row] = i + 1;
    }
    std::size_t of(trace::RowId row) const
    {
        const auto at = m_numbers.find(row);
        return at == m_numbers.end() ? 0 : at->second;
    }

private:
    std::map<trace::RowId, std::size_t> m_numbers;
};

double secondsSince(base::Instant start, base::Instant t)
{
    return base::toSeconds(t - start);
}

json responses(const calls::Call &call, const trace::Trace &trace)
{
    json out = json::array();
    for (const auto &entry : call.rows) {
        const auto &row = trace.row(entry.row);
        if (row.kind != trace::RowKind::Message || row.status == 0 || row.outgoing ||
            row.method != sip::Method::Invite)
            continue;
        const auto message = trace.message(entry.row);
        out.push_back({{"code", row.status},
                       {"phrase", message ? std::string(message->reason) : std::string()},
                       {"seconds", secondsSince(call.first, row.time)},
                       {"to_tag", std::string(trace.tag(row.toTag))},
                       {"retransmission", entry.original.valid()}});
    }
    return out;
}

json earlyDialogs(const desk::CallInfo &info, const session::CallView &view,
                  const report::ReportInput &input, const diagnosis::Evidence &evidence)
{
    json out = json::array();
    for (std::uint32_t i = 0; i < view.call->earlyDialogs.size(); ++i) {
        const auto &dialog = view.call->earlyDialogs[i];
        std::uint64_t packets = 0;
        base::Instant first;
        std::string codec;
        const auto sdpRow = dialog.firstSdp.valid() ? dialog.firstSdp : dialog.answerSdp;
        const auto message = sdpRow.valid() ? input.trace.message(sdpRow) : std::nullopt;
        const auto sdp = message ? sip::parseSdp(message->sdp()) : sip::Sdp{};
        for (const auto *stream : evidence.incoming(i)) {
            packets += stream->packets;
            if (!first.known() || stream->first < first)
                first = stream->first;
            const auto *format =
                sdp.audio() != nullptr ? sdp.audio()->format(stream->payloadType) : nullptr;
            if (format != nullptr && !format->map.encoding.empty())
                codec = format->map.encoding;
        }
        std::string recording;
        for (const auto &file : info.recordings) {
            if (file.toTag == dialog.toTag)
                recording = file.path;
        }
        const auto verdict = diagnosis::earlyMediaVerdict(evidence, i);
        static constexpr const char *kLights[] = {"green", "amber", "red"};
        out.push_back(
            {{"to_tag", dialog.toTag},
             {"sdp", dialog.firstSdp.valid()},
             {"rtp_packets", packets},
             {"first_rtp",
              first.known() ? json(secondsSince(view.call->first, first)) : json(nullptr)},
             {"codec", codec.empty() ? json(nullptr) : json(codec)},
             {"recording", recording.empty() ? json(nullptr) : json(recording)},
             {"verdict",
              {{"light", kLights[static_cast<int>(verdict.light)]}, {"text", verdict.sentence}}}});
    }
    return out;
}

json findings(const session::CallView &view)
{
    const RowNumbers numbers(*view.call);
    json out = json::array();
    for (const auto &finding : view.findings) {
        json rows = json::array();
        for (const auto &evidence : finding.evidence) {
            if (evidence.row.valid() && numbers.of(evidence.row) != 0)
                rows.push_back(numbers.of(evidence.row));
        }
        out.push_back({{"rule", std::string(finding.rule)},
                       {"severity", std::string(diagnosis::severityText(finding.severity))},
                       {"grade", std::string(diagnosis::gradeText(finding.grade))},
                       {"rows", rows},
                       {"text", finding.text}});
    }
    return out;
}

/// INVITE requests that left; retransmissions are counted apart.
int invitesSent(const calls::Call &call, const trace::Trace &trace, bool retransmitted)
{
    return static_cast<int>(
        std::count_if(call.rows.begin(), call.rows.end(), [&](const calls::CallRow &entry) {
            const auto &row = trace.row(entry.row);
            return row.kind == trace::RowKind::Message && row.status == 0 &&
                   row.method == sip::Method::Invite && row.outgoing &&
                   entry.original.valid() == retransmitted;
        }));
}

} // namespace

std::string callJson(const desk::CallInfo &info, const session::CallView *view,
                     const report::ReportInput &input)
{
    json out;
    out["schema_version"] = 1;
    out["call_id"] = info.callId;
    out["started"] = view != nullptr ? base::toSeconds(view->call->first - base::Instant{}) : 0.0;
    out["target"] = info.options.target;
    out["final"] = {{"code", info.status}, {"phrase", info.phrase}, {"local", info.local}};
    if (!info.sentence.empty())
        out["final"]["text"] = info.sentence;
    out["responses"] = json::array();
    out["early_dialogs"] = json::array();
    out["findings"] = json::array();
    out["invites_sent"] = 0;
    out["invite_retransmissions"] = 0;
    if (view != nullptr) {
        const report::ReportCall call{view->call, view->streams, view->findings};
        const auto evidence = report::evidenceOf(input, call);
        out["responses"] = responses(*view->call, input.trace);
        out["early_dialogs"] = earlyDialogs(info, *view, input, evidence);
        out["findings"] = findings(*view);
        out["invites_sent"] = invitesSent(*view->call, input.trace, false);
        out["invite_retransmissions"] = invitesSent(*view->call, input.trace, true);
    }
    return out.dump(2, ' ', false, json::error_handler_t::replace);
}

} // namespace app
