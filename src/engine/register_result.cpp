// SPDX-License-Identifier: Apache-2.0
#include <engine/register_result.h>

#include <algorithm>
#include <array>
#include <base/escape.h>
#include <base/text.h>
#include <engine/engine.h>
#include <fmt/format.h>
#include <sip/status.h>
#include <sip/uri.h>

namespace engine {

namespace {

constexpr std::size_t kMostRoutes = 16; // of a Path or Service-Route
constexpr std::size_t kLongest = 512;   // octets of one value that is kept
constexpr std::uint32_t kLongestWait = 24 * 3600;
constexpr std::array<std::string_view, 3> kOffered{"path", "outbound", "gruu"}; // Supported

base::Duration secondsOf(std::optional<std::uint32_t> value)
{
    return std::chrono::seconds(std::min(value.value_or(0), kLongestWait));
}

std::vector<std::string> listOf(const sip::Message &message, sip::HeaderId id)
{
    std::vector<std::string> out;
    for (const auto value : message.values(id))
        if (out.size() < kMostRoutes && value.size() <= kLongest)
            out.emplace_back(value);
    return out;
}

std::string joined(const sip::Message &message, sip::HeaderId id)
{
    std::string out;
    for (const auto value : message.values(id))
        if (out.size() < 200)
            out += (out.empty() ? "" : ", ") + base::printable(value, false, 80);
    return out;
}

/// How the edge saw us (RFC 3581), and whether it takes keep-alives (RFC 6223).
void readVia(const sip::Message &message, RegisterResult &out)
{
    const auto via = sip::parseVia(message.value(sip::HeaderId::Via));
    if (!via.ok)
        return;
    const auto address =
        base::Address::parse(via.parameter("received").value_or(std::string_view()));
    const auto port = base::toInteger(via.parameter("rport").value_or(""));
    if (port && *port > 0 && *port <= 65535) {
        const auto host = address ? address : base::Address::parse(via.host);
        if (host)
            out.mapped = {*host, static_cast<std::uint16_t>(*port)};
    }
    // "keep" without a value is our own offer, given back by somebody who does not know it.
    const auto keep = base::toInteger(via.parameter("keep").value_or(""));
    if (keep && *keep >= 0 && *keep <= kLongestWait)
        out.keep = std::chrono::seconds(*keep);
}

bool sameHost(std::string_view one, std::string_view other)
{
    const auto first = base::Address::parse(one), second = base::Address::parse(other);
    return first && second ? *first == *second : base::equalsNoCase(one, other);
}

std::uint16_t portOf(const sip::Uri &uri)
{
    const bool secure = base::equalsNoCase(uri.scheme, "sips") ||
                        base::equalsNoCase(uri.parameter("transport").value_or(""), "tls");
    return uri.port.value_or(secure ? 5061 : 5060);
}

/// RFC 3261 section 19.1.4, but for defaults that are written out: registrars do that. A registrar
/// behind a NAT may have put the address as it saw it (`mapped`) in the place of ours.
bool sameContact(const sip::Uri &listed, const sip::Uri &ours, const base::Endpoint &mapped)
{
    if (!listed.ok || !base::equalsNoCase(listed.scheme, ours.scheme) ||
        base::unescaped(listed.user) != base::unescaped(ours.user))
        return false;
    for (const char *name : {"user", "ttl", "method", "maddr"})
        if (!base::equalsNoCase(listed.parameter(name).value_or(""),
                                ours.parameter(name).value_or("")))
            return false;
    const auto transport = listed.parameter("transport"), own = ours.parameter("transport");
    if (transport && own && !base::equalsNoCase(*transport, *own))
        return false;
    const bool asWritten = sameHost(listed.host, ours.host) && portOf(listed) == portOf(ours);
    return asWritten || (mapped.known() && sameHost(listed.host, mapped.address.text()) &&
                         portOf(listed) == mapped.port);
}

/// `"<urn:uuid:...>"`: quotes, brackets and the case of the digits are form only.
bool sameInstance(std::string_view listed, std::string_view ours)
{
    const auto isForm = [](char c) { return c == '"' || c == '<' || c == '>' || c == ' '; };
    while (!listed.empty() && isForm(listed.front()))
        listed.remove_prefix(1);
    while (!listed.empty() && isForm(listed.back()))
        listed.remove_suffix(1);
    return base::equalsNoCase(listed, ours);
}

bool isOurs(const sip::NameAddress &binding, const RegisterAsked &asked,
            const base::Endpoint &mapped)
{
    const auto regId = base::toInteger(binding.parameter("reg-id").value_or(""));
    if (!asked.outbound || !regId) // a registrar without outbound keeps the address only
        return sameContact(binding.uri, sip::parseUri(asked.contact), mapped);
    return *regId == asked.regId &&
           sameInstance(binding.parameter("+sip.instance").value_or(""), asked.instance);
}

std::string unquoted(std::string_view text)
{
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
        text = text.substr(1, text.size() - 2);
    return std::string(text.substr(0, kLongest));
}

/// Which flows of ours are bound by this answer.
void noteListed(const sip::NameAddress &binding, const RegisterAsked &asked, RegisterResult &out)
{
    const auto regId = base::toInteger(binding.parameter("reg-id").value_or(""));
    if (regId && *regId > 0 && *regId <= static_cast<std::int64_t>(kMostFlows) &&
        out.listed.size() < kMostFlows && binding.parameter("expires").value_or("") != "0" &&
        sameInstance(binding.parameter("+sip.instance").value_or(""), asked.instance))
        out.listed.push_back(static_cast<std::uint32_t>(*regId));
}

/// The registrar lists every binding of the account; ours is one of them.
void readBindings(const sip::Message &message, const RegisterAsked &asked, RegisterResult &out)
{
    const bool any = message.find(sip::HeaderId::Contact) != nullptr;
    bool readable = false, ours = false, unnamed = false, over = true;
    for (const auto value : message.values(sip::HeaderId::Contact)) {
        const auto binding = sip::parseNameAddress(value);
        readable = readable || binding.ok;
        const bool named = binding.parameter("reg-id").has_value();
        noteListed(binding, asked, out);
        if (!isOurs(binding, asked, out.mapped) || (ours && !named))
            continue;
        ours = true;
        unnamed = !named;
        out.rewritten = !sameContact(binding.uri, sip::parseUri(asked.contact), {});
        const auto expires = base::toInteger(binding.parameter("expires").value_or(""));
        if (expires && *expires > 0 && *expires <= 7 * 24 * 3600)
            out.expires = std::chrono::seconds(*expires);
        over = expires && *expires == 0;
        out.bound = out.bound || (expires && *expires > 0);
        out.publicGruu = unquoted(binding.parameter("pub-gruu").value_or(""));
        out.temporaryGruu = unquoted(binding.parameter("temp-gruu").value_or(""));
    }
    out.unbound = over;
    if (!any)
        out.sentence = "The 200 lists no Contact, so it does not say that we are bound (RFC 3261 "
                       "section 10.3).";
    else if (!readable)
        out.sentence = "The 200 lists a Contact that cannot be read, and not ours, so calls will "
                       "not come here.";
    else if (!ours)
        out.sentence = "The 200 lists other Contacts but not ours, so calls will not come here.";
    else if (over)
        out.sentence = "The 200 lists our Contact with no time left, so calls will not come here.";
    else if (unnamed && out.outbound)
        out.sentence =
            "Its Contact for us has no reg-id, though it requires outbound: the registrar "
            "may have bound the address and not this flow (RFC 5626 section 6).";
}

/// RFC 3261 section 8.2.2.3.
std::string unsupported(const std::string &names)
{
    return names.empty()
               ? "It does not say which extension it lacks (no Unsupported)."
               : fmt::format("It does not know {}, and somebody on the way required it; nothing "
                             "that Earshot could leave out was required.",
                             names);
}

/// RFC 3261 section 21.4.16.
std::string required(const sip::Message &message, const RegisterAsked &asked)
{
    const auto names = joined(message, sip::HeaderId::Require);
    if (names.empty())
        return "It does not say which extension it insists on (no Require).";
    const bool offered = std::all_of(kOffered.begin(), kOffered.end(), [&](const auto &each) {
        return !message.lists(sip::HeaderId::Require, each) || each == "path" || asked.outbound;
    });
    std::size_t known = 0;
    for (const auto each : kOffered)
        known += message.lists(sip::HeaderId::Require, each) ? 1 : 0;
    const auto listed = static_cast<std::size_t>(std::count(names.begin(), names.end(), ',')) + 1;
    return offered && known == listed
               ? fmt::format("It insists on the extension {}, which this REGISTER offered: the "
                             "registrar, or somebody before it, did not see that.",
                             names)
               : fmt::format("It insists on the extension {}, which this REGISTER did not offer.",
                             names);
}

/// Why a 423 is not obeyed.
std::string tooBrief(base::Duration least, base::Duration asked, bool named)
{
    if (least.count() == 0 && named)
        return "It names Min-Expires: 0, so any time should do (RFC 3261 section 20.23).";
    if (least.count() == 0)
        return "It names no Min-Expires, so nobody knows what it would take.";
    const auto seconds = least / std::chrono::seconds(1);
    const auto had = asked / std::chrono::seconds(1);
    if (least > std::chrono::seconds(kLongestWait))
        return fmt::format("It wants {} s at least, and Earshot asks for a day at most.", seconds);
    if (least > asked)
        return fmt::format(
            "It wants {} s at least, more than each time before; {} s were asked for, "
            "as it had wanted, so asking for more comes to no end.",
            seconds, had);
    return fmt::format("It wants {} s at least, and this REGISTER asked for {} s: a registrar may "
                       "send 423 only for less (RFC 3261 section 10.3).",
                       seconds, had);
}

/// As it stands there, though no longer than a day is waited.
std::string askedWait(const sip::Message &message)
{
    const auto wait = message.number(sip::HeaderId::RetryAfter);
    if (!wait)
        return "does not say for how long.";
    if (*wait == 0)
        return "says \"Retry-After: 0\", which names no time to wait.";
    return fmt::format("asks to wait {} s{}.", *wait,
                       *wait > kLongestWait ? "; Earshot waits a day at most" : "");
}

std::string advice(const sip::Message &message, const RegisterAsked &asked, RegisterResult &out)
{
    switch (message.status) {
    case 400:
        return "The registrar cannot read or will not take this REGISTER.";
    case 403:
        return "The registrar forbids it for this account; check account, user name and domain. "
               "Asking again does not help.";
    case 404:
        return std::string("The registrar does not know this address of record; check user and "
                           "domain.") +
               (out.retryAfter.count() > 0 ? ""
                                           : " Asking again seldom helps, so that is done only "
                                             "after 15 to 30 minutes.");
    case 420:
        return unsupported(joined(message, sip::HeaderId::Unsupported));
    case 421:
        return required(message, asked);
    case 423:
        return tooBrief(out.minExpires, asked.expires,
                        message.number(sip::HeaderId::MinExpires).has_value());
    case 430:
        return "A registrar should never say so (RFC 5626 section 11.5): it speaks of a flow that "
               "the edge no longer has, so another one has to be made.";
    case 439: // RFC 5626 section 11.6
        if (!asked.outbound)
            return "It says so though this REGISTER asked for no outbound; another proxy or "
                   "registrar is needed.";
        return fmt::format("The first hop, {}, did not put itself into Path with ob, so the "
                           "registrar will not use outbound through it. Use an edge that supports "
                           "it, or register without outbound.",
                           asked.edge);
    case 477: // Kamailio's and OpenSIPS' own, and their usual text
    case 478:
        return "The edge could not reach the registrar behind it; that is a fault between the two, "
               "not of this account.";
    case 503:
        return "It is overloaded or being serviced and " + askedWait(message);
    default:
        break;
    }
    if (message.status < 400) {
        const auto contacts = joined(message, sip::HeaderId::Contact);
        return contacts.empty() ? "It points elsewhere and does not say where."
                                : fmt::format("It points to {}; use that as proxy.", contacts);
    }
    return {};
}

} // namespace

RegisterResult readRegisterResult(const sip::Message &message, const RegisterAsked &asked)
{
    RegisterResult out;
    out.status = message.status;
    out.retryAfter = secondsOf(message.number(sip::HeaderId::RetryAfter));
    out.minExpires = std::chrono::seconds(message.number(sip::HeaderId::MinExpires).value_or(0));
    readVia(message, out);
    if (message.status >= 200 && message.status < 300) {
        out.outbound = asked.outbound && message.lists(sip::HeaderId::Require, "outbound");
        if (out.outbound)
            out.flowTimer =
                std::chrono::seconds(message.number(sip::HeaderId::FlowTimer).value_or(0));
        out.expires = secondsOf(message.number(sip::HeaderId::Expires));
        out.path = listOf(message, sip::HeaderId::Path);
        out.serviceRoute = listOf(message, sip::HeaderId::ServiceRoute);
        for (const auto &path : out.path)
            out.edgeKeepsFlows =
                out.edgeKeepsFlows || sip::parseNameAddress(path).uri.parameter("ob").has_value();
        readBindings(message, asked, out);
        return out;
    }
    if (message.status < 300)
        return out;
    const auto phrase = message.reason.empty() ? sip::phrase(message.status) : message.reason;
    out.sentence = fmt::format("The registration was refused with {} {}. {}", message.status,
                               base::printable(phrase, false, 160), advice(message, asked, out));
    if (const auto warning = message.value(sip::HeaderId::Warning); !warning.empty())
        out.sentence += fmt::format(" It adds: {}", base::printable(warning, false, 200));
    out.sentence = base::trim(out.sentence);
    return out;
}

} // namespace engine
