// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/early_sound.h>

#include <algorithm>
#include <base/search.h>
#include <diagnosis/ears.h>
#include <diagnosis/facts.h>
#include <fmt/format.h>

namespace diagnosis {
namespace {

constexpr std::uint32_t kNobody = ~0U;

/// The early dialogs our media said it plays, one after another, before the early phase was over.
std::vector<std::uint32_t> toldPlayed(const Evidence &evidence, base::Instant until)
{
    std::vector<std::uint32_t> out;
    const auto &dialogs = evidence.call.earlyDialogs;
    for (const auto &place : evidence.call.rows) {
        const auto *const told = evidence.trace.local(place.row);
        if (told == nullptr || told->kind != base::LocalKind::MediaStarted ||
            evidence.time(place.row) >= until)
            continue;
        for (std::uint32_t i = 0; i < dialogs.size(); ++i)
            if (dialogs[i].toTag == told->toTag)
                out.push_back(i);
    }
    return out;
}

/// The answered call's own stream, of which a packet or two were faster than the 200 on its way
/// over proxies: nobody plays anything before the third (ears.h).
bool overtook(const Evidence &evidence, const rtp::Stream &stream, std::uint64_t early)
{
    constexpr std::uint64_t kPlayed = 3;
    return early < kPlayed && evidence.call.answered.known() && stream.packets > early &&
           stream.last > evidence.call.answered;
}

} // namespace

EarlyArrival earlyArrival(const Evidence &evidence, std::uint32_t earlyDialog, base::Instant until)
{
    EarlyArrival all, proven, elsewhere;
    if (earlyDialog >= evidence.call.earlyDialogs.size())
        return all;
    const base::Instant over = earlyEnd(evidence, earlyDialog);
    const base::Instant end = until.known() ? std::min(until, over) : over;
    std::uint64_t most = 0, mostProven = 0;
    const auto take = [](EarlyArrival &into, const BoundStream &bound, std::uint64_t packets,
                         std::uint64_t &best) {
        into.packets += packets;
        ++into.streams;
        if (!into.first.known() || bound.stream->first < into.first)
            into.first = bound.stream->first;
        if (packets > best) {
            best = packets;
            into.main = &bound;
        }
    };
    for (const auto &bound : evidence.streams) {
        const bool shared = earlyDialog < 64 && (bound.sharers >> earlyDialog & 1U) != 0;
        if (!bound.stream || !bound.towardsCaller || !bound.early ||
            (bound.earlyDialog != earlyDialog && !shared))
            continue;
        const std::uint64_t packets = bound.stream->arrivedBefore(end);
        if (packets == 0 || overtook(evidence, *bound.stream, packets))
            continue;
        if (bound.earlyDialog != earlyDialog) {
            if (packets > elsewhere.sharedPackets) {
                elsewhere.shared = &bound;
                elsewhere.sharedPackets = packets;
            }
            continue;
        }
        if (bound.astray) {
            if (packets > elsewhere.astrayPackets) {
                elsewhere.astray = &bound;
                elsewhere.astrayPackets = packets;
            }
            continue;
        }
        take(all, bound, packets, most);
        if (bound.stream->packets > 1)
            take(proven, bound, packets, mostProven);
    }
    if (proven.main != nullptr)
        return proven;
    return all.main != nullptr ? all : elsewhere;
}

std::string sharedPlace(const Evidence &evidence, const BoundStream &bound)
{
    constexpr std::size_t kMostNamed = 3;
    const auto &dialogs = evidence.call.earlyDialogs;
    std::vector<std::string> tags;
    for (std::size_t i = 0; i < std::min<std::size_t>(dialogs.size(), 64); ++i)
        if ((bound.sharers >> i & 1U) != 0)
            tags.push_back(dialogs[i].toTag.empty() ? "none" : shown(dialogs[i].toTag));
    if (tags.size() < 2)
        return {};
    const auto place = bound.stream->source.text();
    if (tags.size() > kMostNamed)
        return fmt::format("{} early dialogs name {}", tags.size(), place);
    const std::string last = tags.back();
    tags.pop_back();
    return fmt::format("To-tags {} and {} {} name {}", fmt::join(tags, ", "), last,
                       tags.size() == 1 ? "both" : "all", place);
}

std::vector<Payload> earlyPayloads(const Evidence &evidence, std::uint32_t earlyDialog)
{
    const auto *const main = earlyArrival(evidence, earlyDialog).main;
    return main == nullptr ? std::vector<Payload>()
                           : payloadsBefore(evidence, *main, earlyEnd(evidence, earlyDialog));
}

bool wasEarly(const Evidence &evidence, std::uint32_t earlyDialog)
{
    const auto &dialogs = evidence.call.earlyDialogs;
    if (earlyDialog >= dialogs.size())
        return false;
    const auto end = earlyEnd(evidence, earlyDialog);
    const auto &all = dialogs[earlyDialog].provisionals; // one may come behind the answer
    return std::any_of(all.begin(), all.end(),
                       [&](trace::RowId row) { return evidence.time(row) <= end; }) ||
           earlyArrival(evidence, earlyDialog).main != nullptr;
}

std::uint32_t heardInsteadOf(const Evidence &evidence, std::uint32_t earlyDialog)
{
    const auto &call = evidence.call;
    const auto came = earlyArrival(evidence, earlyDialog);
    if (came.main == nullptr || call.earlyDialogs.size() < 2 || !outgoingCall(evidence))
        return kNobody;
    base::Instant until = evidence.now;
    for (const auto over : {call.answered, call.ended})
        until = over.known() ? std::min(until, over) : until;
    const auto played = toldPlayed(evidence, until);
    if (!played.empty())
        return std::find(played.begin(), played.end(), earlyDialog) != played.end() ? kNobody
                                                                                    : played.back();
    std::uint32_t instead = kNobody;
    for (const auto &part : hearBy(EarPolicy::Rfc3960, earEvents(evidence), evidence.now)) {
        if (part.what != Hears::EarlyMedia || part.dialog >= call.earlyDialogs.size())
            continue;
        if (part.dialog != earlyDialog)
            instead = part.dialog;
        else if (part.at <= came.main->stream->last) // it still came: once at least it was heard
            return kNobody;
    }
    return instead;
}

bool notHeardHere(const Evidence &evidence, std::uint32_t earlyDialog)
{
    constexpr std::uint64_t kEnough = 25; // packets, half a second: it has made up its mind
    if (!outgoingCall(evidence) || earlyArrival(evidence, earlyDialog).packets < kEnough)
        return false;
    const auto until = earlyEnd(evidence, earlyDialog);
    const auto played = toldPlayed(evidence, until);
    return std::find(played.begin(), played.end(), earlyDialog) == played.end() &&
           std::any_of(evidence.call.rows.begin(), evidence.call.rows.end(),
                       [&](const calls::CallRow &place) {
                           const auto *const told = evidence.trace.local(place.row);
                           return told != nullptr &&
                                  told->kind == base::LocalKind::RingbackChanged &&
                                  evidence.time(place.row) < until;
                       });
}

bool withoutOutput(const Evidence &evidence)
{
    // Who wants no output misses no device: it then stands in what is said of the media.
    constexpr std::string_view kNotPlayed = "not played: no audio output";
    return std::any_of(
        evidence.call.rows.begin(), evidence.call.rows.end(), [&](const calls::CallRow &place) {
            const auto *const told = evidence.trace.local(place.row);
            return told != nullptr && (told->kind == base::LocalKind::NoAudioDevice ||
                                       (told->kind == base::LocalKind::MediaStarted &&
                                        told->sentence.find(kNotPlayed) != std::string::npos));
        });
}

bool descriptionCut(const Evidence &evidence, trace::RowId row)
{
    if (row.value >= evidence.trace.size() || evidence.trace.row(row).kind != trace::RowKind::Cut ||
        evidence.trace.row(row).hasSdp)
        return false;
    const sip::Message &message = evidence.message(row);
    if (message.number(sip::HeaderId::ContentLength) == 0U)
        return false;
    const std::string_view type = message.value(sip::HeaderId::ContentType);
    return type.empty() || base::containsNoCase(type, "sdp") ||
           base::containsNoCase(type, "multipart");
}

std::optional<rtp::Heard> earlySound(const Evidence &evidence, std::uint32_t earlyDialog)
{
    const BoundStream *const bound = earlyArrival(evidence, earlyDialog).main;
    if (bound == nullptr || !bound->stream->tape)
        return std::nullopt;
    const rtp::Tape &tape = *bound->stream->tape;
    return evidence.listens ? tape.heard(earlyEnd(evidence, earlyDialog)) : tape.told();
}

std::vector<rtp::Heard> earlySounds(const Evidence &evidence, std::uint32_t earlyDialog)
{
    const BoundStream *const main = earlyArrival(evidence, earlyDialog).main;
    if (main == nullptr)
        return {};
    // A later offer may have moved the media: another stream goes on where this one ended.
    std::vector<const rtp::Stream *> streams;
    for (const auto &bound : evidence.streams)
        if (bound.stream && bound.stream->tape && bound.towardsCaller && bound.early &&
            !bound.astray && bound.earlyDialog == earlyDialog &&
            (&bound == main || bound.stream->packets > 1))
            streams.push_back(bound.stream.get());
    std::sort(streams.begin(), streams.end(),
              [](const rtp::Stream *a, const rtp::Stream *b) { return a->first < b->first; });
    std::vector<rtp::Heard> out;
    const base::Instant end = earlyEnd(evidence, earlyDialog);
    for (const rtp::Stream *stream : streams) {
        const base::Duration since = stream->first - streams.front()->first;
        for (rtp::Heard &part : stream->tape->parts(end)) {
            part.from += since;
            part.to += since;
            out.push_back(std::move(part));
        }
    }
    return out;
}

} // namespace diagnosis
