// SPDX-License-Identifier: Apache-2.0
#include <engine/call_headers.h>

#include <algorithm>
#include <array>
#include <base/text.h>
#include <engine/sofia.h>
#include <fmt/format.h>
#include <sip/grammar.h>
#include <sip/message.h>

namespace engine {

namespace {

constexpr std::size_t kMostHeaders = 64;
constexpr std::size_t kLongestHeader = 8192;
constexpr std::size_t kLargestBody = 48 * 1024; // what the stack takes, headers included, is 64 KB

bool isToken(std::string_view text)
{
    constexpr std::string_view kMarks = "-.!%*_+`'~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               kMarks.find(c) != std::string_view::npos;
    });
}

/// Why the stack keeps this header to itself; empty: anybody may set it.
std::string_view ownedBecause(sip::HeaderId id)
{
    using sip::HeaderId;
    switch (id) {
    case HeaderId::Via:
    case HeaderId::CallId:
    case HeaderId::CSeq:
    case HeaderId::ContentLength:
    case HeaderId::RSeq:
    case HeaderId::RAck:
        return "the transaction needs its own";
    case HeaderId::Contact:
    case HeaderId::RecordRoute:
        return "the dialog needs its own";
    case HeaderId::From:
        return "the From address is set for itself";
    case HeaderId::To:
        return "it is the target; a Request-URI that differs is set for itself";
    case HeaderId::Route:
        return "routes are set for themselves";
    case HeaderId::ContentType:
    case HeaderId::ContentEncoding:
    case HeaderId::ContentDisposition:
        return "a body of your own brings its type";
    case HeaderId::Authorization:
    case HeaderId::ProxyAuthorization:
        return "credentials are made from user name and password file";
    case HeaderId::SessionId:
        return "it changes within the call and is switched on for itself";
    default:
        return {};
    }
}

base::Result<void> checkHeader(const std::string &name, std::string_view value)
{
    const auto shown = base::printable(name, false, 80);
    if (!isToken(name))
        return base::fail(
            base::ErrorCode::BadInput,
            fmt::format("\"{}\" cannot be the name of a header. Write it like \"Subject: hello\".",
                        shown));
    if (const auto why = ownedBecause(sip::headerIdOf(name)); !why.empty())
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("The header {} cannot be added by hand: {}.", shown, why));
    if (std::any_of(value.begin(), value.end(), [](char c) {
            return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
        }))
        return base::fail(
            base::ErrorCode::BadInput,
            fmt::format("The value of {} holds a line end or control character, which "
                        "would start another header. Take it out.",
                        shown));
    if (value.size() > kLongestHeader)
        return base::fail(
            base::ErrorCode::BadInput,
            fmt::format("The value of {} is longer than {} bytes.", shown, kLongestHeader));
    return {};
}

/// What the stack cannot read of its own request it leaves out of it, silently.
bool stackTakes(const std::string &line)
{
    msg_t *message = msg_create(sip_default_mclass(), 0);
    sip_t *sip = sip_object(message);
    const bool taken = sip_add_tl(message, sip, SIPTAG_HEADER_STR(line.c_str()), TAG_END()) >= 0 &&
                       sip->sip_error == nullptr;
    msg_destroy(message);
    return taken;
}

base::Result<void> checkSendable(const std::vector<std::pair<std::string, std::string>> &headers,
                                 std::size_t at)
{
    const auto &[name, value] = headers[at];
    const auto shown = base::printable(name, false, 80);
    const auto id = sip::headerIdOf(name);
    const bool again = std::any_of(
        headers.begin(), headers.begin() + static_cast<long>(at), [&](const auto &each) {
            return id != sip::HeaderId::Other && sip::headerIdOf(each.first) == id;
        });
    if (again && sip::standsOnce(id))
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("The header {} may stand in a request only once; the second "
                                      "one would not be sent.",
                                      shown));
    if (!stackTakes(fmt::format("{}: {}\r\n", name, base::trim(value))))
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("\"{}\" is no value that {} can have, so the stack would "
                                      "leave it out.",
                                      base::printable(value, false, 80), shown));
    return {};
}

bool isSdp(const CallExtras &extras)
{
    const std::string_view type = extras.bodyType;
    return base::equalsNoCase(base::trim(type.substr(0, type.find(';'))), "application/sdp");
}

bool isMediaType(std::string_view type)
{
    const auto slash = type.find('/');
    if (slash == std::string_view::npos || type.size() > 256)
        return false;
    const bool clean = std::none_of(type.begin(), type.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    });
    const auto sub = base::trim(type.substr(slash + 1, type.find(';') - slash - 1));
    return clean && isToken(base::trim(type.substr(0, slash))) && isToken(sub);
}

} // namespace

base::Result<std::string>
headerLines(const std::vector<std::pair<std::string, std::string>> &headers)
{
    if (headers.size() > kMostHeaders)
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("{} added headers are more than the {} that a call takes.",
                                      headers.size(), kMostHeaders));
    std::string out;
    for (std::size_t i = 0; i < headers.size(); ++i) {
        const auto &[name, value] = headers[i];
        const auto clean = base::trim(value);
        // Trimming takes line ends away too, so the whole value is looked at.
        if (const auto good = checkHeader(name, value); !good)
            return tl::unexpected(good.error());
        if (const auto sendable = checkSendable(headers, i); !sendable)
            return tl::unexpected(sendable.error());
        out += fmt::format("{}: {}\r\n", name, clean);
    }
    return out;
}

bool names(const std::vector<std::pair<std::string, std::string>> &headers, std::string_view name)
{
    return std::any_of(headers.begin(), headers.end(),
                       [&](const auto &each) { return base::equalsNoCase(each.first, name); });
}

std::string offerOf(const CallRequest &request)
{
    if (!request.extras.body.empty() && isSdp(request.extras))
        return request.extras.body;
    return request.lateOffer ? std::string() : request.description;
}

base::Result<Body> inviteBody(const CallRequest &request)
{
    const auto &extras = request.extras;
    const auto offer = offerOf(request);
    if (extras.body.empty())
        return offer.empty() ? Body{} : Body{"application/sdp", offer};
    if (!isMediaType(extras.bodyType))
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("\"{}\" is not a content type. Write it like "
                                      "application/pidf+xml.",
                                      base::printable(extras.bodyType, false, 80)));
    if (extras.body.size() > kLargestBody)
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("The body has {} bytes, more than the {} that a request "
                                      "takes.",
                                      extras.body.size(), kLargestBody));
    if (isSdp(extras) || offer.empty())
        return Body{extras.bodyType, extras.body};
    const auto boundary = "earshot-" + base::randomToken(12);
    return Body{fmt::format("multipart/mixed;boundary=\"{}\"", boundary),
                fmt::format("--{0}\r\nContent-Type: application/sdp\r\n\r\n{1}\r\n--{0}\r\n"
                            "Content-Type: {2}\r\nContent-Disposition: "
                            "render;handling=optional\r\n\r\n{3}\r\n--{0}--\r\n",
                            boundary, offer, extras.bodyType, extras.body)};
}

SessionId::SessionId(bool wanted) : m_local(wanted ? base::randomToken(16) : std::string()) {}

std::string SessionId::line() const
{
    return m_local.empty() ? std::string()
                           : fmt::format("Session-ID: {};remote={}\r\n", m_local, m_remote);
}

void SessionId::heard(std::string_view value)
{
    const auto theirs = base::trim(value.substr(0, value.find(';')));
    const bool good = theirs.size() == 32 && std::all_of(theirs.begin(), theirs.end(), [](char c) {
                          return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                      });
    if (good)
        m_remote = theirs;
}

} // namespace engine
