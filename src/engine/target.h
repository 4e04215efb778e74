// SPDX-License-Identifier: Apache-2.0
// Private to engine: turns what a user typed (target, proxy, From) into what may be handed to the
// library, or into a sentence that says what is wrong. Pure, any thread.
#pragma once

#include <base/endpoint.h>
#include <base/packet.h>
#include <base/result.h>
#include <engine/engine.h>
#include <optional>
#include <string>

namespace engine {

/// Where a request has to go, before a name is looked up (RFC 3263 section 4).
struct Wanted {
    std::string host;                     // without brackets
    std::optional<base::Address> address; // the host is an IP literal
    std::optional<std::uint16_t> port;
    base::Transport transport = base::Transport::Unknown; // Unknown: DNS says
    bool secure = false;                                  // sips
};

/// A call as it will be asked for.
struct Plan {
    std::string requestUri;
    std::string next;      // the URI that decides destination and transport
    std::string routeLine; // "Route: ...\r\n" lines, empty without a proxy or routes
    std::string from, to;  // name-addrs without tags
    std::string user;      // of our Contact
    Wanted wanted;
};

/// Our Contact over TLS, as the plan wants it: RFC 3261 section 8.1.1.8 has a sips Contact go with
/// a Request-URI or a first Route that is sips. `contact`: "<sip:...;transport=tls;...>".
std::string contactFor(const Plan &plan, const std::string &contact);
base::Result<Plan> planCall(const CallRequest &request);
/// How a sentence ends that is about a URI somebody typed.
inline constexpr std::string_view kWriteItLike = " Write it like sip:bob@example.test.";
/// Our own SIP URI as the library may have it: "sip:" put before what has no scheme.
base::Result<std::string> checkedUri(const std::string &text, const std::string &what);
/// Whom a REFER may name: a URI, with headers behind "?" if need be. Errors: as above, a number
/// that costs or alarms.
base::Result<std::string> transferTarget(const std::string &text, bool allowNumber);
Wanted wantedOf(const std::string &uri, base::Transport wish);
/// Known without asking anybody: an address, or "localhost". nullopt: a name.
std::optional<Hop> literalHop(const Wanted &wanted);
/// The URI that makes the library send there and nowhere else.
std::string hopUri(const Hop &hop);
/// `uri` with ";transport=..." unless it names one.
std::string withTransport(const std::string &uri, base::Transport transport);
/// A sips URI as the sip URI of the same hop over TLS; any other as it is.
std::string sipOverTls(const std::string &uri);
std::uint16_t defaultPort(base::Transport transport);
base::Result<base::Address> localAddressTowards(const std::string &host, const Options &options);
/// Our address for a call: the one it asks for, else by the route to `hop` (nullopt: a name).
base::Result<base::Address> localAddressOf(const CallRequest &request, const Options &options,
                                           const std::optional<Hop> &hop, const std::string &host);
} // namespace engine
