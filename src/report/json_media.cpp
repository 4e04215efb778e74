// SPDX-License-Identifier: Apache-2.0
// The media of the JSON document: early dialogs with what was heard of each, and RTP streams.
#include <report/json.h>

#include <algorithm>
#include <diagnosis/early_sound.h>
#include <diagnosis/in_force.h>
#include <fmt/format.h>
#include <map>
#include <report/facts.h>
#include <report/streams.h>

namespace report {

namespace {

constexpr std::size_t kMostProvisionals = 64; // of one dialog; a callee may send them for ever

Json verdictJson(const ReportInput &input, const ladder::Outline &outline,
                 const std::optional<diagnosis::Verdict> &verdict)
{
    if (!verdict)
        return nullptr;
    static constexpr const char *kLights[] = {"green", "amber", "red"};
    Json facts = Json::array();
    for (const diagnosis::VerdictFact &fact : verdict->facts) {
        const auto row = rowNumber(outline, fact.evidence);
        facts.push_back({{"name", fact.name},
                         {"value", shown(input, fact.value)},
                         {"light", kLights[static_cast<std::size_t>(fact.light) % 3]},
                         {"row", row ? Json(*row) : Json(nullptr)}});
    }
    return {{"light", kLights[static_cast<std::size_t>(verdict->light) % 3]},
            {"text", shown(input, verdict->sentence)},
            {"facts", std::move(facts)}};
}

/// null: that part of the message was not captured.
Json described(const diagnosis::Evidence &evidence, bool seen, std::span<const trace::RowId> rows)
{
    const bool cut = std::any_of(rows.begin(), rows.end(), [&](trace::RowId row) {
        return diagnosis::descriptionCut(evidence, row);
    });
    return seen || !cut ? Json(seen) : Json(nullptr);
}

/// Each 101-199 of the dialog with what it let the caller hear.
Json provisionalsOf(const ReportInput &input, const ReportCall &call,
                    const diagnosis::Evidence &evidence, const calls::EarlyDialog &dialog,
                    const ladder::Outline &outline)
{
    Json out = Json::array();
    for (const trace::RowId row : dialog.provisionals) {
        if (out.size() == kMostProvisionals)
            break;
        out.push_back({{"code", input.trace.row(row).status},
                       {"seconds", secondsSince(call, input.trace.row(row).time)},
                       {"row", numberOf(outline, {ladder::TargetKind::Row, row.value})},
                       {"sdp", described(evidence, evidence.describesMedia(row), {&row, 1})},
                       {"verdict", verdictJson(input, outline,
                                               diagnosis::provisionalVerdict(evidence, row))}});
    }
    return out;
}

std::string_view stateText(calls::EarlyState state)
{
    switch (state) {
    case calls::EarlyState::Confirmed:
        return "confirmed";
    case calls::EarlyState::Terminated:
        return "terminated";
    default:
        return "early";
    }
}

std::string ssrcText(const rtp::Stream &stream)
{
    return fmt::format("{:08x}", stream.ssrc);
}

/// Of most packets before the answer, by the descriptions of that time.
Json earlyCodec(const diagnosis::Evidence &evidence, std::uint32_t index,
                const ladder::MediaMap &media)
{
    const auto types = diagnosis::earlyPayloads(evidence, index);
    if (types.empty())
        return nullptr;
    const auto *const main = diagnosis::earlyArrival(evidence, index).main;
    return orNull(!types.front().codec.empty() ? types.front().codec
                                               : media.codec(*main->stream, types.front().type));
}

/// Where, which way and as what the audio of a description is.
Json audioOf(const ReportInput &input, const diagnosis::Evidence &evidence, trace::RowId sdp)
{
    Json address = nullptr, direction = nullptr, codecs = Json::array();
    if (const auto *audio = sdp.valid() ? evidence.sdp(sdp).audio() : nullptr) {
        if (const auto endpoint = audio->endpoint())
            address = endpoint->text();
        direction = std::string(sip::directionText(audio->direction));
        for (const sip::SdpFormat &format : audio->formats)
            codecs.push_back(
                shown(input, format.map.encoding.empty() ? format.text : format.map.encoding));
    }
    return {{"address", std::move(address)},
            {"direction", std::move(direction)},
            {"codecs", std::move(codecs)}};
}

/// What the first SDP of an early dialog promised, what a later one made of it before the answer,
/// and what came of it.
Json mediaOf(const ReportInput &input, const diagnosis::Evidence &evidence, std::uint32_t index,
             const ladder::MediaMap &media)
{
    const calls::EarlyDialog &dialog = evidence.call.earlyDialogs[index];
    const auto came = diagnosis::earlyArrival(evidence, index);
    const trace::RowId sdp = dialog.firstSdp.valid() ? dialog.firstSdp : dialog.answerSdp;
    Json out = audioOf(input, evidence, sdp);
    const trace::RowId newest = diagnosis::earlyDescription(evidence, index);
    Json later = newest.valid() ? audioOf(input, evidence, newest) : out;
    std::vector<trace::RowId> rows = dialog.provisionals;
    rows.push_back(dialog.answer);
    out["changed_to"] = later == out ? Json(nullptr) : std::move(later);
    out["sdp"] = described(evidence, sdp.valid(), rows);
    out["p_early_media"] = orNull(shown(input, dialog.earlyMedia));
    out["rtp_packets"] = came.packets;
    out["first_rtp"] =
        came.main == nullptr ? Json(nullptr) : Json(secondsOf(came.first - evidence.call.first));
    out["codec"] = earlyCodec(evidence, index, media);
    return out;
}

Json boundTo(const ReportInput &input, const StreamPlace &place)
{
    if (place.call == nullptr)
        return nullptr;
    const std::string *tag = toTagOf(place);
    return {{"call_id", shown(input, place.call->call->callId)},
            {"to_tag", tag != nullptr ? Json(shown(input, *tag)) : Json(nullptr)},
            {"certainty", std::string(certaintyText(place.bound->certainty))}};
}

/// Names of codecs by the SDP of a stream's call, which is read once for all streams of it.
class Codecs
{
public:
    explicit Codecs(const ReportInput &input) : m_input(input) {}
    std::string of(const StreamPlace &place)
    {
        if (place.call == nullptr)
            return ladder::MediaMap().codec(*place.stream);
        auto at = m_maps.find(place.call);
        if (at == m_maps.end())
            at = m_maps.emplace(place.call, ladder::MediaMap::of(evidenceOf(m_input, *place.call)))
                     .first;
        return at->second.codec(*place.stream);
    }

private:
    const ReportInput &m_input;
    std::map<const ReportCall *, ladder::MediaMap> m_maps;
};

/// The stream the other way between the same two sockets; of several the one that reports are
/// about.
class Backwards
{
public:
    explicit Backwards(const std::vector<StreamPlace> &places)
    {
        for (const StreamPlace &place : places) {
            const rtp::Stream *&at = m_streams[{place.stream->source, place.stream->destination}];
            if (at == nullptr || at->reports.empty())
                at = &*place.stream;
        }
    }
    const rtp::Stream *of(const rtp::Stream &stream) const
    {
        const auto at = m_streams.find({stream.destination, stream.source});
        return at != m_streams.end() ? at->second : nullptr;
    }

private:
    std::map<std::pair<base::Endpoint, base::Endpoint>, const rtp::Stream *> m_streams;
};

Json streamOf(const ReportInput &input, const StreamPlace &place, const std::string &codec,
              const Backwards &backwards)
{
    const rtp::Stream &stream = *place.stream;
    Json types = Json::array();
    for (std::size_t type = 0; type < stream.payloadTypes.size(); ++type)
        if (stream.payloadTypes[type] != 0)
            types.push_back(type);
    Json out = {{"source", stream.source.text()},
                {"destination", stream.destination.text()},
                {"ssrc", ssrcText(stream)},
                {"payload_types", std::move(types)},
                {"packets", stream.packets},
                {"bytes", stream.bytes},
                {"expected", stream.expected},
                {"lost", stream.lost},
                {"duplicates", stream.duplicates},
                {"reordered", stream.reordered},
                {"jitter_ms", millisecondsOf(stream.jitter)},
                {"longest_gap_ms", millisecondsOf(stream.maxGap)},
                {"first", utcOrNull(stream.first)},
                {"last", utcOrNull(stream.last)},
                {"seconds", secondsOf(stream.last - stream.first)},
                {"bound_to", boundTo(input, place)},
                {"codec", orNull(codec)}};
    const auto quality = qualityOf(rtp::qualityOf(stream, codec, backwards.of(stream)));
    out["mos"] = quality["mos"];
    out["quality"] = quality;
    out.update(streamDetailsOf(input, stream));
    return out;
}

} // namespace

Json earlyDialogsOf(const ReportInput &input, const ReportCall &call,
                    const ladder::Outline &outline, const ladder::MediaMap &media)
{
    Json out = Json::array();
    const auto evidence = evidenceOf(input, call);
    for (std::uint32_t i = 0; i < call.call->earlyDialogs.size(); ++i) {
        if (!diagnosis::wasEarly(evidence, i))
            continue; // answered at once
        const calls::EarlyDialog &dialog = call.call->earlyDialogs[i];
        Json heard = mediaOf(input, evidence, i, media);
        Json sound = earlySoundOf(call, evidence, i);
        heard["heard"] = sound;
        Json packets = heard["rtp_packets"], first = heard["first_rtp"], codec = heard["codec"];
        const auto file = std::find_if(
            call.recordings.begin(), call.recordings.end(), [&](const Recording &each) {
                return each.toTag == dialog.toTag && each.direction == "received";
            });
        out.push_back(
            {{"to_tag", shown(input, dialog.toTag)},
             {"state", std::string(stateText(dialog.state))},
             {"sdp", described(evidence, dialog.firstSdp.valid(), dialog.provisionals)},
             {"answer_sdp", described(evidence, dialog.answerSdp.valid(), {&dialog.answer, 1})},
             {"reliable", !dialog.reliables.empty()},
             {"media", std::move(heard)},
             {"rtp_packets", std::move(packets)},
             {"first_rtp", std::move(first)},
             {"codec", std::move(codec)},
             {"heard", std::move(sound)},
             {"recording", file == call.recordings.end() ? Json(nullptr) : Json(file->file)},
             {"verdict", verdictJson(input, outline, verdictOf(evidence, i))},
             {"provisionals", provisionalsOf(input, call, evidence, dialog, outline)}});
    }
    return out;
}

/// To-tags of the early dialogs that named the place it comes from; null: one alone did.
Json sharersOf(const ReportInput &input, const calls::Call &call,
               const diagnosis::BoundStream &bound)
{
    Json out = nullptr;
    for (std::size_t i = 0; i < std::min<std::size_t>(call.earlyDialogs.size(), 64); ++i)
        if ((bound.sharers >> i & 1U) != 0)
            out.push_back(shown(input, call.earlyDialogs[i].toTag));
    return out;
}

Json streamsOf(const ReportInput &input, const ReportCall &call, const ladder::Outline &outline,
               const ladder::MediaMap &media)
{
    Json out = Json::array();
    for (const diagnosis::BoundStream &bound : call.streams) {
        if (!bound.stream)
            continue;
        const rtp::Stream &stream = *bound.stream;
        const auto &dialogs = call.call->earlyDialogs;
        out.push_back({{"ssrc", ssrcText(stream)},
                       {"source", stream.source.text()},
                       {"destination", stream.destination.text()},
                       {"codec", orNull(media.codec(stream))},
                       {"payload_type", ladder::mainPayloadType(stream)},
                       {"to_tag", bound.earlyDialog < dialogs.size()
                                      ? Json(shown(input, dialogs[bound.earlyDialog].toTag))
                                      : Json(nullptr)},
                       {"certainty", std::string(certaintyText(bound.certainty))},
                       {"shared_by", sharersOf(input, *call.call, bound)},
                       {"towards_caller", bound.towardsCaller},
                       {"early", bound.early},
                       {"packets", stream.packets},
                       {"lost", stream.lost},
                       {"duplicates", stream.duplicates},
                       {"reordered", stream.reordered},
                       {"jitter_ms", millisecondsOf(stream.jitter)},
                       {"first", secondsOf(stream.first - call.call->first)},
                       {"last", secondsSince(call, stream.last)},
                       {"level_dbfs", stream.levelKnown ? Json(stream.level) : Json(nullptr)},
                       {"row", numberOf(outline, {ladder::TargetKind::Stream, stream.id.value})}});
    }
    return out;
}

Json allStreamsOf(const ReportInput &input)
{
    Json out = Json::array();
    Codecs codecs(input);
    const auto places = streamPlaces(input);
    const Backwards backwards(places);
    for (const StreamPlace &place : places)
        out.push_back(streamOf(input, place, codecs.of(place), backwards));
    return out;
}

} // namespace report
