// SPDX-License-Identifier: Apache-2.0
// What is heard, in the JSON document.
#include <report/json.h>

#include <cmath>
#include <diagnosis/early_sound.h>

namespace report {

namespace {

double rounded(double value, double step)
{
    return std::round(value / step) * step + 0.0; // no "-0.0"
}

} // namespace

Json heardOf(const rtp::Heard &heard)
{
    Json hertz = Json::array(), cadence = Json::array();
    for (const double each : heard.hertz)
        hertz.push_back(rounded(each, 1));
    for (const base::Duration each : heard.cadence)
        cadence.push_back(rounded(base::toMilliseconds(each), 1));
    const bool one = heard.countries.size() == 1;
    return {{"what", std::string(rtp::soundKey(heard.what))},
            {"confidence", rounded(heard.confidence, 0.01)},
            {"settled", heard.settled},
            {"country", one ? Json(std::string(heard.countries.front())) : Json(nullptr)},
            {"countries", heard.countries},
            {"frequencies", std::move(hertz)},
            {"cadence_ms", std::move(cadence)},
            {"level_dbfs", rounded(heard.level, 0.1)},
            {"from", rounded(base::toSeconds(heard.from), 0.001)},
            {"to", rounded(base::toSeconds(heard.to), 0.001)},
            {"text", rtp::describe(heard)}};
}

Json earlySoundOf(const ReportCall &call, const diagnosis::Evidence &evidence, std::uint32_t index)
{
    if (const auto heard = diagnosis::earlySound(evidence, index)) {
        Json out = heardOf(*heard), parts = Json::array();
        for (const rtp::Heard &part : diagnosis::earlySounds(evidence, index))
            parts.push_back(heardOf(part));
        out["parts"] = std::move(parts);
        return out;
    }
    const auto own = call.heard.find(evidence.call.earlyDialogs[index].toTag);
    if (own == call.heard.end())
        return nullptr;
    Json out = heardOf(own->second);
    out["parts"] = Json::array({heardOf(own->second)});
    return out;
}

} // namespace report
