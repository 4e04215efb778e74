// SPDX-License-Identifier: Apache-2.0
#include <sip/digest.h>

#include <algorithm>
#include <base/text.h>
#include <sip/scan.h>
#include <sip/uri.h>

namespace sip {
namespace {

std::string_view topVia(const Message &message)
{
    const std::string_view line = message.value(HeaderId::Via);
    if (line.find(',') == std::string_view::npos)
        return line;
    const auto values = message.values(HeaderId::Via);
    return values.empty() ? std::string_view() : values.front();
}

std::size_t viaCount(const Message &message)
{
    std::size_t count = 0;
    for (const Header &header : message.headers) {
        if (header.id != HeaderId::Via)
            continue;
        if (header.value.find(',') != std::string_view::npos)
            return message.values(HeaderId::Via).size();
        ++count;
    }
    return count;
}

std::string_view sentBy(const Via &via, std::string_view text)
{
    if (via.host.empty())
        return {};
    const auto begin = static_cast<std::size_t>(via.host.data() - text.data());
    return base::trim(text.substr(begin, text.find(';', begin) - begin));
}

std::uint16_t marks(const Message &message)
{
    std::uint16_t out = 0;
    for (const Header &header : message.headers) {
        const bool usual =
            header.id == HeaderId::Require && base::equalsNoCase(header.value, "100rel");
        out = static_cast<std::uint16_t>(out | (usual ? 0U : markOf(header.id)));
        if ((header.id == HeaderId::Supported || header.id == HeaderId::Require) &&
            listsPlainly(header.value, "100rel"))
            out |= kTakes100rel;
    }
    return out;
}

std::uint32_t number(std::string_view text)
{
    const auto value = base::toInteger(text);
    return value && *value >= 0 && *value <= 0xFFFFFFFFLL ? static_cast<std::uint32_t>(*value) : 0;
}

} // namespace

RAck readRAck(std::string_view value)
{
    RAck out;
    int field = 0;
    std::size_t at = 0;
    while (field < 3) {
        at = value.find_first_not_of(" \t\r\n", at);
        if (at == std::string_view::npos)
            break;
        const std::size_t end = firstBlank(value, at);
        const std::string_view word = value.substr(at, end - at);
        if (field == 0)
            out.rseq = number(word);
        else if (field == 1)
            out.cseq = number(word);
        else
            out.method = methodOf(word);
        at = end;
        ++field;
    }
    return out;
}

Digest digestOf(const Message &message)
{
    Digest out;
    const CSeq cseq = message.cseq();
    out.callId = message.callId();
    out.fromTag = message.fromTag();
    out.toTag = message.toTag();
    out.cseq = cseq.number;
    out.method = message.isRequest() ? message.method : cseq.method;
    out.status = static_cast<std::uint16_t>(std::clamp(message.status, 0, 0xFFFF));
    const std::string_view line = topVia(message);
    const Via via = parseVia(line);
    out.branch = via.parameter("branch").value_or(std::string_view());
    out.sentBy = sentBy(via, line);
    out.earlyMedia = message.find(HeaderId::PEarlyMedia) != nullptr;
    out.numbered =
        message.find(HeaderId::RSeq) != nullptr || message.find(HeaderId::Require) != nullptr;
    out.headers = marks(message);
    out.hasSdp = !message.body.empty() && !message.sdp().empty();
    if (message.isRequest()) {
        out.viaCount = static_cast<std::uint8_t>(std::min<std::size_t>(viaCount(message), 255));
        if (message.method == Method::Prack)
            out.rseq = readRAck(message.value(HeaderId::RAck)).rseq;
    } else if (message.status > 100 && message.status < 200) {
        out.rseq = message.number(HeaderId::RSeq).value_or(0);
        out.reliable = out.rseq != 0 && message.lists(HeaderId::Require, "100rel");
    }
    return out;
}

std::string_view wholeLines(std::string_view text)
{
    LineCursor lines(text);
    bool started = false; // empty lines may stand before the start line
    while (!lines.done()) {
        const Line line = lines.next();
        const bool empty = line.begin == line.end;
        if (started && empty)
            return text;
        if (started && line.ending == LineEnd::None)
            return text.substr(0, line.begin);
        started = started || !empty;
    }
    return text;
}

} // namespace sip
