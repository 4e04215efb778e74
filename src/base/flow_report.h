// SPDX-License-Identifier: Apache-2.0
// What our own user agent knows of one of its RFC 5626 flows, as it travels down the stream of
// packets.
#pragma once

#include <base/endpoint.h>
#include <base/time.h>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace base {

enum class FlowState : std::uint8_t {
    Off,
    Resolving,
    Connecting,
    Registering,
    Provisional, // registered, no pong yet
    Up,
    UpPlain, // registered, the registrar did not grant outbound
    Suspect,
    Failed,
    BackingOff,
    Rejected, // 439 or a final refusal: not tried again by itself
};

std::string_view flowStateText(FlowState state); // "UP", "SUSPECT", ...
/// It works, with outbound or without.
constexpr bool isUp(FlowState state)
{
    return state == FlowState::Up || state == FlowState::UpPlain;
}
/// The registrar took it, so that a request of somebody else's may come over it.
constexpr bool isRegistered(FlowState state)
{
    return isUp(state) || state == FlowState::Provisional || state == FlowState::Suspect;
}

struct FlowReport {
    std::string aor; // sip:bob@example.test
    std::uint32_t regId = 0;
    std::string instance;  // urn:uuid:...
    std::string edge;      // the outbound proxy's URI
    std::string transport; // "TCP"
    FlowState state = FlowState::Off;
    Endpoint local, remote;
    std::string reason; // one sentence: why it is in this state
    int failures = 0;   // consecutive, n of RFC 5626 section 4.5
    Instant since;      // in this state since
    Instant lastReceived, lastPing, lastPong;
    Duration pongRoundTrip{0};
    Instant registeredUntil, nextAttempt;
    std::optional<bool> unregistered; // whether our un-REGISTER was taken; nullopt: not asked yet
    Duration flowTimer{0};            // 0: none granted

    Endpoint mapped;       // how the edge sees us: STUN, or Via received and rport
    std::string keepAlive; // "CRLF", "STUN"; empty: none goes out
    std::string tls;       // whom the certificate names and how it was judged; empty: no TLS
    bool tlsVerified = false;
    Instant reachableSince;            // incoming requests reach us over it; unknown: they do not
    Instant reachableUntil;            // the end of the last such time, as far as it is known
    std::vector<Duration> roundTrips;  // of the last pongs, newest last, at most 32
    int losses = 0;                    // how often a flow that worked was lost
    Duration waitBase{0}, waitMost{0}; // of the present back-off: base, and W = base * 2^failures
    std::string publicGruu, temporaryGruu;       // RFC 5627
    std::vector<std::string> path, serviceRoute; // of the newest 2xx
};

} // namespace base
