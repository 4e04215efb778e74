// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/suppression.h>

#include <algorithm>
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/format_parameter.h>
#include <diagnosis/in_force.h>

namespace diagnosis {
namespace {

bool says(std::string_view fmtp, std::string_view name, std::string_view value)
{
    const auto said = formatParameter(fmtp, name);
    return said && base::equalsNoCase(*said, value);
}

} // namespace

bool maySuppress(const Evidence &evidence, const BoundStream &bound)
{
    constexpr std::size_t kComfortNoise = 13;
    if (bound.stream->payloadTypes[kComfortNoise] != 0)
        return true;
    bool g729 = false, annexB = true;
    for (const Described &each : descriptions(evidence, bound.earlyDialog)) {
        const auto *const audio = sdpOf(evidence, each.row).audio();
        if (audio == nullptr)
            continue;
        for (const auto &format : audio->formats) {
            const auto is = [&format](std::string_view encoding) {
                return base::equalsNoCase(format.map.encoding, encoding);
            };
            if (is("CN") || (is("opus") && says(format.fmtp, "usedtx", "1")) ||
                (is("speex") && says(format.fmtp, "vad", "on")))
                return true;
            if (is("G729")) {
                g729 = true;
                annexB = annexB && !says(format.fmtp, "annexb", "no");
            }
        }
    }
    return g729 && annexB;
}

} // namespace diagnosis
