// SPDX-License-Identifier: Apache-2.0
#include <lab/forward.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace lab {
namespace {

bool isSplit(sip::HeaderId id)
{
    return id == sip::HeaderId::Via || id == sip::HeaderId::Route ||
           id == sip::HeaderId::RecordRoute || id == sip::HeaderId::Path;
}

} // namespace

Draft::Draft(const sip::Message &message)
    : m_method(message.methodText), m_uri(message.requestUri), m_reason(message.reason),
      m_contentType(message.value(sip::HeaderId::ContentType)), m_body(message.body),
      m_status(message.status)
{
    std::vector<sip::HeaderId> done;
    for (const auto &header : message.headers) {
        if (header.id == sip::HeaderId::ContentType || header.id == sip::HeaderId::ContentLength ||
            header.name.empty())
            continue;
        if (!isSplit(header.id)) {
            m_fields.push_back({header.id, std::string(header.name), std::string(header.value)});
            continue;
        }
        if (std::find(done.begin(), done.end(), header.id) != done.end())
            continue;
        done.push_back(header.id);
        for (const auto value : message.values(header.id))
            append(header.id, std::string(value));
    }
}

void Draft::prepend(sip::HeaderId id, std::string value)
{
    const auto it =
        std::find_if(m_fields.begin(), m_fields.end(), [id](const Field &f) { return f.id == id; });
    const auto at = it == m_fields.end() ? m_fields.begin() : it;
    m_fields.insert(at, {id, std::string(sip::headerText(id)), std::move(value)});
}

void Draft::append(sip::HeaderId id, std::string value)
{
    m_fields.push_back({id, std::string(sip::headerText(id)), std::move(value)});
}

void Draft::remove(sip::HeaderId id)
{
    std::erase_if(m_fields, [id](const Field &f) { return f.id == id; });
}

void Draft::removeFirst(sip::HeaderId id)
{
    const auto it =
        std::find_if(m_fields.begin(), m_fields.end(), [id](const Field &f) { return f.id == id; });
    if (it != m_fields.end())
        m_fields.erase(it);
}

void Draft::replaceFirst(sip::HeaderId id, std::string value)
{
    const auto it =
        std::find_if(m_fields.begin(), m_fields.end(), [id](const Field &f) { return f.id == id; });
    if (it != m_fields.end())
        it->value = std::move(value);
}

std::optional<std::string> Draft::first(sip::HeaderId id) const
{
    const auto it =
        std::find_if(m_fields.begin(), m_fields.end(), [id](const Field &f) { return f.id == id; });
    if (it == m_fields.end())
        return std::nullopt;
    return it->value;
}

std::string Draft::text() const
{
    auto writer = m_status == 0 ? sip::Writer::request(m_method, m_uri)
                                : sip::Writer::response(m_status, m_reason);
    for (const Field &field : m_fields)
        writer.header(field.name, field.value);
    if (!m_contentType.empty() || !m_body.empty())
        writer.body(m_contentType, m_body);
    return writer.text();
}

std::string receivedVia(std::string_view via, const base::Endpoint &source)
{
    std::string out(via);
    const auto read = sip::parseVia(via);
    const auto rport = read.parameter("rport");
    const bool asked = rport && rport->empty();
    if (asked) { // RFC 3581 section 4: the empty parameter gets the port
        const auto at = base::lower(out).find(";rport");
        if (at != std::string::npos)
            out.insert(at + 6, fmt::format("={}", source.port));
    }
    if (asked || read.host != source.address.text())
        out += fmt::format(";received={}", source.address.text());
    return out;
}

Draft completed(const sip::Writer &answer, const base::Endpoint &source)
{
    const auto text = answer.text();
    Draft draft(*sip::parse(text));
    draft.replaceFirst(sip::HeaderId::Via,
                       receivedVia(draft.first(sip::HeaderId::Via).value_or(""), source));
    return draft;
}

std::optional<base::Endpoint> responseTarget(std::string_view via)
{
    const auto read = sip::parseVia(via);
    const auto address = base::Address::parse(read.parameter("received").value_or(read.host));
    const auto rport = base::toInteger(read.parameter("rport").value_or(std::string_view()));
    if (!address || (rport && (*rport < 1 || *rport > 65535)))
        return std::nullopt;
    return base::Endpoint{*address,
                          rport ? static_cast<std::uint16_t>(*rport) : read.port.value_or(5060)};
}

std::string viaValue(base::Transport transport, const base::Endpoint &local,
                     std::string_view branch)
{
    return fmt::format("SIP/2.0/{} {};branch={};rport", base::transportText(transport),
                       local.text(), branch);
}

std::optional<base::Endpoint> uriEndpoint(std::string_view text)
{
    const auto uri = sip::parseUri(text);
    const auto address = base::Address::parse(uri.host);
    if (!uri.ok || !address || !address->isLoopback())
        return std::nullopt;
    return base::Endpoint{*address, uri.port.value_or(5060)};
}

bool formsDialog(sip::Method method)
{
    return method == sip::Method::Invite || method == sip::Method::Subscribe ||
           method == sip::Method::Refer;
}

} // namespace lab
