// SPDX-License-Identifier: Apache-2.0
#include <sip/message.h>

#include <algorithm>
#include <limits>

#include <base/text.h>
#include <sip/scan.h>
#include <sip/uri.h>

namespace sip {
namespace {

bool isList(HeaderId id)
{
    switch (id) {
    case HeaderId::Via:
    case HeaderId::Contact:
    case HeaderId::Route:
    case HeaderId::RecordRoute:
    case HeaderId::Path:
    case HeaderId::ServiceRoute:
    case HeaderId::ContentEncoding:
    case HeaderId::Supported:
    case HeaderId::Require:
    case HeaderId::ProxyRequire:
    case HeaderId::Unsupported:
    case HeaderId::Allow:
    case HeaderId::Accept:
    case HeaderId::PEarlyMedia:
    case HeaderId::Warning:
    case HeaderId::Reason:
    case HeaderId::AlertInfo:
        return true;
    default: // credentials hold commas too, but one value per line (RFC 3261 section 7.3.1)
        return false;
    }
}

void splitList(std::string_view text, std::vector<std::string_view> &out)
{
    TopLevel scan(text);
    std::size_t from = 0;
    for (;;) {
        const auto comma = scan.find(',');
        const auto end = std::min(comma, text.size());
        const auto value = base::trim(text.substr(from, end - from));
        if (!value.empty())
            out.push_back(value);
        if (comma == std::string_view::npos)
            return;
        from = comma + 1;
    }
}

std::string_view firstOfList(std::string_view text)
{
    TopLevel scan(text);
    return base::trim(text.substr(0, scan.find(',')));
}

} // namespace

const Header *Message::find(HeaderId id) const
{
    const auto it = std::find_if(headers.begin(), headers.end(),
                                 [id](const Header &header) { return header.id == id; });
    return it == headers.end() ? nullptr : &*it;
}

const Header *Message::find(std::string_view name) const
{
    const auto id = headerIdOf(name);
    if (id != HeaderId::Other)
        return find(id);
    if (name.empty())
        return nullptr;
    const auto it = std::find_if(headers.begin(), headers.end(), [name](const Header &header) {
        return base::equalsNoCase(header.name, name);
    });
    return it == headers.end() ? nullptr : &*it;
}

std::string_view Message::value(HeaderId id) const
{
    const Header *header = find(id);
    return header == nullptr ? std::string_view() : header->value;
}

std::vector<std::string_view> Message::values(HeaderId id) const
{
    std::vector<std::string_view> out;
    for (const Header &header : headers) {
        if (header.id != id)
            continue;
        if (isList(id))
            splitList(header.value, out);
        else
            out.push_back(header.value);
    }
    return out;
}

bool Message::lists(HeaderId id, std::string_view token) const
{
    for (const Header &header : headers) {
        if (header.id != id)
            continue;
        TopLevel scan(header.value);
        std::size_t from = 0;
        for (;;) {
            const auto comma = scan.find(',');
            const auto end = std::min(comma, header.value.size());
            if (base::equalsNoCase(base::trim(header.value.substr(from, end - from)), token))
                return true;
            if (comma == std::string_view::npos)
                break;
            from = comma + 1;
        }
    }
    return false;
}

std::optional<std::uint32_t> Message::number(HeaderId id) const
{
    const Header *header = find(id);
    if (header == nullptr)
        return std::nullopt;
    const auto digits = leadingNumber(header->value);
    std::uint64_t number = 0;
    if (!readNumber(digits, number) || number > std::numeric_limits<std::uint32_t>::max())
        return std::nullopt;
    return static_cast<std::uint32_t>(number);
}

std::string_view Message::callId() const
{
    return value(HeaderId::CallId);
}

std::string_view Message::fromTag() const
{
    return parameter(value(HeaderId::From), "tag").value_or(std::string_view());
}

std::string_view Message::toTag() const
{
    return parameter(value(HeaderId::To), "tag").value_or(std::string_view());
}

std::string_view Message::branch() const
{
    return parameter(firstOfList(value(HeaderId::Via)), "branch").value_or(std::string_view());
}

CSeq Message::cseq() const
{
    const auto line = value(HeaderId::CSeq);
    const auto gap = firstBlank(line);
    CSeq out;
    out.number = number(HeaderId::CSeq).value_or(0);
    out.methodText = base::trim(line.substr(gap));
    out.method = methodOf(out.methodText);
    return out;
}

std::optional<std::string_view> parameter(std::string_view value, std::string_view name)
{
    TopLevel scan(value);
    auto semicolon = scan.find(';');
    while (semicolon != std::string_view::npos) {
        const auto next = scan.find(';');
        const auto length = next == std::string_view::npos ? next : next - semicolon - 1;
        const auto field = value.substr(semicolon + 1, length);
        const auto equals = std::min(field.find('='), field.size());
        if (base::equalsNoCase(base::trim(field.substr(0, equals)), name))
            return equals == field.size() ? std::string_view()
                                          : base::trim(field.substr(equals + 1));
        semicolon = next;
    }
    return std::nullopt;
}

std::string_view unquoted(std::string_view text)
{
    text = base::trim(text);
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        return text.substr(1, text.size() - 2);
    return text;
}

} // namespace sip
