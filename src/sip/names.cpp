// SPDX-License-Identifier: Apache-2.0
#include <sip/message.h>

#include <algorithm>
#include <array>
#include <base/text.h>

namespace sip {
namespace {

struct MethodName {
    Method method;
    std::string_view text;
};
constexpr std::array<MethodName, 14> kMethods{{{Method::Invite, "INVITE"},
                                               {Method::Ack, "ACK"},
                                               {Method::Bye, "BYE"},
                                               {Method::Cancel, "CANCEL"},
                                               {Method::Register, "REGISTER"},
                                               {Method::Options, "OPTIONS"},
                                               {Method::Prack, "PRACK"},
                                               {Method::Update, "UPDATE"},
                                               {Method::Subscribe, "SUBSCRIBE"},
                                               {Method::Notify, "NOTIFY"},
                                               {Method::Refer, "REFER"},
                                               {Method::Info, "INFO"},
                                               {Method::Message, "MESSAGE"},
                                               {Method::Publish, "PUBLISH"}}};

struct HeaderName {
    HeaderId id;
    std::string_view text;
    char compact; // RFC 3261 section 7.3.3 and the RFCs that added one; 0: none
};
// In the order of HeaderId, which headerText() relies on.
constexpr std::array<HeaderName, 45> kHeaders{{
    {HeaderId::Via, "Via", 'v'},
    {HeaderId::From, "From", 'f'},
    {HeaderId::To, "To", 't'},
    {HeaderId::CallId, "Call-ID", 'i'},
    {HeaderId::CSeq, "CSeq", 0},
    {HeaderId::Contact, "Contact", 'm'},
    {HeaderId::MaxForwards, "Max-Forwards", 0},
    {HeaderId::Route, "Route", 0},
    {HeaderId::RecordRoute, "Record-Route", 0},
    {HeaderId::Path, "Path", 0},
    {HeaderId::ServiceRoute, "Service-Route", 0},
    {HeaderId::ContentType, "Content-Type", 'c'},
    {HeaderId::ContentLength, "Content-Length", 'l'},
    {HeaderId::ContentDisposition, "Content-Disposition", 0},
    {HeaderId::ContentEncoding, "Content-Encoding", 'e'},
    {HeaderId::Supported, "Supported", 'k'},
    {HeaderId::Require, "Require", 0},
    {HeaderId::ProxyRequire, "Proxy-Require", 0},
    {HeaderId::Unsupported, "Unsupported", 0},
    {HeaderId::Allow, "Allow", 0},
    {HeaderId::Accept, "Accept", 0},
    {HeaderId::Expires, "Expires", 0},
    {HeaderId::MinExpires, "Min-Expires", 0},
    {HeaderId::RSeq, "RSeq", 0},
    {HeaderId::RAck, "RAck", 0},
    {HeaderId::PEarlyMedia, "P-Early-Media", 0},
    {HeaderId::FlowTimer, "Flow-Timer", 0},
    {HeaderId::WwwAuthenticate, "WWW-Authenticate", 0},
    {HeaderId::ProxyAuthenticate, "Proxy-Authenticate", 0},
    {HeaderId::Authorization, "Authorization", 0},
    {HeaderId::ProxyAuthorization, "Proxy-Authorization", 0},
    {HeaderId::Warning, "Warning", 0},
    {HeaderId::Reason, "Reason", 0},
    {HeaderId::RetryAfter, "Retry-After", 0},
    {HeaderId::Server, "Server", 0},
    {HeaderId::UserAgent, "User-Agent", 0},
    {HeaderId::SessionId, "Session-ID", 0},
    {HeaderId::AlertInfo, "Alert-Info", 0},
    {HeaderId::SessionExpires, "Session-Expires", 'x'},
    {HeaderId::MinSe, "Min-SE", 0},
    {HeaderId::Subject, "Subject", 's'},
    {HeaderId::Event, "Event", 'o'},
    {HeaderId::ReferTo, "Refer-To", 'r'},
    {HeaderId::ReferredBy, "Referred-By", 'b'},
    {HeaderId::Replaces, "Replaces", 0},
}};

constexpr bool inOrder()
{
    for (std::size_t i = 0; i < kHeaders.size(); ++i)
        if (static_cast<std::size_t>(kHeaders[i].id) != i + 1)
            return false;
    return static_cast<std::size_t>(HeaderId::Replaces) == kHeaders.size();
}
static_assert(inOrder());

} // namespace

Method methodOf(std::string_view text)
{
    const auto it = std::find_if(kMethods.begin(), kMethods.end(),
                                 [&](const MethodName &name) { return name.text == text; });
    return it == kMethods.end() ? Method::Unknown : it->method;
}

std::string_view methodText(Method method)
{
    const auto it = std::find_if(kMethods.begin(), kMethods.end(),
                                 [&](const MethodName &name) { return name.method == method; });
    return it == kMethods.end() ? std::string_view() : it->text;
}

HeaderId headerIdOf(std::string_view name)
{
    if (name.empty())
        return HeaderId::Other;
    // The first letter decides nearly always; this is called for every line of every message.
    const char first = static_cast<char>(name[0] | 0x20);
    for (const auto &header : kHeaders) {
        const bool same = name.size() == 1 ? header.compact == first
                                           : header.text.size() == name.size() &&
                                                 (header.text[0] | 0x20) == first &&
                                                 base::equalsNoCase(header.text, name);
        if (same)
            return header.id;
    }
    return HeaderId::Other;
}

std::string_view headerText(HeaderId id)
{
    const auto index = static_cast<std::size_t>(id);
    return index == 0 || index > kHeaders.size() ? std::string_view() : kHeaders[index - 1].text;
}

} // namespace sip
