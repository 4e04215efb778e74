// SPDX-License-Identifier: Apache-2.0
// What the JSON document tells of a stream beyond its counts: pace, protection, RTCP, digits.
#include <report/json.h>

namespace report {

namespace {

double milliseconds(base::Duration duration)
{
    return static_cast<double>(duration.count() / 1000) / 1e3;
}

Json protectionOf(const rtp::Stream &stream)
{
    if (stream.closed == 0 && stream.opened == 0)
        return nullptr;
    return {{"opened", stream.opened}, {"closed", stream.closed}, {"no_key_fits", stream.refused}};
}

Json rtcpOf(const ReportInput &input, const rtp::Stream &stream)
{
    if (stream.reportsHeard == 0 && stream.senderReports == 0 && stream.name.empty() &&
        !stream.bye.known() && !stream.metrics)
        return nullptr;
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
                {"voip_metrics", nullptr}};
    if (!stream.reports.empty()) {
        const rtp::RemoteReport &last = stream.reports.back();
        out["fraction_lost"] = last.fractionLost;
        out["cumulative_lost"] = last.lost;
        out["remote_jitter_ms"] = milliseconds(last.jitter);
    }
    for (const rtp::RemoteReport &report : stream.reports) {
        if (report.roundTrip)
            out["round_trip_ms"] = milliseconds(*report.roundTrip);
    }
    if (const auto &metrics = stream.metrics) {
        const auto known = [](std::uint8_t value) {
            return value == 127 ? Json(nullptr) : Json(value);
        };
        const auto mos = [](std::uint8_t value) {
            return value == 127 ? Json(nullptr) : Json(value / 10.0);
        };
        out["voip_metrics"] = {{"loss_rate", metrics->lossRate / 256.0},
                               {"discard_rate", metrics->discardRate / 256.0},
                               {"round_trip_ms", metrics->roundTrip},
                               {"r_factor", known(metrics->rFactor)},
                               {"mos_lq", mos(metrics->mosListening)},
                               {"mos_cq", mos(metrics->mosConversation)}};
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
                              {"ms", milliseconds(digit.length)}});
    }
    return {{"count", stream.digits.size()}, {"digits", std::move(digits)}};
}

} // namespace

Json streamDetailsOf(const ReportInput &input, const rtp::Stream &stream)
{
    Json types = Json::object();
    for (std::size_t type = 0; type < stream.payloadTypes.size(); ++type) {
        if (stream.payloadTypes[type] != 0)
            types[std::to_string(type)] = stream.payloadTypes[type];
    }
    return {
        {"payload_type_packets", std::move(types)},
        {"clock_hz", stream.clock},
        {"jitter_mean_ms", milliseconds(stream.meanJitter)},
        {"jitter_max_ms", milliseconds(stream.maxJitter)},
        {"late", stream.late},
        {"skew_ppm", stream.skew ? Json(*stream.skew) : Json(nullptr)},
        {"ptime_ms", stream.ptime.count() != 0 ? Json(milliseconds(stream.ptime)) : Json(nullptr)},
        {"markers", stream.markers},
        {"sequence_resets", stream.sequenceResets},
        {"level_dbfs", stream.levelKnown ? Json(stream.level) : Json(nullptr)},
        {"srtp", protectionOf(stream)},
        {"rtcp", rtcpOf(input, stream)},
        {"dtmf", dtmfOf(input, stream)}};
}

} // namespace report
