// SPDX-License-Identifier: Apache-2.0
#include <ladder/words.h>

#include <algorithm>

#include <base/text.h>
#include <fmt/format.h>
#include <sip/message.h>
#include <sip/status.h>

namespace ladder {

namespace {

constexpr std::size_t kMostFormats = 4;

std::string cut(std::string_view text, std::size_t most = 160)
{
    return base::printable(text, false, most);
}

std::string formatsText(const sip::SdpMedia &media)
{
    std::string out;
    std::size_t shown = 0, left = 0;
    for (const sip::SdpFormat &format : media.formats) {
        if (base::equalsNoCase(format.map.encoding, "telephone-event") ||
            base::equalsNoCase(format.map.encoding, "CN"))
            continue; // not what a call is heard by
        if (shown == kMostFormats) {
            ++left;
            continue;
        }
        ++shown;
        const auto name = format.map.encoding.empty() ? format.text : format.map.encoding;
        out += (out.empty() ? "" : " ") + cut(name, 24);
    }
    return left > 0 ? fmt::format("{} +{}", out, left) : out;
}

std::string newsOf(const sip::Message &message)
{
    if (const auto sdp = message.sdp(); !sdp.empty())
        return "SDP " + sdpText(sip::parseSdp(sdp));
    for (const sip::HeaderId id :
         {sip::HeaderId::Reason, sip::HeaderId::Warning, sip::HeaderId::Unsupported,
          sip::HeaderId::RetryAfter, sip::HeaderId::ReferTo})
        if (const auto value = message.value(id); !value.empty())
            return fmt::format("{}: {}", sip::headerText(id), cut(value));
    if (message.status / 100 == 3)
        if (const auto contact = message.value(sip::HeaderId::Contact); !contact.empty())
            return fmt::format("Contact: {}", cut(contact));
    return {};
}

} // namespace

std::string sdpText(const sip::Sdp &sdp)
{
    const sip::SdpMedia *audio = sdp.audio();
    if (audio == nullptr)
        return sdp.media.empty() ? "without media"
                                 : cut(fmt::format("no audio, {}", sdp.media.front().type));
    if (audio->port == 0)
        return "audio refused";
    std::string out = formatsText(*audio);
    if (!out.empty())
        out += ' ';
    out += audio->connection.empty()
               ? fmt::format("port {}", audio->port)
               : fmt::format("{}:{}", cut(audio->connection, 48), audio->port);
    if (audio->direction != sip::Direction::SendRecv)
        out += fmt::format(" {}", sip::directionText(audio->direction));
    return out;
}

Words wordsOf(const trace::Row &row, const sip::Message &message)
{
    Words words;
    if (message.isRequest()) {
        words.label = cut(message.methodText, 40);
        if (message.method == sip::Method::Register && message.value(sip::HeaderId::Expires) == "0")
            words.label += " (unregister)";
    } else {
        const auto reason = base::trim(message.reason);
        words.label =
            fmt::format("{} {}", row.status,
                        reason.empty() ? std::string(sip::phrase(row.status)) : cut(reason, 80));
        words.reliable = message.status > 100 && message.status < 200 &&
                         message.lists(sip::HeaderId::Require, "100rel");
    }
    words.hasSdp = !message.sdp().empty();
    words.news = newsOf(message);
    return words;
}

std::string spokenTime(base::Duration delta)
{
    const char *sign = delta.count() < 0 ? "minus" : "plus";
    const auto ms = (delta.count() < 0 ? -delta.count() : delta.count()) / 1000000;
    if (ms >= 1000)
        return fmt::format("{} {}.{} seconds", sign, ms / 1000, ms % 1000 / 100);
    return fmt::format("{} {} millisecond{}", sign, ms, ms == 1 ? "" : "s");
}

std::string tagText(std::string_view tag)
{
    constexpr std::size_t kLong = 16, kEnd = 6;
    const std::string text = base::printable(tag, false, 200);
    const bool plain = std::all_of(text.begin(), text.end(),
                                   [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    if (text.size() <= kLong || !plain)
        return text;
    return text.substr(0, kEnd) + "…" + text.substr(text.size() - kEnd);
}

} // namespace ladder
