// SPDX-License-Identifier: Apache-2.0
// Media that came before the caller was told of it for the first time. Pure, any thread.
#pragma once

#include <base/search.h>
#include <diagnosis/facts.h>
#include <optional>

namespace diagnosis {

/// The callee's first description of any early dialog, in a provisional or a 2xx; invalid: there is
/// none.
inline trace::RowId firstDescribed(const Evidence &evidence)
{
    trace::RowId first;
    for (const auto &dialog : evidence.call.earlyDialogs)
        for (const auto each : {dialog.firstSdp, dialog.answerSdp})
            if (each.valid() && (!first.valid() || evidence.time(each) < evidence.time(first)))
                first = each;
    return first;
}

struct Ahead {
    const BoundStream *bound = nullptr;
    trace::RowId described;    // the first description
    std::uint64_t packets = 0; // until then
    base::Duration lead{0};
};
/// Media towards the caller of an offer; nullopt: none, or no more than what is under way at the
/// same time as the description.
inline std::optional<Ahead> mediaAhead(const Evidence &evidence)
{
    constexpr std::uint64_t kEnough = 5; // a packet or two overtake
    constexpr auto kOvertaken = std::chrono::milliseconds(100);
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call || evidence.streams.empty() ||
        !hasSdp(evidence, call.invite))
        return std::nullopt;
    const auto described = firstDescribed(evidence);
    if (!described.valid())
        return std::nullopt;
    const auto known = evidence.time(described);
    for (const auto &bound : evidence.streams) {
        const auto early =
            bound.towardsCaller && !bound.astray ? bound.stream->arrivedBefore(known) : 0;
        if (early >= kEnough && bound.stream->first >= call.first &&
            known - bound.stream->first >= kOvertaken)
            return Ahead{&bound, described, early, known - bound.stream->first};
    }
    return std::nullopt;
}
/// The caller offered encrypted media, which nothing can be made of without the answer.
inline bool offersEncrypted(const Evidence &evidence)
{
    const auto *const offered = sdpOf(evidence, evidence.call.invite).audio();
    return offered != nullptr && base::containsNoCase(offered->protocol, "savp");
}

} // namespace diagnosis
