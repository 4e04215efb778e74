// SPDX-License-Identifier: Apache-2.0
#include <engine/target.h>

#include <algorithm>
#include <base/text.h>
#include <engine/guard.h>
#include <engine/number_guard.h>
#include <engine/sofia.h>
#include <engine/typed_name.h>
#include <fmt/format.h>
#include <sip/uri.h>
#include <sys/socket.h>
#include <unistd.h>

namespace engine {

namespace {

constexpr std::size_t kLongestUri = 1024;

bool hasForbidden(std::string_view text)
{
    return std::any_of(text.begin(), text.end(), [](char c) {
        const auto u = static_cast<unsigned char>(c);
        return u <= 0x20 || u == 0x7F || c == '<' || c == '>' || c == '"' || c == '\\' ||
               c == '{' || c == '}';
    });
}

/// %0D or %0A: whoever decodes it gets another header line.
bool hasEscapedLineEnd(std::string_view text)
{
    const std::string lower = base::lower(text);
    return lower.find("%0d") != std::string::npos || lower.find("%0a") != std::string::npos;
}

std::optional<std::string_view> badCharacters(std::string_view text)
{
    if (hasForbidden(text))
        return "it holds a space, a line end or another character that must not stand there";
    if (hasEscapedLineEnd(text))
        return "it holds an escaped line end (%0D or %0A), which would start another header";
    return std::nullopt;
}

bool libraryReads(const std::string &uri)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    su_home_init(home);
    const url_t *url = url_make(home, uri.c_str());
    const bool good = url != nullptr && (url->url_type == url_sip || url->url_type == url_sips) &&
                      url->url_host != nullptr && *url->url_host != '\0';
    su_home_deinit(home);
    return good;
}

bool goodHost(const sip::Uri &uri)
{
    if (uri.host.empty())
        return false;
    if (uri.ipv6) {
        const auto address = base::Address::parse(uri.host);
        return address && address->family == 6;
    }
    return std::all_of(uri.host.begin(), uri.host.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '.' || c == '_';
    });
}

/// Why no host was read out of it.
std::string_view badHost(std::string_view uri)
{
    uri.remove_prefix(uri.find(':') + 1);
    uri = uri.substr(0, uri.find_first_of(";?"));
    const auto host = uri.substr(uri.find_last_of('@') + 1); // npos + 1 is 0
    if (host.find('[') != std::string_view::npos)
        return "what stands in brackets is no IPv6 address";
    if (std::count(host.begin(), host.end(), ':') > 1)
        return "an IPv6 address has to stand in brackets, as in sip:bob@[2001:db8::1]";
    return "there is no host in it that can be read";
}

tl::unexpected<base::Error> bad(const std::string &what, const std::string &text,
                                std::string_view why)
{
    return base::fail(base::ErrorCode::BadInput,
                      fmt::format("The {} \"{}\" is not a SIP address: {}.{}", what,
                                  base::printable(text, false, 120), why, kWriteItLike));
}

/// The local address of a route, found by connecting a UDP socket: nothing is sent.
base::Result<base::Address> routeTo(const base::Address &target)
{
    sockaddr_storage name{};
    const base::Endpoint there{target, 9};
    const unsigned length = there.toSocketAddress(name);
    const int fd = ::socket(name.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    base::Endpoint here;
    if (fd >= 0 && ::connect(fd, reinterpret_cast<const sockaddr *>(&name), length) == 0) {
        socklen_t size = sizeof name;
        if (::getsockname(fd, reinterpret_cast<sockaddr *>(&name), &size) == 0)
            here = base::Endpoint::of(reinterpret_cast<const sockaddr *>(&name));
    }
    if (fd >= 0)
        ::close(fd);
    if (!here.known())
        return base::fail(
            base::ErrorCode::Unresolvable,
            fmt::format("There is no route to {}. Check the network.", target.text()));
    return here.address;
}

} // namespace

base::Result<std::string> checkedUri(const std::string &text, const std::string &what)
{
    std::string uri = withEscapedUser(base::trim(text), false);
    if (uri.empty())
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("The {} is empty.{}", what, kWriteItLike));
    if (uri.size() > kLongestUri)
        return bad(what, uri, "it is too long");
    if (const auto why = badCharacters(uri))
        return bad(what, uri, *why);
    const auto scheme = base::lower(uri.substr(0, uri.find(':')));
    if (scheme == "tel")
        return bad(what, uri, "a telephone number needs a SIP address, sip:NUMBER@PROXY");
    if (scheme != "sip" && scheme != "sips")
        uri.insert(0, "sip:");
    const sip::Uri parsed = sip::parseUri(uri);
    if (!parsed.ok || !goodHost(parsed))
        return bad(what, uri, badHost(uri));
    if (const auto harmful = harmfulUri(uri))
        return bad(what, uri, "it has " + *harmful);
    if (const auto transport = parsed.parameter("transport")) {
        const bool known = base::equalsNoCase(*transport, "udp") ||
                           base::equalsNoCase(*transport, "tcp") ||
                           base::equalsNoCase(*transport, "tls");
        if (!known)
            return base::fail(
                base::ErrorCode::Unsupported,
                fmt::format("The {} asks for transport \"{}\"; Earshot speaks UDP, TCP and TLS.",
                            what, base::printable(*transport, false, 40)));
        if (base::equalsNoCase(parsed.scheme, "sips") && base::equalsNoCase(*transport, "udp"))
            return bad(what, uri, "sips: is TLS, which does not go over UDP");
    }
    if (!libraryReads(uri))
        return bad(what, uri, "the SIP stack cannot read it");
    return uri;
}

std::string withTransport(const std::string &uri, base::Transport transport)
{
    const auto parsed = sip::parseUri(uri);
    if (parsed.parameter("transport") || base::equalsNoCase(parsed.scheme, "sips") ||
        transport == base::Transport::Unknown)
        return uri;
    return uri + ";transport=" + base::lower(base::transportText(transport));
}

std::string contactFor(const Plan &plan, const std::string &contact)
{
    constexpr std::string_view kHeader = "Route: ", kTransport = ";transport=tls";
    const std::string_view route =
        std::string_view(plan.routeLine).substr(0, plan.routeLine.find("\r\n"));
    const auto first = route.size() > kHeader.size()
                           ? sip::parseNameAddress(route.substr(kHeader.size())).uri
                           : sip::Uri{};
    const bool secure = base::equalsNoCase(sip::parseUri(plan.requestUri).scheme, "sips") ||
                        base::equalsNoCase(first.scheme, "sips");
    const auto scheme = contact.find("sip:");
    if (!secure || scheme == std::string::npos)
        return contact;
    std::string out = contact;
    if (const auto at = out.find(kTransport); at != std::string::npos)
        out.erase(at, kTransport.size());
    return out.replace(scheme, 4, "sips:");
}

std::string sipOverTls(const std::string &uri)
{
    constexpr std::string_view kTransport = ";transport=";
    if (!base::equalsNoCase(sip::parseUri(uri).scheme, "sips"))
        return uri;
    std::string out = "sip:" + uri.substr(uri.find(':') + 1);
    const auto headers = out.find('?');
    const std::string behind = headers == std::string::npos ? "" : out.substr(headers);
    out.erase(std::min(headers, out.size()));
    if (const auto at = base::lower(out).find(kTransport); at != std::string::npos)
        out.erase(at, std::min(out.find(';', at + 1), out.size()) - at);
    return out + ";transport=tls" + behind;
}

std::uint16_t defaultPort(base::Transport transport)
{
    return transport == base::Transport::Tls ? 5061 : 5060;
}

Wanted wantedOf(const std::string &uri, base::Transport wish)
{
    const sip::Uri parsed = sip::parseUri(uri);
    Wanted out;
    out.host = base::lower(parsed.host);
    out.port = parsed.port;
    out.secure = base::equalsNoCase(parsed.scheme, "sips");
    // maddr (RFC 3261 section 19.1.1) replaces the host.
    if (const auto maddr = parsed.parameter("maddr"); maddr && !maddr->empty())
        out.host = *maddr;
    out.address = base::Address::parse(out.host);
    const auto named = parsed.parameter("transport").value_or("");
    if (out.secure || base::equalsNoCase(named, "tls"))
        out.transport = base::Transport::Tls;
    else if (base::equalsNoCase(named, "tcp"))
        out.transport = base::Transport::Tcp;
    else if (base::equalsNoCase(named, "udp"))
        out.transport = base::Transport::Udp;
    else
        out.transport = wish;
    return out;
}

std::optional<Hop> literalHop(const Wanted &wanted)
{
    auto address = wanted.address;
    if (!address && base::equalsNoCase(wanted.host, "localhost")) // RFC 6761 section 6.3
        address = base::Address::v4(0x7F000001);
    if (!address)
        return std::nullopt;
    const auto transport =
        wanted.transport == base::Transport::Unknown ? base::Transport::Udp : wanted.transport;
    return Hop{transport, {*address, wanted.port.value_or(defaultPort(transport))}, wanted.host};
}

std::string hopUri(const Hop &hop)
{
    return fmt::format("sip:{};transport={}", hop.endpoint.text(),
                       base::lower(base::transportText(hop.transport)));
}

base::Result<base::Address> localAddressTowards(const std::string &host, const Options &options)
{
    if (!options.localAddress.empty()) {
        if (auto fixed = base::Address::parse(options.localAddress))
            return *fixed;
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("\"{}\" is not an IP address.", options.localAddress));
    }
    const auto loopback = base::Address::v4(0x7F000001);
    if (const auto address = base::Address::parse(host))
        return address->isLoopback() && address->family == 4 ? loopback : routeTo(*address);
    if (base::equalsNoCase(host, "localhost"))
        return loopback;
    // A name: asking the DNS here would block, so the default route's address it is (192.0.2.1 is
    // never sent to).
    const auto outside = routeTo(base::Address::v4(0xC0000201));
    return outside ? outside : loopback;
}

base::Result<base::Address> localAddressOf(const CallRequest &request, const Options &options,
                                           const std::optional<Hop> &hop, const std::string &host)
{
    const auto &wished = request.extras.localAddress;
    if (wished.empty())
        return localAddressTowards(hop ? hop->endpoint.address.text() : host, options);
    const auto address = base::Address::parse(wished);
    if (!address)
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("\"{}\" is not an IP address of this computer.",
                                      base::printable(wished, false, 80)));
    if (hop && hop->endpoint.address.family != address->family)
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("{} cannot be reached from {}: one is IPv4, the other IPv6. "
                                      "Choose a local address of the same kind.",
                                      hop->endpoint.address.text(), address->text()));
    return *address;
}

namespace {

/// `"Bob" <sip:bob@example.test>` or the URI alone, as a name-addr that the library can read.
base::Result<std::string> nameAddress(const std::string &text, std::string &uri)
{
    const auto [name, typed] = nameAndUri(text);
    const auto checked = checkedUri(withEscapedUser(typed, true), "From address");
    if (!checked)
        return tl::unexpected(checked.error());
    uri = *checked;
    return quotedName(name) + "<" + uri + ">";
}

base::Result<void> checkNumber(const std::string &uri)
{
    const auto parsed = sip::parseUri(uri);
    // "sip:112" is a host by its form, and may be meant as what it looks like.
    const std::string user(parsed.user.empty() && !parsed.ipv6 ? parsed.host : parsed.user);
    if (const auto what = riskyNumber(user))
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("{} is {}; a test call to it is refused. Allow emergency and "
                                      "premium numbers (--allow-number) if you mean it.",
                                      base::printable(user, false, 80), *what));
    return {};
}

base::Result<void> planRoutes(const CallRequest &request, Plan &plan)
{
    std::vector<std::pair<std::string, const char *>> hops;
    if (!request.proxy.empty())
        hops.emplace_back(request.proxy, "proxy");
    for (const auto &route : request.extras.routes) {
        const auto inner = sip::parseNameAddress(route); // "<sip:p.example;lr>" is understood too
        hops.emplace_back(
            inner.ok && !route.empty() && route.front() == '<' ? std::string(inner.uriText) : route,
            "route");
    }
    for (std::size_t i = 0; i < hops.size(); ++i) {
        auto uri = checkedUri(hops[i].first, hops[i].second);
        if (!uri)
            return tl::unexpected(uri.error());
        if (i == 0)
            plan.next = *uri = withTransport(*uri, request.transport);
        plan.routeLine += fmt::format("Route: <{}{}>\r\n", *uri,
                                      sip::parseUri(*uri).parameter("lr") ? "" : ";lr");
    }
    return {};
}

} // namespace

base::Result<Plan> planCall(const CallRequest &request)
{
    constexpr std::size_t kMostRoutes = 16;
    if (request.extras.routes.size() > kMostRoutes)
        return base::fail(base::ErrorCode::BadInput,
                          fmt::format("{} routes are more than the {} that a call takes.",
                                      request.extras.routes.size(), kMostRoutes));
    const auto target = checkedUri(request.target, "target");
    if (!target)
        return tl::unexpected(target.error());
    const auto &wished = request.extras.requestUri;
    const auto requestUri = wished.empty() ? target : checkedUri(wished, "Request-URI");
    if (!requestUri)
        return tl::unexpected(requestUri.error());
    for (const auto &uri : {*requestUri, *target})
        if (const auto harmless = checkNumber(uri); !request.extras.allowNumber && !harmless)
            return tl::unexpected(harmless.error());
    Plan plan;
    std::string from;
    const auto fromAddress = nameAddress(request.from, from);
    if (!fromAddress)
        return tl::unexpected(fromAddress.error());
    plan.requestUri = plan.next = *requestUri;
    plan.from = *fromAddress;
    plan.to = "<" + *target + ">";
    if (const auto routed = planRoutes(request, plan); !routed)
        return tl::unexpected(routed.error());
    plan.user = sip::parseUri(from).user;
    if (plan.user.empty())
        plan.user = "earshot";
    plan.wanted = wantedOf(plan.next, request.transport);
    return plan;
}

base::Result<std::string> transferTarget(const std::string &text, bool allowNumber)
{
    const std::string what = "transfer target";
    const auto question = text.find('?');
    auto uri = checkedUri(text.substr(0, question), what);
    if (!uri)
        return uri;
    const std::string headers =
        question == std::string::npos ? "" : std::string(base::trim(text.substr(question)));
    if (headers.size() > kLongestUri)
        return bad(what, text, "it is too long");
    if (const auto why = badCharacters(headers))
        return bad(what, text, *why);
    if (const auto harmless = checkNumber(*uri); !allowNumber && !harmless)
        return tl::unexpected(harmless.error());
    return *uri + headers;
}

} // namespace engine
