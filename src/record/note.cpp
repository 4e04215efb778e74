// SPDX-License-Identifier: Apache-2.0
#include <record/note.h>

#include <algorithm>
#include <array>
#include <base/text.h>
#include <fmt/format.h>
#include <record/fields.h>

namespace record {
namespace {

using base::LocalKind;
using base::PacketKind;

// Names in files stay when the words on the screen change; a number that is not in the table reads
// as the first one.
constexpr std::array<std::string_view, 5> kOrigins{"capture", "tap", "media", "lab", "own"};
constexpr std::array<std::string_view, 7> kTransports{"unknown", "udp", "tcp", "tls",
                                                      "ws",      "wss", "sctp"};
constexpr std::array<std::string_view, 4> kHints{"unknown", "sip", "rtp", "rtcp"};
constexpr std::array<std::string_view, 6> kKinds{"datagram", "data",  "gap",
                                                 "fin",      "reset", "local"};
constexpr std::array<std::string_view, 15> kEvents{
    "refused",       "unreachable",   "timed-out",     "unresolvable",    "via-mismatch",
    "send-failed",   "guard-refused", "large-request", "auth-gave-up",    "flow",
    "media-started", "media-stopped", "ringback",      "no-audio-device", "note"};
constexpr std::array<std::string_view, 11> kStates{
    "off",      "resolving", "connecting", "registering", "provisional", "up",
    "up-plain", "suspect",   "failed",     "backing-off", "rejected"};

constexpr std::string_view kName = "name"; // of a packet that names an end

template <class Enum, std::size_t Size>
std::string_view nameOf(const std::array<std::string_view, Size> &names, Enum value)
{
    const auto index = static_cast<std::size_t>(value);
    return index < Size ? names[index] : std::string_view("other");
}

template <class Enum, std::size_t Size>
std::optional<Enum> valueOf(const std::array<std::string_view, Size> &names, std::string_view name)
{
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
        return std::nullopt;
    return static_cast<Enum>(found - names.begin());
}

void write(Fields &out, const base::FlowReport &flow)
{
    out.text("aor", flow.aor).number("reg_id", flow.regId).text("instance", flow.instance);
    out.text("edge", flow.edge).text("transport", flow.transport);
    out.text("state", nameOf(kStates, flow.state));
    if (flow.local.known())
        out.text("local", flow.local.text());
    if (flow.remote.known())
        out.text("remote", flow.remote.text());
    out.text("reason", flow.reason).number("failures", flow.failures);
    out.number("since_ns", flow.since.ns).number("last_received_ns", flow.lastReceived.ns);
    out.number("last_ping_ns", flow.lastPing.ns).number("last_pong_ns", flow.lastPong.ns);
    out.number("pong_round_trip_ns", flow.pongRoundTrip.count());
    out.number("registered_until_ns", flow.registeredUntil.ns);
    out.number("next_attempt_ns", flow.nextAttempt.ns);
    out.number("flow_timer_ns", flow.flowTimer.count());
    if (flow.mapped.known())
        out.text("mapped", flow.mapped.text());
    out.text("keep_alive", flow.keepAlive).text("tls", flow.tls);
    out.number("tls_verified", flow.tlsVerified ? 1 : 0);
    out.number("reachable_since_ns", flow.reachableSince.ns);
    out.number("reachable_until_ns", flow.reachableUntil.ns);
    out.number("losses", flow.losses);
}

base::FlowReport flowOf(const Fields &in)
{
    base::FlowReport flow;
    flow.aor = in.text("aor");
    flow.regId = static_cast<std::uint32_t>(in.number("reg_id"));
    flow.instance = in.text("instance");
    flow.edge = in.text("edge");
    flow.transport = in.text("transport");
    flow.state = valueOf<base::FlowState>(kStates, in.text("state")).value_or(base::FlowState::Off);
    flow.local = base::Endpoint::parse(in.text("local")).value_or(base::Endpoint{});
    flow.remote = base::Endpoint::parse(in.text("remote")).value_or(base::Endpoint{});
    flow.reason = in.text("reason");
    flow.failures = static_cast<int>(std::clamp<std::int64_t>(in.number("failures"), 0, 1'000'000));
    flow.since = {in.number("since_ns")};
    flow.lastReceived = {in.number("last_received_ns")};
    flow.lastPing = {in.number("last_ping_ns")};
    flow.lastPong = {in.number("last_pong_ns")};
    flow.pongRoundTrip = base::Duration(in.number("pong_round_trip_ns"));
    flow.registeredUntil = {in.number("registered_until_ns")};
    flow.nextAttempt = {in.number("next_attempt_ns")};
    flow.flowTimer = base::Duration(in.number("flow_timer_ns"));
    flow.mapped = base::Endpoint::parse(in.text("mapped")).value_or(base::Endpoint{});
    flow.keepAlive = in.text("keep_alive");
    flow.tls = in.text("tls");
    flow.tlsVerified = in.number("tls_verified") != 0;
    flow.reachableSince = {in.number("reachable_since_ns")};
    flow.reachableUntil = {in.number("reachable_until_ns")};
    flow.losses = static_cast<int>(std::clamp<std::int64_t>(in.number("losses"), 0, 1'000'000));
    return flow;
}

base::LocalEvent eventOf(const Fields &in, LocalKind kind)
{
    base::LocalEvent event;
    event.kind = kind;
    event.code = static_cast<int>(std::clamp<std::int64_t>(in.number("code"), 0, 999));
    event.callId = in.text("call_id");
    event.toTag = in.text("to_tag");
    event.sentence = in.text("sentence");
    event.from = in.text("from");
    event.to = in.text("to");
    if (kind == LocalKind::FlowChanged && !in.text("aor").empty())
        event.flow = std::make_shared<const base::FlowReport>(flowOf(in));
    return event;
}

std::string transportName(base::Transport transport)
{
    return std::string(base::transportText(transport));
}

} // namespace

std::string laneName(const Lane &lane)
{
    std::string out = fmt::format("earshot {}", nameOf(kOrigins, lane.origin));
    if (lane.transport != base::Transport::Unknown)
        out += " " + transportName(lane.transport);
    if (lane.hint == base::PayloadHint::Rtp || lane.hint == base::PayloadHint::Rtcp)
        out += lane.hint == base::PayloadHint::Rtp ? " RTP" : " RTCP";
    return out;
}

std::string laneComment(const Lane &lane)
{
    return Fields()
        .text("origin", nameOf(kOrigins, lane.origin))
        .text("transport", nameOf(kTransports, lane.transport))
        .text("hint", nameOf(kHints, lane.hint))
        .json();
}

std::optional<Lane> laneOf(std::string_view interfaceComment)
{
    const auto fields = Fields::parse(interfaceComment);
    if (!fields)
        return std::nullopt;
    const auto origin = valueOf<base::Origin>(kOrigins, fields->text("origin"));
    const auto transport = valueOf<base::Transport>(kTransports, fields->text("transport"));
    const auto hint = valueOf<base::PayloadHint>(kHints, fields->text("hint"));
    if (!origin || !transport || !hint)
        return std::nullopt;
    return Lane{*origin, *transport, *hint};
}

base::Packet naming(const base::Endpoint &endpoint, std::string_view name)
{
    base::Packet out;
    out.time = base::now();
    out.kind = PacketKind::Local;
    out.origin = base::Origin::Own;
    out.source = endpoint;
    out.payload = base::Blob::copy(name);
    return out;
}

bool isNaming(const base::Packet &packet)
{
    return packet.kind == PacketKind::Local && !packet.local && !packet.payload.empty();
}

std::string words(const base::Packet &packet)
{
    if (isNaming(packet))
        return base::printable(
            fmt::format("{} is called {}.", packet.source.text(), packet.payload.text()));
    switch (packet.kind) {
    case PacketKind::StreamFin:
        return fmt::format("{} closed its side of the connection.", packet.source.text());
    case PacketKind::StreamReset:
        return fmt::format("{} reset the connection.", packet.source.text());
    case PacketKind::StreamGap:
        return fmt::format("Bytes from {} are missing here.", packet.source.text());
    case PacketKind::Local:
        break;
    default:
        return {};
    }
    if (!packet.local)
        return {};
    const base::LocalEvent &event = *packet.local;
    std::string out(base::localKindText(event.kind));
    if (event.code != 0)
        out += fmt::format(" ({})", event.code);
    if (event.flow)
        out += fmt::format(" {} reg-id {} {}", event.flow->aor, event.flow->regId,
                           base::flowStateText(event.flow->state));
    const std::string &sentence =
        event.sentence.empty() && event.flow ? event.flow->reason : event.sentence;
    if (!sentence.empty())
        out += ": " + sentence;
    return base::printable(out, true);
}

std::string packetComment(const base::Packet &packet)
{
    Fields out;
    if (isNaming(packet)) {
        out.text("kind", kName).text("name", packet.payload.text());
        return words(packet) + "\n" + out.json();
    }
    out.text("kind", nameOf(kKinds, packet.kind));
    if (packet.kind == PacketKind::Datagram || packet.kind == PacketKind::StreamData) {
        if (!packet.cut)
            return {};
        out.number("cut", 1);
        return "The end of this message was not captured.\n" + out.json();
    }
    if (packet.local) {
        const base::LocalEvent &event = *packet.local;
        out.text("event", nameOf(kEvents, event.kind)).number("code", event.code);
        out.text("call_id", event.callId).text("to_tag", event.toTag);
        out.text("sentence", event.sentence);
        if (!event.to.empty())
            out.text("from", event.from).text("to", event.to);
        if (event.flow)
            write(out, *event.flow);
    }
    return words(packet) + "\n" + out.json();
}

bool restore(base::Packet &packet, const Lane &lane, std::string_view comment)
{
    packet.origin = lane.origin;
    packet.transport = lane.transport;
    packet.hint = lane.hint;
    const auto fields = comment.empty() ? std::nullopt : Fields::parse(comment);
    if (!fields)
        return false;
    if (fields->text("kind") == kName) {
        packet.kind = PacketKind::Local;
        packet.payload = base::Blob::copy(fields->text("name"));
        return true;
    }
    const auto kind = valueOf<PacketKind>(kKinds, fields->text("kind"));
    if (!kind)
        return false;
    if (*kind == PacketKind::Datagram || *kind == PacketKind::StreamData) {
        packet.cut = fields->number("cut") != 0;
        return true;
    }
    if (*kind == PacketKind::Local) {
        const auto event = valueOf<LocalKind>(kEvents, fields->text("event"));
        if (!event)
            return false;
        packet.local = std::make_shared<const base::LocalEvent>(eventOf(*fields, *event));
    }
    packet.kind = *kind;
    packet.payload = {};
    return true;
}

} // namespace record
