// SPDX-License-Identifier: Apache-2.0
#include <sip/sdp_fault.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>
#include <sip/address.h>

namespace sip {
namespace {

constexpr std::size_t kShown = 40;

/// The second word of "m=audio 4000/2 RTP/AVP 0", without the number of ports.
std::string_view portText(const SdpMedia &media)
{
    const std::string_view line = media.line;
    const std::size_t gap = std::min(line.find(' '), line.size());
    const std::string_view rest = line.substr(std::min(gap + 1, line.size()));
    return rest.substr(0, rest.find_first_of(" /"));
}

/// RFC 3261 section 25.1: the last label of a host name begins with a letter.
bool isHostName(std::string_view text)
{
    const auto good = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '.';
    };
    const auto last = text.substr(text.find_last_of('.') + 1); // npos + 1 is 0
    const bool letter =
        !last.empty() && ((last[0] >= 'a' && last[0] <= 'z') || (last[0] >= 'A' && last[0] <= 'Z'));
    return letter && std::all_of(text.begin(), text.end(), good);
}

std::string quoted(std::string_view text)
{
    return "\"" + base::printable(text, false, kShown) + "\"";
}

} // namespace

std::string audioFault(const Sdp &sdp)
{
    if (sdp.media.empty() && sdp.origin.empty() && sdp.connection.empty())
        return "it is no session description: it has neither an o=, a c= nor an m= line";
    if (sdp.media.empty())
        return "it has no m= line, so it announces no media";
    const auto *audio = sdp.audio();
    const auto *unread = audio;
    if (audio == nullptr) // cut off, such as "m=aud"
        for (const auto &media : sdp.media)
            unread = media.formats.empty() && unread == nullptr ? &media : unread;
    if (unread != nullptr && unread->protocol.empty())
        return fmt::format("its line {} is not media, port, protocol and payload types",
                           quoted(unread->line));
    if (audio == nullptr)
        return {};
    const auto port = base::toInteger(portText(*audio));
    if (!port || *port < 0 || *port > 65535)
        return fmt::format("its audio port {} is no number up to 65535", quoted(portText(*audio)));
    if (*port == 0)
        return {};
    if (audio->formats.empty())
        return "its audio line names no payload type";
    if (audio->protocol.find("RTP/") == std::string_view::npos)
        return {}; // another network may have other numbers and addresses
    if (std::none_of(audio->formats.begin(), audio->formats.end(),
                     [](const SdpFormat &format) { return format.payloadType >= 0; }))
        return fmt::format("its audio line names no payload type up to 127 but {}",
                           quoted(audio->formats.front().text));
    if (audio->connection.empty())
        return "no c= line that can be read tells where its audio is";
    if (!addressOf(audio->connection) && !isHostName(audio->connection))
        return fmt::format("its c= line names {}, which is neither an address nor a host",
                           quoted(audio->connection));
    return {};
}

std::string audioLimit(const Sdp &sdp)
{
    const auto *audio = sdp.audio();
    if (audio == nullptr || audio->port == 0 || audio->connection.empty() ||
        addressOf(audio->connection) || !isHostName(audio->connection))
        return {};
    return fmt::format("its c= line names the host {}, and such names are not looked up here",
                       quoted(audio->connection));
}

} // namespace sip
