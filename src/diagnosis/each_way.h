// SPDX-License-Identifier: Apache-2.0
// Rules about the quality of media tell of both directions at once, where both are bad. Pure
// functions of the Evidence, any thread.
#pragma once

#include <algorithm>
#include <diagnosis/facts.h>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <vector>

namespace diagnosis {

/// Of each direction the stream that `measure` finds worst, of those that belong to the call and
/// lie above `limit`; the worst first.
template <class Measure>
std::vector<const BoundStream *> worstEachWay(const Evidence &evidence, double limit,
                                              Measure measure)
{
    std::vector<const BoundStream *> worst;
    for (const auto &bound : evidence.streams) {
        if (bound.certainty == Certainty::Guess || !(measure(bound) > limit))
            continue;
        const auto known = std::find_if(worst.begin(), worst.end(), [&](const auto *each) {
            return each->towardsCaller == bound.towardsCaller;
        });
        if (known == worst.end())
            worst.push_back(&bound);
        else if (measure(bound) > measure(**known))
            *known = &bound;
    }
    std::stable_sort(worst.begin(), worst.end(),
                     [&](const auto *a, const auto *b) { return measure(*a) > measure(*b); });
    return worst;
}

/// "caller", or both of them.
inline std::string_view hearers(const std::vector<const BoundStream *> &bad)
{
    return bad.size() > 1               ? "caller and the callee"
           : bad.front()->towardsCaller ? "caller"
                                        : "callee";
}
/// "s" where one alone does it: "The caller hears".
inline std::string_view verbEnding(const std::vector<const BoundStream *> &bad)
{
    return bad.size() > 1 ? "" : "s";
}
inline std::vector<EvidenceRef> places(const std::vector<const BoundStream *> &bad,
                                       const std::string &note)
{
    std::vector<EvidenceRef> out;
    for (const auto *each : bad)
        out.push_back(at(*each->stream, note));
    return out;
}

/// What was counted at one socket may be the capture's own loss; our own sockets see all there is.
inline Grade gradeOfMedia(const Evidence &evidence)
{
    return ownCall(evidence) ? Grade::Seen : Grade::Likely;
}

/// What can be done about packets that did not come.
inline std::vector<Fix> fixesOfLoss(std::string network)
{
    return {{std::move(network), "operator", Action::None},
            {"Make sure that the capture itself lost nothing: its own count of dropped packets.",
             "who captures", Action::None}};
}

} // namespace diagnosis
