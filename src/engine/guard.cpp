// SPDX-License-Identifier: Apache-2.0
#include <engine/guard.h>

#include <algorithm>
#include <array>
#include <base/text.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace engine {

namespace {

constexpr std::size_t kMostSources = 4096;
constexpr std::size_t kMostDropsTold = 16; // sources by name, of one second
constexpr std::size_t kShortestBranch =
    7; // the cookie alone; sofia skips that many characters unseen

/// sofia looks for these by prefix and, when the last parameter only starts like one, reads beyond
/// the end.
constexpr std::array<std::string_view, 5> kProbed{"lr", "transport", "maddr", "comp", "method"};

bool startsLikeProbed(std::string_view name)
{
    return std::any_of(kProbed.begin(), kProbed.end(), [&](std::string_view probed) {
        return name.size() > probed.size() &&
               base::equalsNoCase(name.substr(0, probed.size()), probed);
    });
}

std::optional<std::string> badParameters(std::string_view parameters)
{
    if (parameters.empty())
        return std::nullopt;
    const auto list = base::split(parameters.substr(1), ';');
    for (const auto parameter : list)
        if (base::trim(parameter).empty())
            return "a URI parameter that is empty";
    const std::string_view last = list.back();
    const std::string_view name = last.substr(0, last.find('='));
    if (startsLikeProbed(name))
        return fmt::format("a last URI parameter named \"{}\"", base::printable(name, false, 40));
    return std::nullopt;
}

std::optional<std::string> badTel(const sip::Uri &uri)
{
    const std::string_view number =
        uri.text.substr(std::min(uri.text.size(), uri.text.find(':') + 1));
    const std::string_view digits = number.substr(0, number.find(';'));
    const auto isNumber = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f') ||
               c == '*' || c == '#';
    };
    // RFC 3966 section 3; sofia runs past the end when nothing follows a visual separator or an
    // escape.
    const bool odd =
        digits.empty() || !isNumber(digits.back()) ||
        std::any_of(digits.begin(), digits.end(), [&](char c) {
            return !isNumber(c) && c != '+' && c != '-' && c != '.' && c != '(' && c != ')';
        });
    if (odd)
        return "a tel URI in an odd form";
    return std::nullopt;
}

} // namespace

std::optional<std::string> harmfulUri(std::string_view text)
{
    const sip::Uri uri = sip::parseUri(text);
    if (base::equalsNoCase(uri.scheme, "tel"))
        return badTel(uri);
    return badParameters(uri.parameters);
}

namespace {

std::optional<std::string> badUrisOf(const sip::Message &message, sip::HeaderId id)
{
    for (const auto value : message.values(id)) {
        if (value == "*")
            continue;
        const auto address = sip::parseNameAddress(value);
        auto bad = harmfulUri(address.uriText);
        if (!bad && id != sip::HeaderId::Contact && id != sip::HeaderId::From &&
            id != sip::HeaderId::To)
            bad = badParameters(address.parameters);
        if (bad)
            return fmt::format("{} in {}", *bad, sip::headerText(id));
    }
    return std::nullopt;
}

std::optional<std::string> badUris(const sip::Message &message)
{
    if (message.isRequest())
        if (auto bad = harmfulUri(message.requestUri))
            return bad;
    for (const auto id :
         {sip::HeaderId::From, sip::HeaderId::To, sip::HeaderId::Contact, sip::HeaderId::Route,
          sip::HeaderId::RecordRoute, sip::HeaderId::Path, sip::HeaderId::ServiceRoute})
        if (auto bad = badUrisOf(message, id))
            return bad;
    return std::nullopt;
}

std::optional<std::string> badVia(const sip::Message &message)
{
    for (const auto value : message.values(sip::HeaderId::Via)) {
        const auto branch = sip::parseVia(value).parameter("branch");
        if (branch && branch->size() < kShortestBranch)
            return fmt::format("a Via branch of {} characters", branch->size());
    }
    return std::nullopt;
}

/// What makes the library drop a response without a word to anybody, or take it for another: 99 as
/// 100, 999 as it is.
std::optional<std::string> badResponse(const sip::Message &message)
{
    if (message.isRequest())
        return std::nullopt;
    for (const auto &flaw : message.flaws) {
        if (flaw.code == sip::FlawCode::BadStatusCode) {
            const auto line = base::split(message.startLine, ' ');
            return fmt::format(
                "the status \"{}\" is no code from 100 to 699 (RFC 3261 section 7.2)",
                line.size() > 1 ? base::printable(line[1], false, 40) : "");
        }
        if (flaw.code == sip::FlawCode::BadContentLength || flaw.code == sip::FlawCode::BadCSeq)
            return std::string(sip::flawText(flaw.code));
    }
    return std::nullopt;
}

/// Over a connection the library stops reading at a NUL, for good.
std::optional<std::string> badOctet(std::string_view text, const sip::Message &message)
{
    const std::string_view head =
        message.body.empty()
            ? text
            : text.substr(0, static_cast<std::size_t>(message.body.data() - text.data()));
    return head.find('\0') == std::string_view::npos ? std::nullopt
                                                     : std::optional("a NUL in its headers");
}

std::optional<std::string> badFlaw(const sip::Message &message)
{
    for (const auto &flaw : message.flaws) {
        switch (flaw.code) {
        case sip::FlawCode::TooManyHeaders:
        case sip::FlawCode::ValueTooLong:
        case sip::FlawCode::TooLarge:
        case sip::FlawCode::NoBlankLine:
        case sip::FlawCode::BadMultipart:
            return std::string(sip::flawText(flaw.code));
        default:
            break;
        }
    }
    return std::nullopt;
}

/// Multipart nested or split beyond our caps; parts() stops there, so counting to the cap is
/// enough.
std::optional<std::string> badMultipart(const sip::Message &message)
{
    const auto type = message.value(sip::HeaderId::ContentType);
    if (type.size() < 10 || !base::equalsNoCase(type.substr(0, 10), "multipart/"))
        return std::nullopt;
    const sip::Limits limits;
    const auto found = sip::parts(message, limits);
    if (found.empty())
        return "a multipart body that cannot be taken apart";
    if (found.size() >= static_cast<std::size_t>(limits.multipartParts))
        return fmt::format("a multipart body of {} parts or more", limits.multipartParts);
    return std::nullopt;
}

/// sofia drops a request whose top Via names another transport than it came by, without a word to
/// anybody.
std::optional<std::string> viaMismatch(const sip::Message &message, base::Transport transport)
{
    if (!message.isRequest())
        return std::nullopt;
    const auto named = sip::parseVia(message.value(sip::HeaderId::Via)).transport;
    if (named.empty() || base::equalsNoCase(named, base::transportText(transport)))
        return std::nullopt;
    return fmt::format("A {} came over {} but its top Via says {}; a user agent drops such a "
                       "request silently. The sender has "
                       "to write the transport it uses.",
                       base::printable(message.methodText, false, 40),
                       base::transportText(transport), base::printable(named, false, 40));
}

std::string requestOf(const sip::Message &response)
{
    return fmt::format("{} to {}", response.status,
                       base::printable(response.cseq().methodText, false, 40));
}

Refusal refusal(std::string_view what, std::string_view callId = {})
{
    return {base::LocalKind::GuardRefused,
            fmt::format("The guard did not hand this message on to the SIP stack: {}.", what),
            std::string(callId)};
}

} // namespace

std::optional<Refusal> inspect(std::string_view text, base::Transport transport)
{
    const std::size_t limit =
        transport == base::Transport::Udp ? kDatagramLimit : kStreamMessageLimit;
    if (text.size() > limit)
        return refusal(fmt::format("it has {} bytes, more than {}", text.size(), limit));
    const auto first = text.empty() ? 0U : static_cast<unsigned char>(text.front());
    if (first <= 1) // RFC 5389 section 6: the first two bits of STUN are zero
        return refusal("STUN on the SIP port that Earshot did not ask for");
    if (first >= 0xF8)
        return refusal("compressed signalling (SigComp)");
    const auto message = sip::parse(text);
    if (!message)
        return refusal("it is not SIP");
    const auto callId = message->callId();
    for (const auto check : {badFlaw, badResponse, badVia, badUris, badMultipart})
        if (const auto bad = check(*message))
            return refusal(*bad, callId);
    if (transport != base::Transport::Udp)
        if (const auto bad = badOctet(text, *message))
            return refusal(*bad, callId);
    if (auto mismatch = viaMismatch(*message, transport))
        return Refusal{base::LocalKind::ViaMismatch, *mismatch, std::string(callId)};
    return std::nullopt;
}

std::optional<Refusal> foreignVia(const sip::Message &response,
                                  const std::vector<base::Endpoint> &ours)
{
    const auto vias = response.values(sip::HeaderId::Via);
    for (const auto id : {sip::HeaderId::Via, sip::HeaderId::From, sip::HeaderId::To,
                          sip::HeaderId::CallId, sip::HeaderId::CSeq})
        if (response.find(id) == nullptr)
            return refusal(fmt::format("a response without {}", sip::headerText(id)),
                           response.callId());
    if (vias.empty()) // the header is there, and names nobody
        return refusal("a response without a Via that names anybody", response.callId());
    const auto mismatch = [&](std::string_view what) {
        return Refusal{base::LocalKind::ViaMismatch,
                       fmt::format("A {} was dropped: {}", requestOf(response), what),
                       std::string(response.callId())};
    };
    if (vias.size() > 1)
        return mismatch(fmt::format("it carries {} Vias, so it is for a proxy and not for us (RFC "
                                    "3261 section 8.1.3.3). Whoever sent it has to take its own "
                                    "Via off.",
                                    vias.size()));
    const auto top = sip::parseVia(vias.front());
    const auto address = base::Address::parse(top.host);
    const std::uint16_t port =
        top.port.value_or(base::equalsNoCase(top.transport, "TLS") ? 5061 : 5060);
    if (address &&
        std::find(ours.begin(), ours.end(), base::Endpoint{*address, port}) != ours.end())
        return std::nullopt;
    return mismatch(fmt::format("its top Via names {}:{}, and no request of ours does (RFC 3261 "
                                "section 18.1.2). A response has to carry the Via of its request "
                                "as it was.",
                                base::printable(top.host, false, 80), port));
}

std::optional<std::string> leastAnswer(std::string_view text)
{
    const auto message = sip::parse(text);
    if (!message || message->status / 100 != 2 || message->cseq().method != sip::Method::Invite)
        return std::nullopt;
    using sip::HeaderId;
    std::string out(message->startLine);
    for (const auto &header : message->headers) {
        const bool target = header.id == HeaderId::Contact || header.id == HeaderId::RecordRoute;
        const bool needed = header.id == HeaderId::Via || header.id == HeaderId::From ||
                            header.id == HeaderId::To || header.id == HeaderId::CallId ||
                            header.id == HeaderId::CSeq;
        if (!needed && !(target && !badUrisOf(*message, header.id)))
            continue;
        out += "\r\n";
        out += header.line;
    }
    out += "\r\nl:0\r\n\r\n";
    return out.size() <= text.size() ? std::optional(out) : std::nullopt;
}

bool RateLimit::isOver(const Window &window, base::Instant now)
{
    return now - window.start >= std::chrono::seconds(1) || now < window.start;
}

void RateLimit::close(const base::Address &from, Window &window)
{
    const auto dropped = std::exchange(window.dropped, 0);
    if (dropped > 0 && m_over.bySource.size() < kMostDropsTold)
        m_over.bySource.emplace_back(from, dropped);
    else
        m_over.others += dropped;
}

bool RateLimit::passes(const base::Address &from, base::Instant now)
{
    if (m_windows.size() >= kMostSources && m_windows.find(from) == m_windows.end()) {
        for (auto &[source, window] : m_windows)
            close(source, window);
        m_windows.clear(); // a flood of sources: everybody gets a new second
    }
    Window &window = m_windows[from];
    if (isOver(window, now)) {
        close(from, window);
        window = {now, 0, 0};
    }
    ++window.seen;
    if (window.seen <= m_perSecond)
        return true;
    ++window.dropped;
    return false;
}

void RateLimit::pardon(const base::Address &from)
{
    const auto found = m_windows.find(from);
    if (found != m_windows.end() && found->second.dropped > 0)
        --found->second.dropped;
}

RateLimit::Drops RateLimit::over(base::Instant now)
{
    bool more = false;
    for (auto &[source, window] : m_windows) {
        if (isOver(window, now))
            close(source, window);
        more = more || window.dropped > 0;
    }
    Drops out = std::exchange(m_over, {});
    out.more = more;
    return out;
}

} // namespace engine
