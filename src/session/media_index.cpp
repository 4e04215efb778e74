// SPDX-License-Identifier: Apache-2.0
#include <session/media_index.h>

#include <algorithm>
#include <sip/sdp.h>

namespace session {
namespace {

constexpr std::size_t kMostCallsPerPlace = 8;
constexpr std::size_t kMostClocksPerPlace = 32;
constexpr std::size_t kMostPlacesPerCall = 64;
constexpr std::size_t kMostStreamsPerPlace = 4096;
constexpr std::size_t kMostStreamsPerCall = 512;

template <class T> bool addOnce(std::vector<T> &list, const T &value, std::size_t most)
{
    if (std::find(list.begin(), list.end(), value) != list.end())
        return false;
    if (list.size() >= most)
        list.erase(list.begin());
    list.push_back(value);
    return true;
}

} // namespace

bool MediaIndex::learn(calls::CallId call, const sip::Message &message)
{
    const std::string_view text = message.sdp();
    if (text.empty())
        return false;
    const sip::Sdp sdp = sip::parseSdp(text);
    for (const sip::SdpMedia &media : sdp.media) {
        const auto endpoint = media.endpoint();
        if (!endpoint || endpoint->address.isUnspecified())
            continue;
        auto &places = m_calls.ensure(call);
        if (places.size() >= kMostPlacesPerCall)
            return true;
        addOnce(places, *endpoint, kMostPlacesPerCall);
        Place &place = m_places.ensure(*endpoint);
        place.named = true;
        addOnce(place.calls, call, kMostCallsPerPlace);
        for (const sip::SdpFormat &format : media.formats) {
            if (format.payloadType < 0 || format.payloadType > 127 || format.map.clock == 0)
                continue;
            const auto type = static_cast<std::uint8_t>(format.payloadType);
            const auto known = std::find_if(place.clocks.begin(), place.clocks.end(),
                                            [&](const Clock &c) { return c.payloadType == type; });
            if (known != place.clocks.end())
                known->rate = format.map.clock;
            else if (place.clocks.size() < kMostClocksPerPlace)
                place.clocks.push_back({type, format.map.clock});
        }
    }
    return true;
}

void MediaIndex::addStream(rtp::StreamId stream, const base::Endpoint &source,
                           const base::Endpoint &destination, base::Instant first)
{
    for (const base::Endpoint &end : {source, destination}) {
        auto &streams = m_places.ensure(end).streams;
        if (streams.size() >= kMostStreamsPerPlace)
            streams.erase(streams.begin(), streams.begin() + kMostStreamsPerPlace / 2);
        streams.push_back({first, stream});
    }
}

bool MediaIndex::namedInSdp(const base::Endpoint &endpoint)
{
    const Place *place = m_places.find(endpoint);
    return place != nullptr && place->named;
}

std::uint32_t MediaIndex::clock(const base::Endpoint &destination, std::uint8_t payloadType)
{
    const Place *place = m_places.find(destination);
    if (place == nullptr)
        return 0;
    for (const Clock &clock : place->clocks) {
        if (clock.payloadType == payloadType)
            return clock.rate;
    }
    return 0;
}

std::span<const calls::CallId> MediaIndex::calls(const base::Endpoint &endpoint)
{
    const Place *place = m_places.find(endpoint);
    if (place == nullptr)
        return {};
    return place->calls;
}

std::vector<rtp::StreamId> MediaIndex::streams(calls::CallId call, base::Instant until)
{
    std::vector<rtp::StreamId> out;
    const auto *places = m_calls.find(call);
    if (places == nullptr)
        return out;
    for (const base::Endpoint &endpoint : *places) {
        const Place *place = m_places.find(endpoint);
        if (place == nullptr)
            continue;
        const auto &streams = place->streams;
        auto at = std::upper_bound(
            streams.begin(), streams.end(), until,
            [](base::Instant limit, const Seen &seen) { return limit < seen.first; });
        for (std::size_t taken = 0; at != streams.begin() && taken < kMostStreamsPerCall; ++taken)
            out.push_back((--at)->stream);
    }
    std::sort(out.begin(), out.end(), [](rtp::StreamId a, rtp::StreamId b) { return b < a; });
    out.erase(std::unique(out.begin(), out.end()), out.end());
    if (out.size() > kMostStreamsPerCall)
        out.resize(kMostStreamsPerCall);
    return out;
}

} // namespace session
