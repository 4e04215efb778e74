// SPDX-License-Identifier: Apache-2.0
#include <ladder/sound_picture.h>

#include <algorithm>
#include <base/told_time.h>
#include <fmt/format.h>
#include <ladder/media_map.h>
#include <ladder/outline.h>
#include <sip/message.h>

namespace ladder {
namespace {

/// What the caller's or the callee's ear may follow: how the INVITE fares, PRACK, and its end.
bool matters(const trace::Row &row)
{
    if (row.kind != trace::RowKind::Message && row.kind != trace::RowKind::Cut)
        return false;
    switch (row.method) {
    case sip::Method::Invite:
        return row.status != 100;
    case sip::Method::Prack:
    case sip::Method::Cancel:
    case sip::Method::Bye:
        return row.status == 0;
    default:
        return false;
    }
}

SoundMark markOf(const trace::Row &row, trace::RowId id)
{
    return {row.time, id, row.status, roleOfStatus(row.status),
            row.status == 0 ? std::string(sip::methodText(row.method))
                            : std::to_string(row.status)};
}

/// What a tape knows in place of what the stream's own figures do not.
rtp::Loudness loudnessOf(const rtp::Stream &stream, bool &measuring)
{
    rtp::Loudness out = stream.loudness;
    if (stream.levelKnown || !stream.tape || stream.closed > stream.opened)
        return out;
    bool more = false;
    const rtp::Loudness taped = stream.tape->loudness(more);
    measuring = measuring || more;
    for (std::size_t i = 0; i < taped.cells(); ++i)
        if (const auto cell = taped.cell(i); cell.known == rtp::Loudness::Known::Level)
            out.add(taped.start() + static_cast<std::int64_t>(i) * taped.step(), cell.level);
    return out;
}

SoundLane laneOf(const diagnosis::Evidence &evidence, const MediaMap &media,
                 const diagnosis::BoundStream &bound, bool &measuring)
{
    SoundLane lane{bound.stream,
                   loudnessOf(*bound.stream, measuring),
                   bound.towardsCaller,
                   bound.early,
                   bound.towardsCaller ? "to the caller" : "to the callee",
                   media.codec(*bound.stream)};
    if (lane.codec.empty())
        lane.codec = fmt::format("type {}", bound.stream->payloadType);
    if (evidence.call.earlyDialogs.size() > 1 &&
        bound.earlyDialog < evidence.call.earlyDialogs.size())
        lane.direction += fmt::format(", dialog {}", bound.earlyDialog + 1);
    return lane;
}

void widen(SoundPicture &picture, base::Instant at)
{
    if (!base::hasClock(at))
        return;
    picture.from = picture.from.known() ? std::min(picture.from, at) : at;
    picture.to = std::max(picture.to, at);
}

} // namespace

SoundPicture soundPicture(const diagnosis::Evidence &evidence)
{
    SoundPicture out;
    for (const calls::CallRow &place : evidence.call.rows) {
        const trace::Row &row = evidence.trace.row(place.row);
        widen(out, row.time);
        if (place.original.valid() || !base::hasClock(row.time) || !matters(row))
            continue;
        if (row.method == sip::Method::Invite && row.status / 100 == 2 && !out.answered.known())
            out.answered = row.time;
        if (out.marks.size() < SoundPicture::kMostMarks)
            out.marks.push_back(markOf(row, place.row));
    }
    const auto earlier = [](const auto &a, const auto &b) { return a.at < b.at; };
    std::stable_sort(out.marks.begin(), out.marks.end(), earlier);
    std::vector<const diagnosis::BoundStream *> bound;
    for (const auto &each : evidence.streams)
        if (each.stream && each.stream->packets > 0)
            bound.push_back(&each);
    std::stable_sort(bound.begin(), bound.end(), [](const auto *a, const auto *b) {
        if (a->towardsCaller != b->towardsCaller)
            return a->towardsCaller;
        return a->stream->first < b->stream->first;
    });
    const MediaMap media = MediaMap::of(evidence);
    for (const auto *each : bound) {
        widen(out, each->stream->first);
        widen(out, each->stream->last);
        if (out.lanes.size() < SoundPicture::kMostLanes)
            out.lanes.push_back(laneOf(evidence, media, *each, out.measuring));
        else
            ++out.moreLanes;
    }
    return out;
}

trace::RowId rowAt(const diagnosis::Evidence &evidence, base::Instant at)
{
    trace::RowId best, first;
    for (const calls::CallRow &place : evidence.call.rows) {
        const base::Instant time = evidence.trace.row(place.row).time;
        if (!base::hasClock(time))
            continue;
        if (!first.valid() || time < evidence.trace.row(first).time)
            first = place.row;
        if (time <= at && (!best.valid() || time >= evidence.trace.row(best).time))
            best = place.row;
    }
    return best.valid() ? best : first;
}

} // namespace ladder
