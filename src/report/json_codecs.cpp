// SPDX-License-Identifier: Apache-2.0
// Offered, answered, sent and received codecs of a call in the JSON document.
#include <report/json.h>

#include <diagnosis/codec_matrix.h>

namespace report {

namespace {

Json namedOf(const ReportInput &input, const diagnosis::CodecLine::Named &named)
{
    if (!named.there)
        return nullptr;
    return {{"payload_type", named.payloadType < 0 ? Json(nullptr) : Json(named.payloadType)},
            {"fmtp", orNull(shown(input, named.fmtp))}};
}

Json trafficOf(const diagnosis::CodecLine::Traffic &traffic)
{
    return {{"packets", traffic.packets},
            {"payload_types", traffic.payloadTypes},
            {"not_negotiated", traffic.foreign}};
}

Json codecsOf(const ReportInput &input, const diagnosis::CodecMatrix &matrix)
{
    Json out = Json::array();
    for (const diagnosis::CodecLine &line : matrix.lines)
        out.push_back({{"codec", shown(input, line.codec)},
                       {"offered", namedOf(input, line.offered)},
                       {"answered", namedOf(input, line.answered)},
                       {"caller_sent", trafficOf(line.sent)},
                       {"caller_received", trafficOf(line.received)}});
    return out;
}

} // namespace

Json offerAnswerOf(const ReportInput &input, const ReportCall &call, const ladder::Outline &outline)
{
    Json out = Json::array();
    const auto evidence = evidenceOf(input, call);
    const auto number = [&](trace::RowId row) {
        return row.valid() ? numberOf(outline, {ladder::TargetKind::Row, row.value})
                           : Json(nullptr);
    };
    for (std::uint32_t i = 0; i < call.call->earlyDialogs.size(); ++i) {
        Json lines = Json::array(), changes = Json::array();
        for (const diagnosis::CodecMatrix &matrix : diagnosis::codecMatrices(evidence, i))
            lines.push_back({{"media_line", matrix.media + 1},
                             {"type", shown(input, matrix.kind)},
                             {"offered_by", matrix.byCaller ? "caller" : "callee"},
                             {"offer_row", number(matrix.offer)},
                             {"answer_row", number(matrix.answer)},
                             {"offer", orNull(shown(input, matrix.offered))},
                             {"answer", orNull(shown(input, matrix.answered))},
                             {"codecs", codecsOf(input, matrix)}});
        for (const diagnosis::AnswerChange &change : diagnosis::answerChanges(evidence, i)) {
            Json differences = Json::array();
            for (const std::string &difference : change.differences)
                differences.push_back(shown(input, difference));
            changes.push_back({{"before_row", number(change.before)},
                               {"after_row", number(change.after)},
                               {"differences", std::move(differences)},
                               {"text", shown(input, diagnosis::changeText(evidence, change))}});
        }
        if (!lines.empty())
            out.push_back({{"to_tag", shown(input, call.call->earlyDialogs[i].toTag)},
                           {"media_lines", std::move(lines)},
                           {"answer_changes", std::move(changes)}});
    }
    return out;
}

} // namespace report
