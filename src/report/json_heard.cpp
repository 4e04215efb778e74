// SPDX-License-Identifier: Apache-2.0
// What is heard, in the JSON document.
#include <report/json.h>

#include <algorithm>
#include <cmath>
#include <diagnosis/early_sound.h>
#include <utility>

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

namespace {

/// One answer for several parts: what sounded longest; silence only where nothing sounded.
const rtp::Heard &longest(const std::vector<rtp::Heard> &parts)
{
    const auto worth = [](const rtp::Heard &part) {
        return std::pair(!rtp::isQuiet(part.what), part.to - part.from);
    };
    return *std::max_element(
        parts.begin(), parts.end(),
        [&](const rtp::Heard &a, const rtp::Heard &b) { return worth(a) < worth(b); });
}

} // namespace

Json earlySoundOf(const ReportCall &call, const diagnosis::Evidence &evidence, std::uint32_t index)
{
    // What came after the answer only is not what was heard before it.
    if (diagnosis::earlyArrival(evidence, index).main == nullptr)
        return nullptr;
    // Nor is what came to a call of ours while another dialog was played, or nothing.
    if (diagnosis::notHeardHere(evidence, index) ||
        diagnosis::heardInsteadOf(evidence, index) < evidence.call.earlyDialogs.size())
        return nullptr;
    std::vector<rtp::Heard> parts = diagnosis::earlySounds(evidence, index);
    std::optional<rtp::Heard> heard = diagnosis::earlySound(evidence, index);
    const auto own = call.heard.find(evidence.call.earlyDialogs[index].toTag);
    if (!heard && own != call.heard.end() && !own->second.empty()) {
        parts = own->second;
        heard = longest(parts);
    }
    if (!heard)
        return nullptr;
    Json out = heardOf(*heard), told = Json::array();
    for (const rtp::Heard &part : parts)
        told.push_back(heardOf(part));
    out["parts"] = std::move(told);
    return out;
}

} // namespace report
