// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/private_place.h>

#include <algorithm>
#include <diagnosis/facts.h>

namespace diagnosis {
namespace {

constexpr std::size_t kMostRead = 16; // descriptions of a call

bool findsAnother(const sip::Sdp &sdp) // ICE
{
    const auto candidate = [](std::string_view a) { return a.substr(0, 10) == "candidate:"; };
    return std::any_of(sdp.media.begin(), sdp.media.end(), [&](const sip::SdpMedia &media) {
        return std::any_of(media.attributes.begin(), media.attributes.end(), candidate);
    });
}

/// Media sent to a public address of that side, or seen within its own network, is on its way. That
/// side's own media from outside shows that the far end may answer to where it comes from, unless
/// the far end is seen to send to the private address.
bool solved(const Evidence &evidence, const PrivatePlace &of)
{
    bool comesOut = false, goesAstray = false;
    for (const auto &bound : evidence.streams) {
        const auto &source = bound.stream->source, &destination = bound.stream->destination;
        if (source == of.place)
            return true;
        if (bound.towardsCaller != of.byCaller)
            comesOut = comesOut || !source.address.isPrivate();
        else if (destination.address == of.place.address)
            goesAstray = true;
        else if (!destination.address.isPrivate())
            return true;
    }
    return comesOut && !goesAstray;
}

bool sentByCaller(const Evidence &evidence, const trace::Row &row)
{
    const bool callerFrom = evidence.trace.tag(row.fromTag) == evidence.call.fromTag;
    return callerFrom == (row.status == 0);
}

/// The very description came from a private address at another hop: its sender stands within the
/// network of the element that hands it on, not behind a NAT that the far end sees.
bool fromWithin(const Evidence &evidence, const base::Endpoint &place)
{
    std::size_t read = 0;
    return std::any_of(evidence.call.rows.begin(), evidence.call.rows.end(),
                       [&](const calls::CallRow &entry) {
                           const auto &row = evidence.trace.row(entry.row);
                           if (entry.original.valid() || row.kind != trace::RowKind::Message ||
                               !hasSdp(evidence, entry.row) || ++read > kMostRead ||
                               !evidence.trace.source(entry.row).address.isPrivate())
                               return false;
                           const auto *const audio = sdpOf(evidence, entry.row).audio();
                           const auto named = audio != nullptr ? audio->endpoint() : std::nullopt;
                           return named && *named == place;
                       });
}

} // namespace

std::optional<PrivatePlace> privatePlace(const Evidence &evidence)
{
    std::size_t read = 0;
    for (const auto &entry : evidence.call.rows) {
        const auto &row = evidence.trace.row(entry.row);
        if (entry.original.valid() || row.kind != trace::RowKind::Message ||
            !hasSdp(evidence, entry.row))
            continue;
        if (++read > kMostRead)
            break;
        const auto source = evidence.trace.source(entry.row).address;
        const auto target = evidence.trace.destination(entry.row).address;
        // Only where the signalling itself crosses public addresses the private one cannot be
        // reached.
        if (!source.known() || source.isPrivate() || !target.known() || target.isPrivate())
            continue;
        const auto &sdp = sdpOf(evidence, entry.row);
        const auto *const audio = sdp.audio();
        const auto place = audio != nullptr && audio->port != 0 ? audio->endpoint() : std::nullopt;
        if (!place || place->address.isUnspecified() || !place->address.isPrivate())
            continue;
        const PrivatePlace found{entry.row, sentByCaller(evidence, row), *place, source};
        if (!findsAnother(sdp) && !solved(evidence, found) && !fromWithin(evidence, *place))
            return found;
    }
    return std::nullopt;
}

} // namespace diagnosis
