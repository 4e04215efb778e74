// SPDX-License-Identifier: Apache-2.0
// Private to engine: turns what a user typed (target, proxy, From) into what may be handed to the
// library, or into a sentence that says what is wrong. Pure, any thread.
#pragma once

#include <base/endpoint.h>
#include <base/packet.h>
#include <base/result.h>
#include <engine/engine.h>
#include <string>

namespace engine {

/// Where a request goes and from which of our addresses.
struct Plan {
    std::string requestUri;
    std::string route;     // the URI that decides transport and destination
    std::string routeLine; // "Route: ...\r\n", empty without a proxy
    std::string from, to;  // name-addrs without tags
    std::string user;      // of our Contact
    base::Transport transport = base::Transport::Udp;
    base::Address local;
};

base::Result<Plan> planCall(const CallRequest &request, const Options &options);
/// Our own SIP URI as the library may have it: "sip:" put before what has no scheme; UDP and TCP
/// only.
base::Result<std::string> checkedUri(const std::string &text, const std::string &what);
/// `uri` with ";transport=..." unless it names one.
std::string withTransport(const std::string &uri, base::Transport transport);
base::Result<base::Address> localAddressTowards(const std::string &host, const Options &options);
/// Header lines of the caller's own: names checked, line ends taken out.
base::Result<std::string>
headerLines(const std::vector<std::pair<std::string, std::string>> &headers);

} // namespace engine
