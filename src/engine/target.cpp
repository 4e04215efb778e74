// SPDX-License-Identifier: Apache-2.0
#include <engine/target.h>

#include <algorithm>
#include <base/text.h>
#include <engine/guard.h>
#include <engine/sofia.h>
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

bool libraryReads(const std::string &uri)
{
    su_home_t home[1] = {SU_HOME_INIT(home)};
    su_home_init(home);
    const url_t *url = url_make(home, uri.c_str());
    const bool good = url != nullptr && url->url_type == url_sip && url->url_host != nullptr &&
                      *url->url_host != '\0';
    su_home_deinit(home);
    return good;
}

bool goodHost(const sip::Uri &uri)
{
    if (uri.host.empty())
        return false;
    if (uri.ipv6)
        return base::Address::parse(uri.host).has_value();
    return std::all_of(uri.host.begin(), uri.host.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '.' || c == '_';
    });
}

tl::unexpected<base::Error> bad(const std::string &what, const std::string &text,
                                std::string_view why)
{
    return base::fail(
        base::ErrorCode::BadInput,
        fmt::format("The {} \"{}\" is not a SIP address: {}. Write it like sip:bob@example.test.",
                    what, base::printable(text, false, 120), why));
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
    std::string uri(base::trim(text));
    if (uri.empty())
        return base::fail(
            base::ErrorCode::BadInput,
            fmt::format("The {} is empty. Write it like sip:bob@example.test.", what));
    if (uri.size() > kLongestUri)
        return bad(what, uri, "it is too long");
    if (hasForbidden(uri))
        return bad(what, uri, "it holds a space or a character that must not stand there");
    const auto scheme = base::lower(uri.substr(0, uri.find(':')));
    if (scheme == "sips")
        return base::fail(base::ErrorCode::Unsupported,
                          fmt::format("The {} asks for TLS (sips:), which this version does not "
                                      "speak. Use sip: with UDP or TCP.",
                                      what));
    if (scheme == "tel")
        return bad(what, uri, "a telephone number needs a SIP address, sip:NUMBER@PROXY");
    if (scheme != "sip")
        uri.insert(0, "sip:");
    const sip::Uri parsed = sip::parseUri(uri);
    if (!parsed.ok || !goodHost(parsed))
        return bad(what, uri, "there is no host in it that can be read");
    if (const auto harmful = harmfulUri(uri))
        return bad(what, uri, "it has " + *harmful);
    if (const auto transport = parsed.parameter("transport"))
        if (!base::equalsNoCase(*transport, "udp") && !base::equalsNoCase(*transport, "tcp"))
            return base::fail(
                base::ErrorCode::Unsupported,
                fmt::format("The {} asks for transport \"{}\"; this version speaks UDP and TCP.",
                            what, base::printable(*transport, false, 40)));
    if (!libraryReads(uri))
        return bad(what, uri, "the SIP stack cannot read it");
    return uri;
}

std::string withTransport(const std::string &uri, base::Transport transport)
{
    if (sip::parseUri(uri).parameter("transport"))
        return uri;
    return uri + (transport == base::Transport::Tcp ? ";transport=tcp" : ";transport=udp");
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

base::Result<std::string>
headerLines(const std::vector<std::pair<std::string, std::string>> &headers)
{
    constexpr std::string_view kToken = "-.!%*_+`'~";
    std::string out;
    for (const auto &[name, value] : headers) {
        const bool token = !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                   kToken.find(c) != std::string_view::npos;
        });
        if (!token)
            return base::fail(base::ErrorCode::BadInput,
                              fmt::format("\"{}\" cannot be the name of a header.",
                                          base::printable(name, false, 80)));
        std::string clean = value;
        std::replace_if(
            clean.begin(), clean.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; },
            ' ');
        out += name + ": " + clean + "\r\n";
    }
    return out;
}

base::Result<Plan> planCall(const CallRequest &request, const Options &options)
{
    if (request.transport != base::Transport::Udp && request.transport != base::Transport::Tcp)
        return base::fail(base::ErrorCode::Unsupported,
                          "This version places calls over UDP and TCP only.");
    const auto target = checkedUri(request.target, "target");
    if (!target)
        return tl::unexpected(target.error());
    std::string fromText(base::trim(request.from));
    std::string display;
    if (const auto name = sip::parseNameAddress(fromText); name.ok && fromText.back() == '>') {
        display = base::printable(name.display, false, 120);
        std::erase_if(display, [](char c) { return c == '"' || c == '\\'; });
        fromText = name.uriText;
    }
    const auto from = checkedUri(fromText, "From address");
    if (!from)
        return tl::unexpected(from.error());
    Plan plan;
    plan.requestUri = *target;
    std::string next = *target;
    if (!request.proxy.empty()) {
        const auto proxy = checkedUri(request.proxy, "proxy");
        if (!proxy)
            return tl::unexpected(proxy.error());
        next = withTransport(*proxy, request.transport);
        plan.routeLine = fmt::format("Route: <{}{}>\r\n", next,
                                     sip::parseUri(next).parameter("lr") ? "" : ";lr");
    }
    plan.route = withTransport(next, request.transport);
    const sip::Uri hop = sip::parseUri(plan.route);
    plan.transport = base::equalsNoCase(hop.parameter("transport").value_or(""), "tcp")
                         ? base::Transport::Tcp
                         : base::Transport::Udp;
    plan.from = (display.empty() ? "" : "\"" + display + "\" ") + "<" + *from + ">";
    plan.to = "<" + *target + ">";
    plan.user = sip::parseUri(*from).user;
    if (plan.user.empty())
        plan.user = "earshot";
    const auto local = localAddressTowards(std::string(hop.host), options);
    if (!local)
        return tl::unexpected(local.error());
    plan.local = *local;
    return plan;
}

} // namespace engine
