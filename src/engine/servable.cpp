// SPDX-License-Identifier: Apache-2.0
#include <engine/servable.h>

#include <algorithm>
#include <array>
#include <base/text.h>
#include <fmt/format.h>
#include <random>

namespace engine {

namespace {

std::string unsupportedOptions(const sip::Message &request, bool timers)
{
    constexpr std::array<std::string_view, 3> kKnown{"100rel", "outbound", "path"};
    std::string out;
    for (const auto option : request.values(sip::HeaderId::Require)) {
        const bool known = (timers && base::equalsNoCase(option, "timer")) ||
                           std::any_of(kKnown.begin(), kKnown.end(),
                                       [&](auto each) { return base::equalsNoCase(each, option); });
        if (!known && out.size() < 256)
            out += (out.empty() ? "" : ", ") + base::printable(option, false, 64);
    }
    return out;
}

std::string typeOf(std::string_view contentType)
{
    return base::lower(base::trim(contentType.substr(0, contentType.find(';'))));
}

/// RFC 3261 section 20.11: what is not marked as optional has to be understood. A part that a
/// header points to concerns only who knows that header (RFC 5621 section 9.1).
bool optional(std::string_view disposition)
{
    return base::equalsNoCase(sip::parameter(disposition, "handling").value_or(""), "optional") ||
           typeOf(disposition) == "by-reference";
}

bool readableParts(const sip::Message &request)
{
    const auto parts = sip::parts(request);
    const auto readable = [](const sip::Part &part) {
        return typeOf(part.contentType) == kAccept || optional(part.disposition);
    };
    // Of alternatives one is enough; where they stand inside another multipart, the list of parts
    // does not tell which ones they are.
    const bool alternatives =
        base::lower(request.value(sip::HeaderId::ContentType)).find("multipart/alternative") !=
            std::string::npos ||
        base::lower(request.body).find("multipart/alternative") != std::string::npos;
    return alternatives ? std::any_of(parts.begin(), parts.end(), readable)
                        : std::all_of(parts.begin(), parts.end(), readable);
}

std::optional<Refused> unreadable(const sip::Message &request)
{
    const bool negotiates = request.method == sip::Method::Invite ||
                            request.method == sip::Method::Update ||
                            request.method == sip::Method::Prack;
    if (!negotiates || request.body.empty() ||
        optional(request.value(sip::HeaderId::ContentDisposition)))
        return std::nullopt;
    const auto encoding = base::trim(request.value(sip::HeaderId::ContentEncoding));
    if (!encoding.empty() && !base::equalsNoCase(encoding, "identity"))
        return Refused{415, fmt::format("Accept: {}\r\nAccept-Encoding: identity\r\n", kAccept)};
    const auto type = typeOf(request.value(sip::HeaderId::ContentType));
    const bool good =
        type == kAccept || (type.compare(0, 10, "multipart/") == 0 && readableParts(request));
    return good ? std::nullopt
                : std::optional(Refused{415, fmt::format("Accept: {}\r\n", kAccept)});
}

} // namespace

std::optional<Refused> unservable(const sip::Message &request, bool timers)
{
    if (request.method == sip::Method::Ack || request.method == sip::Method::Cancel)
        return std::nullopt; // RFC 3261 section 8.2.2.3
    if (const auto unknown = unsupportedOptions(request, timers); !unknown.empty())
        return Refused{420, fmt::format("Unsupported: {}\r\n", unknown)};
    return unreadable(request);
}

Refused notYet()
{
    std::random_device device;
    return {500,
            fmt::format("Retry-After: {}\r\n", std::uniform_int_distribution<int>(0, 10)(device))};
}

bool RequestOrder::takes(const sip::Message &request)
{
    // An ACK and a CANCEL have the number of their INVITE.
    if (request.method == sip::Method::Ack || request.method == sip::Method::Cancel)
        return true;
    const auto number = request.cseq().number;
    if (m_last && number < *m_last)
        return false;
    m_last = number;
    return true;
}

} // namespace engine
