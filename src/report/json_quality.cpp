// SPDX-License-Identifier: Apache-2.0
#include <report/quality_json.h>

#include <cmath>
#include <report/json.h>

namespace report {

namespace {

Json numberOrNull(const std::optional<double> &value, double unit)
{
    return value ? Json(std::round(*value / unit) * unit) : Json(nullptr);
}

} // namespace

Json qualityOf(const rtp::Quality &quality)
{
    const bool known = quality.mos.has_value(), heard = quality.input.loss.has_value();
    const auto factor = [known](double value) { return known ? Json(value) : Json(nullptr); };
    return {{"mos", numberOrNull(quality.mos, 0.01)},
            {"r", numberOrNull(quality.r, 0.1)},
            {"codec", orNull(quality.input.encoding)},
            {"ie", factor(quality.ie)},
            {"bpl", known && quality.bpl > 0 ? Json(quality.bpl) : Json(nullptr)},
            {"ie_effective", factor(quality.ieEffective)},
            {"loss", heard ? Json(*quality.input.loss) : Json(nullptr)},
            {"delay_ms", heard ? Json(millisecondsOf(quality.delay)) : Json(nullptr)},
            {"delay_impairment", factor(quality.delayImpairment)},
            {"jitter_buffer_ms",
             heard ? Json(millisecondsOf(quality.input.jitterBuffer)) : Json(nullptr)},
            {"ptime_ms", quality.input.ptime.count() > 0 ? Json(millisecondsOf(quality.input.ptime))
                                                         : Json(nullptr)},
            {"round_trip_ms", quality.input.roundTrip
                                  ? Json(millisecondsOf(*quality.input.roundTrip))
                                  : Json(nullptr)},
            {"text", quality.why}};
}

std::string qualityJson(const rtp::Quality &quality)
{
    return dumped(qualityOf(quality));
}

} // namespace report
