// SPDX-License-Identifier: Apache-2.0
// What the JSON document tells of a stream beyond its counts: pace, protection, RTCP, digits.
#include <report/json.h>

namespace report {

namespace {

Json protectionOf(const rtp::Stream &stream)
{
    return {{"opened", stream.opened},
            {"closed", stream.closed},
            {"no_key_fits", stream.refused},
            {"rollover_guessed", stream.rollover == 0 ? Json(nullptr) : Json(stream.rollover)}};
}

/// RFC 3611 section 4.7; 127 stands for what is not known.
Json metricsOf(const rtp::VoipMetrics &metrics, bool told)
{
    const auto value = [told](auto number, double unit) {
        return told && number != 127 ? Json(number * unit) : Json(nullptr);
    };
    return {{"loss_rate", told ? Json(metrics.lossRate / 256.0) : Json(nullptr)},
            {"discard_rate", told ? Json(metrics.discardRate / 256.0) : Json(nullptr)},
            {"round_trip_ms", told ? Json(metrics.roundTrip) : Json(nullptr)},
            {"r_factor", value(metrics.rFactor, 1)},
            {"mos_lq", value(metrics.mosListening, 0.1)},
            {"mos_cq", value(metrics.mosConversation, 0.1)}};
}

Json rtcpOf(const ReportInput &input, const rtp::Stream &stream)
{
    Json out = {{"sender_reports", stream.senderReports},
                {"sent_packets", stream.sentPackets},
                {"receiver_reports", stream.reportsHeard},
                {"fraction_lost", nullptr},
                {"cumulative_lost", nullptr},
                {"remote_jitter_ms", nullptr},
                {"round_trip_ms", nullptr},
                {"cname", orNull(shown(input, stream.name))},
                {"bye", utcOrNull(stream.bye)},
                {"bye_reason", orNull(shown(input, stream.byeReason))},
                {"voip_metrics", metricsOf(stream.metrics.value_or(rtp::VoipMetrics{}),
                                           stream.metrics.has_value())}};
    if (!stream.reports.empty()) {
        const rtp::RemoteReport &last = stream.reports.back();
        out["fraction_lost"] = last.fractionLost;
        out["cumulative_lost"] = last.lost;
        out["remote_jitter_ms"] = millisecondsOf(last.jitter);
    }
    // What came to ourselves was captured where it was received: that is no way, and 0 no figure.
    const bool endsHere = stream.origin == base::Origin::Media && !stream.outgoing;
    for (const rtp::RemoteReport &report : stream.reports) {
        if (report.roundTrip && !endsHere)
            out["round_trip_ms"] = millisecondsOf(*report.roundTrip);
    }
    return out;
}

/// Digits may be a PIN or a card's number: by default only their number is told.
Json dtmfOf(const ReportInput &input, const rtp::Stream &stream)
{
    Json digits = nullptr;
    if (!input.redact) {
        digits = Json::array();
        for (const rtp::Digit &digit : stream.digits)
            digits.push_back({{"key", std::string(1, digit.key)},
                              {"at", utcOrNull(digit.at)},
                              {"ms", millisecondsOf(digit.length)}});
    }
    return {{"count", stream.digits.size()}, {"digits", std::move(digits)}};
}

/// All that were seen; the numbers alone, so that scripts need no table.
Json markingOf(const rtp::Marking &marking)
{
    Json dscps = Json::array();
    for (unsigned dscp = 0; dscp < 64; ++dscp)
        if ((marking.dscps >> dscp & 1U) != 0)
            dscps.push_back(dscp);
    const bool known = marking.hopsMost != 0;
    return {{"dscp", std::move(dscps)},
            {"ttl_least", known ? Json(marking.hopsLeast) : Json(nullptr)},
            {"ttl_most", known ? Json(marking.hopsMost) : Json(nullptr)},
            {"text", rtp::markingText(marking)}};
}

} // namespace

Json streamDetailsOf(const ReportInput &input, const rtp::Stream &stream)
{
    Json types = Json::array();
    for (std::size_t type = 0; type < stream.payloadTypes.size(); ++type) {
        if (stream.payloadTypes[type] != 0)
            types.push_back({{"type", type}, {"packets", stream.payloadTypes[type]}});
    }
    return {{"payload_type_packets", std::move(types)},
            {"clock_hz", stream.clock},
            {"jitter_mean_ms", millisecondsOf(stream.meanJitter)},
            {"jitter_max_ms", millisecondsOf(stream.maxJitter)},
            {"late", stream.late},
            {"skew_ppm", stream.skew ? Json(*stream.skew) : Json(nullptr)},
            {"ptime_ms",
             stream.ptime.count() != 0 ? Json(millisecondsOf(stream.ptime)) : Json(nullptr)},
            {"markers", stream.markers},
            {"marking", markingOf(stream.marking)},
            {"sequence_resets", stream.sequenceResets},
            {"level_dbfs", stream.levelKnown ? Json(stream.level) : Json(nullptr)},
            {"srtp", protectionOf(stream)},
            {"rtcp", rtcpOf(input, stream)},
            {"dtmf", dtmfOf(input, stream)}};
}

} // namespace report
