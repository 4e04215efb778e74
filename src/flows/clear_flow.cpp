// SPDX-License-Identifier: Apache-2.0
#include <flows/clear_flow.h>

#include <array>
#include <base/escape.h>
#include <base/text.h>
#include <sip/address.h>

namespace flows {
namespace {

constexpr std::size_t kLongestText = 256;
constexpr std::uint16_t kPort = 5060, kTlsPort = 5061;
constexpr std::array kTransports{base::Transport::Udp, base::Transport::Tcp,
                                 base::Transport::Tls, base::Transport::Sctp,
                                 base::Transport::Ws,  base::Transport::Wss}; // from 1 on

base::Transport transportOf(const sip::Uri &uri)
{
    const auto name = uri.parameter("transport").value_or("udp");
    for (const auto transport : kTransports)
        if (base::equalsNoCase(base::transportText(transport), name))
            return transport;
    return base::Transport::Unknown;
}

base::Endpoint placeOf(const sip::Uri &uri)
{
    const auto address = sip::addressOf(uri.host);
    const auto transport = transportOf(uri);
    const bool secured = transport == base::Transport::Tls || transport == base::Transport::Wss;
    return {address.value_or(base::Address{}), uri.port.value_or(secured ? kTlsPort : kPort)};
}

/// "203.0.113.7~34567~2": address, port, transport.
std::optional<FlowToken> readAlias(std::string_view text)
{
    const auto first = text.find('~');
    const auto second = first == std::string_view::npos ? first : text.find('~', first + 1);
    if (second == std::string_view::npos)
        return std::nullopt;
    const auto address = sip::addressOf(text.substr(0, first));
    const auto port = base::toInteger(text.substr(first + 1, second - first - 1));
    const auto number = base::toInteger(text.substr(second + 1));
    const auto kinds = static_cast<long long>(kTransports.size());
    if (!address || !port || *port < 1 || *port > 65535 || !number || *number < 1 ||
        *number > kinds)
        return std::nullopt;
    FlowToken out;
    out.transport = kTransports[static_cast<std::size_t>(*number) - 1];
    out.userAgent = {*address, static_cast<std::uint16_t>(*port)};
    return out;
}

std::optional<FlowToken> readReceived(const sip::Uri &path, std::string_view text)
{
    const std::string plain = base::unescaped(text);
    const auto uri = sip::parseUri(plain);
    if (!uri.ok || !uri.user.empty())
        return std::nullopt;
    FlowToken out;
    out.transport = transportOf(uri);
    out.userAgent = placeOf(uri);
    if (!out.userAgent.known() || out.transport == base::Transport::Unknown)
        return std::nullopt;
    out.edge = placeOf(path);
    return out;
}

} // namespace

std::optional<FlowToken> clearFlow(const sip::Uri &uri)
{
    const auto received = uri.parameter("received"), alias = uri.parameter("alias");
    if (received && received->size() <= kLongestText)
        return readReceived(uri, *received);
    return alias && alias->size() <= kLongestText ? readAlias(*alias) : std::nullopt;
}

} // namespace flows
