// SPDX-License-Identifier: Apache-2.0
#include <engine/stack_check.h>

#include <algorithm>
#include <base/text.h>
#include <engine/sofia.h>
#include <fmt/format.h>
#include <memory>
#include <sofia-sip/msg.h>

namespace engine {
namespace {

constexpr std::size_t kMostUnreadable = 64;

struct Destroy {
    void operator()(msg_t *message) const { msg_destroy(message); }
};

// Errors in headers of these kinds alone are passed over, as nta does with requests.
constexpr unsigned kPassedOver =
    sip_mask_response | sip_mask_proxy | sip_mask_registrar | sip_mask_pref | sip_mask_privacy;

std::string badHeader(const sip_t &sip)
{
    for (const auto *header = reinterpret_cast<const sip_header_t *>(sip.sip_error);
         header != nullptr; header = static_cast<const sip_header_t *>(header->sh_next)) {
        const char *name = header->sh_class == sip_error_class ? header->sh_error->er_name
                                                               : header->sh_class->hc_name;
        if (name != nullptr)
            return fmt::format("a header {} that cannot be read", base::printable(name, false, 40));
    }
    return "a header that cannot be read";
}

/// A better one that follows it in the same call is another request.
std::string keyOf(const sip::Message &request)
{
    return fmt::format("{} {} {}", request.callId(), request.cseq().number, request.methodText);
}

} // namespace

std::optional<std::string> stackObjection(std::string_view text)
{
    const std::unique_ptr<msg_t, Destroy> message(msg_make(
        sip_default_mclass(), MSG_DO_CANONIC, text.data(), static_cast<ssize_t>(text.size())));
    const sip_t *sip = message ? sip_object(message.get()) : nullptr;
    if (sip == nullptr)
        return "what is no message to it";
    if (sip->sip_status != nullptr)
        return std::nullopt;
    if (sip->sip_request == nullptr)
        return "a start line that cannot be read";
    if ((msg_extract_errors(message.get()) & ~kPassedOver) != 0)
        return badHeader(*sip);
    if ((sip->sip_flags & MSG_FLG_ERROR) != 0)
        return "headers that cannot be read";
    if (sip_sanity_check(sip) < 0)
        return "no From, To, Call-ID, CSeq or Via, or a CSeq of another method";
    if (!base::equalsNoCase(sip->sip_request->rq_version, "SIP/2.0"))
        return "a version of SIP that is not 2.0";
    return std::nullopt;
}

std::optional<std::string> leastRequest(std::string_view text)
{
    const auto message = sip::parse(text);
    const bool within = message && !message->toTag().empty();
    if (!message || !message->isRequest() || message->method == sip::Method::Ack ||
        (within && message->method != sip::Method::Bye))
        return std::nullopt;
    using sip::HeaderId;
    std::string out(message->startLine);
    for (const auto &header : message->headers) {
        if (header.id != HeaderId::Via && header.id != HeaderId::From &&
            header.id != HeaderId::To && header.id != HeaderId::CallId &&
            header.id != HeaderId::CSeq)
            continue;
        out += "\r\n";
        out += header.line;
    }
    out += "\r\nl:0\r\n\r\n";
    return out.size() <= text.size() && !stackObjection(out) ? std::optional(out) : std::nullopt;
}

void Unreadable::add(const sip::Message &request)
{
    m_requests.push_back(keyOf(request));
    if (m_requests.size() > kMostUnreadable)
        m_requests.pop_front();
}

bool Unreadable::knows(const sip::Message &request) const
{
    return !m_requests.empty() &&
           std::find(m_requests.begin(), m_requests.end(), keyOf(request)) != m_requests.end();
}

} // namespace engine
