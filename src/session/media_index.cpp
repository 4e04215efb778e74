// SPDX-License-Identifier: Apache-2.0
#include <session/media_index.h>

#include <algorithm>
#include <base/text.h>
#include <sip/address.h>

namespace session {
namespace {

constexpr std::size_t kMostFormatsPerPlace = 64;
constexpr std::size_t kMostPlacesPerCall = 64;
constexpr std::size_t kMostStreamsPerPlace = 4096;
constexpr std::size_t kMostStreamsPerCall = 512;
constexpr std::size_t kMostKeysPerPlace = 8;
constexpr std::size_t kMostKeysTried = 16;
constexpr std::size_t kMostCandidates = 16; // of one media description

template <class T> bool addOnce(std::vector<T> &list, const T &value, std::size_t most)
{
    if (std::find(list.begin(), list.end(), value) != list.end())
        return false;
    if (list.size() >= most)
        list.erase(list.begin());
    list.push_back(value);
    return true;
}

/// "rtcp:53020" or "rtcp:53020 IN IP4 192.0.2.1" (RFC 3605 section 2.1).
std::optional<base::Endpoint> rtcpEndpoint(std::string_view attribute,
                                           const base::Address &mediaAddress)
{
    constexpr std::string_view kName = "rtcp:";
    if (attribute.substr(0, kName.size()) != kName)
        return std::nullopt;
    attribute = base::trim(attribute.substr(kName.size()));
    const std::size_t blank = std::min(attribute.find(' '), attribute.size());
    const auto port = base::toInteger(attribute.substr(0, blank));
    if (!port || *port <= 0 || *port > 65535)
        return std::nullopt;
    base::Endpoint out{mediaAddress, static_cast<std::uint16_t>(*port)};
    if (const std::size_t last = attribute.rfind(' '); last != std::string_view::npos) {
        if (const auto address = sip::addressOf(attribute.substr(last + 1)))
            out.address = *address;
    }
    return out;
}

} // namespace

bool MediaIndex::learn(calls::CallId call, std::string_view description, base::Instant time)
{
    if (description.empty())
        return false;
    m_time = time;
    const sip::Sdp sdp = sip::parseSdp(description);
    for (const sip::SdpMedia &media : sdp.media)
        learnMedia(call, media);
    return true;
}

void MediaIndex::learnMedia(calls::CallId call, const sip::SdpMedia &media)
{
    if (const auto endpoint = media.endpoint())
        learnPlace(call, *endpoint, media);
    std::size_t taken = 0;
    for (const std::string_view attribute : media.attributes) {
        if (const auto rtp = media.endpoint()) {
            const auto rtcp = rtcpEndpoint(attribute, rtp->address);
            if (rtcp && *rtcp != *rtp)
                m_places.ensure(*rtcp).rtp = *rtp;
        }
        const auto endpoint = sip::candidateEndpoint(attribute);
        if (endpoint && taken++ < kMostCandidates)
            learnPlace(call, *endpoint, media);
    }
}

void MediaIndex::learnPlace(calls::CallId call, const base::Endpoint &endpoint,
                            const sip::SdpMedia &media)
{
    auto &places = m_calls.ensure(call);
    if (places.size() >= kMostPlacesPerCall &&
        std::find(places.begin(), places.end(), endpoint) == places.end())
        return;
    addOnce(places, endpoint, kMostPlacesPerCall);
    Place &place = m_places.ensure(endpoint);
    place.named = true;
    place.secure = media.protocol.find("SAVP") != std::string_view::npos;
    place.dtls = media.protocol.find("TLS/") != std::string_view::npos;
    claim(place, call);
    for (const sip::SdpFormat &format : media.formats) {
        if (format.payloadType < 0 || format.payloadType > 127 || format.map.clock == 0)
            continue;
        const Format told{
            static_cast<std::uint8_t>(format.payloadType),
            base::equalsNoCase(format.map.encoding, "telephone-event"), format.map.clock,
            rtp::namedVoice(format.map.encoding, format.map.clock, format.map.channels)};
        const auto known =
            std::find_if(place.formats.begin(), place.formats.end(),
                         [&](const Format &f) { return f.payloadType == told.payloadType; });
        if (known != place.formats.end())
            *known = told;
        else if (place.formats.size() < kMostFormatsPerPlace)
            place.formats.push_back(told);
    }
    place.keyed = false;
    learnKeys(place, media);
}

/// The key in an offer or answer is what its author sends with (RFC 4568 section 5.1).
void MediaIndex::learnKeys(Place &place, const sip::SdpMedia &media)
{
    constexpr std::string_view kCrypto = "crypto:";
    for (const std::string_view attribute : media.attributes) {
        if (attribute.substr(0, kCrypto.size()) != kCrypto)
            continue;
        for (rtp::SdesKey &sdes : rtp::sdesKeys(attribute.substr(kCrypto.size()))) {
            place.keyed = true;
            keep(place, std::move(sdes));
        }
    }
}

void MediaIndex::keep(Place &place, rtp::SdesKey sdes)
{
    const auto known = std::find_if(place.keys.begin(), place.keys.end(),
                                    [&](const Key &key) { return key.sdes == sdes; });
    if (known != place.keys.end())
        return;
    if (place.keys.size() >= kMostKeysPerPlace)
        place.keys.erase(place.keys.begin());
    std::shared_ptr<rtp::SrtpOpener> opener = rtp::SrtpOpener::open(sdes);
    place.keys.push_back({std::move(sdes), std::move(opener)});
    ++m_keys;
}

void MediaIndex::learnKey(const base::Endpoint &sender, const rtp::SdesKey &key)
{
    Place &place = m_places.ensure(sender);
    place.secure = true;
    keep(place, key);
}

const MediaIndex::Format *MediaIndex::Place::format(std::uint8_t payloadType) const
{
    const auto known = std::find_if(formats.begin(), formats.end(), [&](const Format &format) {
        return format.payloadType == payloadType;
    });
    return known != formats.end() ? &*known : nullptr;
}

void MediaIndex::seal(const base::Endpoint &endpoint)
{
    Place &place = m_places.ensure(endpoint);
    place.secure = place.dtls = true;
}

std::vector<std::shared_ptr<rtp::SrtpOpener>> MediaIndex::keys(const base::Endpoint &source,
                                                               const base::Endpoint &destination)
{
    std::vector<std::shared_ptr<rtp::SrtpOpener>> out;
    const auto take = [&](const base::Endpoint &endpoint) {
        const Place *known = place(endpoint);
        if (known == nullptr)
            return;
        for (auto key = known->keys.rbegin(); key != known->keys.rend(); ++key) {
            if (key->opener && out.size() < kMostKeysTried)
                out.push_back(key->opener);
        }
    };
    take(source);
    if (!out.empty())
        return out;
    // Behind a NAT the source is not what SDP named: what else its calls named may be its.
    const Place *at = place(destination);
    const std::vector<calls::CallId> calls = at != nullptr ? at->calls : decltype(at->calls){};
    for (auto call = calls.rbegin(); call != calls.rend(); ++call) {
        const auto *places = m_calls.find(*call);
        if (places == nullptr)
            continue;
        for (const base::Endpoint &other : std::vector<base::Endpoint>(*places)) {
            if (other != destination)
                take(other);
        }
    }
    return out;
}

void MediaIndex::addStream(const Seen &seen, const base::Endpoint &source,
                           const base::Endpoint &destination)
{
    for (const base::Endpoint &end : {source, destination}) {
        auto &streams = m_places.ensure(end).streams;
        if (streams.size() >= kMostStreamsPerPlace)
            streams.erase(streams.begin(), streams.begin() + kMostStreamsPerPlace / 2);
        streams.push_back(seen);
    }
}

bool MediaIndex::namedInSdp(const base::Endpoint &endpoint)
{
    const Place *known = place(endpoint);
    return known != nullptr && known->named;
}

std::optional<base::Endpoint> MediaIndex::rtpOf(const base::Endpoint &endpoint)
{
    const Place *known = place(endpoint);
    if (known == nullptr || !known->rtp.known())
        return std::nullopt;
    return known->rtp;
}

std::uint32_t MediaIndex::clock(const base::Endpoint &destination, std::uint8_t payloadType)
{
    const Place *known = place(destination);
    const Format *format = known != nullptr ? known->format(payloadType) : nullptr;
    return format != nullptr ? format->rate : 0;
}

std::span<const calls::CallId> MediaIndex::calls(const base::Endpoint &endpoint)
{
    const Place *known = place(endpoint);
    if (known == nullptr)
        return {};
    return known->calls;
}

bool MediaIndex::named(calls::CallId call, const base::Endpoint &endpoint)
{
    const auto *places = m_calls.find(call);
    return places != nullptr &&
           std::find(places->begin(), places->end(), endpoint) != places->end();
}

bool MediaIndex::ofAnother(calls::CallId call, const base::Endpoint &source,
                           const base::Endpoint &destination)
{
    for (const auto &[end, other] :
         {std::pair(source, destination), std::pair(destination, source)}) {
        const Place *at = named(call, end) ? nullptr : place(end);
        const std::vector<calls::CallId> calls = at != nullptr ? at->calls : decltype(at->calls){};
        if (std::any_of(calls.begin(), calls.end(), [&, &far = other](calls::CallId one) {
                return one != call && named(one, far);
            }))
            return true;
    }
    return false;
}

std::vector<rtp::StreamId> MediaIndex::streams(calls::CallId call, base::Instant until)
{
    std::vector<rtp::StreamId> out;
    std::vector<const Place *> all;
    if (const auto *places = m_calls.find(call); places != nullptr) {
        for (const base::Endpoint &endpoint : std::vector<base::Endpoint>(*places))
            if (const Place *known = place(endpoint))
                all.push_back(known);
    }
    // Many calls may share a socket; what is at a call's own end is found first.
    std::sort(all.begin(), all.end(),
              [](const Place *a, const Place *b) { return a->streams.size() < b->streams.size(); });
    for (const Place *known : all) {
        const auto &streams = known->streams;
        auto at = std::upper_bound(
            streams.begin(), streams.end(), until,
            [](base::Instant limit, const Seen &seen) { return limit < seen.first; });
        for (std::size_t taken = 0; at != streams.begin() && taken < kMostStreamsPerCall; ++taken) {
            --at;
            if (out.size() < kMostStreamsPerCall && !ofAnotherTime(*at, *known, call))
                out.push_back(at->stream);
        }
    }
    std::sort(out.begin(), out.end(), [](rtp::StreamId a, rtp::StreamId b) { return b < a; });
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

} // namespace session
