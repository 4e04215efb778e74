// SPDX-License-Identifier: Apache-2.0
#include <ladder/media_map.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>
#include <ladder/outline.h>

namespace ladder {

MediaMap MediaMap::of(const diagnosis::Evidence &evidence)
{
    MediaMap map;
    for (const calls::CallRow &row : evidence.call.rows) {
        if (row.original.valid())
            continue;
        const auto message = evidence.trace.message(row.row);
        if (message && !message->sdp().empty())
            map.add(0, sip::parseSdp(message->sdp()));
    }
    return map;
}

void MediaMap::add(std::uint32_t lane, const sip::Sdp &sdp)
{
    for (const sip::SdpMedia &media : sdp.media) {
        const auto endpoint = media.endpoint();
        if (!endpoint)
            continue;
        Socket &socket = m_sockets.try_emplace(*endpoint, Socket{lane, {}}).first->second;
        for (const sip::SdpFormat &format : media.formats)
            if (format.payloadType >= 0 && !format.map.encoding.empty())
                socket.codecs.emplace(format.payloadType,
                                      base::printable(format.map.encoding, false, 24));
    }
}

std::optional<std::uint32_t> MediaMap::owner(const base::Endpoint &endpoint) const
{
    const auto found = m_sockets.find(endpoint);
    return found == m_sockets.end() ? std::nullopt : std::optional(found->second.lane);
}

const std::string *MediaMap::codecAt(const base::Endpoint &endpoint, int payloadType) const
{
    const auto socket = m_sockets.find(endpoint);
    if (socket == m_sockets.end())
        return nullptr;
    const auto codec = socket->second.codecs.find(payloadType);
    return codec == socket->second.codecs.end() ? nullptr : &codec->second;
}

std::string MediaMap::codec(const rtp::Stream &stream) const
{
    return codec(stream, mainPayloadType(stream));
}

std::string MediaMap::codec(const rtp::Stream &stream, int payloadType) const
{
    for (const base::Endpoint &endpoint : {stream.destination, stream.source})
        if (const std::string *name = codecAt(endpoint, payloadType))
            return *name;
    const std::string line = fmt::format("m=audio 9 RTP/AVP {}\r\n", payloadType);
    const sip::Sdp sdp = sip::parseSdp(line);
    const sip::SdpMedia *audio = sdp.audio();
    const sip::SdpFormat *format = audio == nullptr ? nullptr : audio->format(payloadType);
    return format == nullptr ? std::string() : std::string(format->map.encoding);
}

int mainPayloadType(const rtp::Stream &stream)
{
    const auto most = std::max_element(stream.payloadTypes.begin(), stream.payloadTypes.end());
    return *most == 0 ? stream.payloadType : static_cast<int>(most - stream.payloadTypes.begin());
}

std::string codecOf(const diagnosis::Evidence &evidence, const rtp::Stream &stream)
{
    return MediaMap::of(evidence).codec(stream);
}

std::string streamNumbers(const rtp::Stream &stream)
{
    std::string out =
        fmt::format("{} packet{} {} s, loss {}", stream.packets, stream.packets == 1 ? "" : "s",
                    base::seconds(stream.last - stream.first, 1), stream.lost);
    if (stream.lost > 0 && stream.expected > 0)
        out += fmt::format(" ({:.1f} %)", 100.0 * static_cast<double>(stream.lost) /
                                              static_cast<double>(stream.expected));
    return out + fmt::format(", jitter {:.1f} ms", base::toMilliseconds(stream.jitter));
}

std::string streamLabel(const rtp::Stream &stream, std::string_view codec)
{
    return codec.empty() ? fmt::format("RTP type {}", mainPayloadType(stream))
                         : fmt::format("RTP {}", codec);
}

std::string streamText(const rtp::Stream &stream, std::string_view codec)
{
    return streamLabel(stream, codec) + " " + streamNumbers(stream);
}

} // namespace ladder
