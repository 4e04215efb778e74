// SPDX-License-Identifier: Apache-2.0
// The one currency of the stream: what a capture file, the wire tap, the media sockets and the lab
// all emit. Immutable once emitted; crosses threads by value (the payload is shared).
#pragma once

#include <base/blob.h>
#include <base/endpoint.h>
#include <base/flow_report.h>
#include <base/time.h>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace base {

enum class Transport : std::uint8_t { Unknown, Udp, Tcp, Tls, Ws, Wss, Sctp };
std::string_view transportText(Transport transport); // "UDP"

enum class PacketKind : std::uint8_t {
    Datagram,   // one datagram, whole
    StreamData, // bytes of a connection, in order; `stream` tells which connection and direction
    StreamGap,  // bytes of a connection are missing here (capture loss)
    StreamFin,  // `source` closed its side
    StreamReset,
    Local, // something that happened inside Earshot, told by `local`
};

enum class Origin : std::uint8_t { Capture, Tap, Media, Lab, Own };

/// What the emitter knows of the payload. Unknown: the session looks (first bytes, SDP).
enum class PayloadHint : std::uint8_t { Unknown, Sip, Rtp, Rtcp };

enum class LocalKind : std::uint8_t {
    ConnectionRefused, // ICMP or RST: nobody listens there
    Unreachable,
    TimedOut, // our transaction's timer ran out
    Unresolvable,
    ViaMismatch,
    SendFailed,
    GuardRefused, // our guard did not hand a message on to the stack
    LargeRequest, // a request beyond RFC 3261 section 18.1.1's size
    AuthenticationGaveUp,
    FlowChanged, // `flow` is set
    MediaStarted,
    MediaStopped,
    RingbackChanged,
    NoAudioDevice,
    Note,
};
std::string_view localKindText(LocalKind kind); // "connection refused"

struct LocalEvent {
    LocalKind kind = LocalKind::Note;
    int code = 0;         // the status code the stack made up for it (408, 503), 0: none
    std::string callId;   // empty: belongs to no call
    std::string toTag;    // the early dialog, if it belongs to one
    std::string sentence; // for the user
    std::shared_ptr<const FlowReport> flow;
    std::string from{}, to{}; // URIs of a call of ours that never left this computer
};

// DSCPs (RFC 2474): not known; expedited forwarding (RFC 3246), as voice is sent.
inline constexpr std::uint8_t kNoDscp = 0xFF, kExpedited = 46;

struct Packet {
    Instant time;
    PacketKind kind = PacketKind::Datagram;
    Transport transport = Transport::Unknown;
    Origin origin = Origin::Capture;
    PayloadHint hint = PayloadHint::Unknown;
    bool outgoing = false;  // sent by our own sockets (Tap, Media)
    bool cut = false;       // Datagram: its end was not captured
    bool sentAgain = false; // Datagram: its bytes came before, in another IP packet of the sender
    std::uint8_t dscp = kNoDscp; // of its IP header (RFC 2474)
    std::uint8_t hops = 0;       // time to live or hop limit where it was seen, 0: not known
    std::uint32_t stream =
        0; // one direction of one connection; 0 for datagrams. Unique within an origin.
    Endpoint source, destination;
    std::uint64_t hash = 0; // base::hashOf the payload, 0: not taken
    Blob payload; // Local: what the network quoted of the packet that did not arrive, from its UDP
                  // or TCP header on; source and destination are that packet's
    std::shared_ptr<const LocalEvent> local;
    std::shared_ptr<const std::string> comment; // what somebody wrote to this packet in its file
};

} // namespace base
