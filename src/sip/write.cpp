// SPDX-License-Identifier: Apache-2.0
#include <sip/write.h>

#include <algorithm>
#include <fmt/format.h>

#include <base/text.h>
#include <sip/status.h>

namespace sip {
namespace {

// One line, whatever came in: foreign CR, LF or NUL must not end a header.
std::string oneLine(std::string_view text)
{
    std::string out(text);
    std::replace_if(
        out.begin(), out.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
    return out;
}

bool formsDialog(Method method)
{
    return method == Method::Invite || method == Method::Subscribe || method == Method::Refer ||
           method == Method::Notify;
}

} // namespace

Writer Writer::request(std::string_view method, std::string_view uri)
{
    Writer out;
    out.m_start = fmt::format("{} {} SIP/2.0", oneLine(method), oneLine(uri));
    return out;
}

Writer Writer::response(int status, std::string_view reason)
{
    Writer out;
    out.m_start = fmt::format("SIP/2.0 {:03} {}", std::clamp(status, 100, 999),
                              reason.empty() ? std::string(phrase(status)) : oneLine(reason));
    return out;
}

Writer &Writer::header(std::string_view name, std::string_view value)
{
    const auto id = headerIdOf(base::trim(name));
    if (id != HeaderId::ContentLength) // text() counts itself
        m_headers += fmt::format("{}: {}\r\n", oneLine(name), oneLine(value));
    return *this;
}

Writer &Writer::body(std::string_view contentType, std::string_view text)
{
    m_contentType = oneLine(contentType);
    m_body = text;
    return *this;
}

std::string Writer::text() const
{
    std::string out = m_start + "\r\n" + m_headers;
    if (!m_contentType.empty())
        out += fmt::format("Content-Type: {}\r\n", m_contentType);
    out += fmt::format("Content-Length: {}\r\n\r\n", m_body.size());
    out += m_body;
    return out;
}

Writer responseTo(const Message &request, int status, std::string_view reason,
                  std::string_view toTag)
{
    Writer out = Writer::response(status, reason);
    const bool routes = status > 100 && status < 300 && formsDialog(request.method);
    for (const Header &header : request.headers) {
        switch (header.id) {
        case HeaderId::Via:
        case HeaderId::From:
        case HeaderId::CallId:
        case HeaderId::CSeq:
            out.header(headerText(header.id), header.value);
            break;
        case HeaderId::To: {
            std::string to(header.value);
            if (!toTag.empty() && !parameter(header.value, "tag"))
                to += fmt::format(";tag={}", toTag);
            out.header("To", to);
            break;
        }
        case HeaderId::RecordRoute:
            if (routes)
                out.header("Record-Route", header.value);
            break;
        default:
            break;
        }
    }
    return out;
}

} // namespace sip
