// SPDX-License-Identifier: Apache-2.0
#include <base/packet.h>

namespace base {

std::string_view flowStateText(FlowState state)
{
    switch (state) {
    case FlowState::Off:
        return "OFF";
    case FlowState::Resolving:
        return "RESOLVING";
    case FlowState::Connecting:
        return "CONNECTING";
    case FlowState::Registering:
        return "REGISTERING";
    case FlowState::Provisional:
        return "PROVISIONAL";
    case FlowState::Up:
        return "UP";
    case FlowState::UpPlain:
        return "UP (no outbound)";
    case FlowState::Suspect:
        return "SUSPECT";
    case FlowState::Failed:
        return "FAILED";
    case FlowState::BackingOff:
        return "BACKING OFF";
    case FlowState::Rejected:
        return "REJECTED";
    }
    return "?";
}

std::string_view transportText(Transport transport)
{
    switch (transport) {
    case Transport::Udp:
        return "UDP";
    case Transport::Tcp:
        return "TCP";
    case Transport::Tls:
        return "TLS";
    case Transport::Ws:
        return "WS";
    case Transport::Wss:
        return "WSS";
    case Transport::Sctp:
        return "SCTP";
    case Transport::Unknown:
        break;
    }
    return "?";
}

std::string_view localKindText(LocalKind kind)
{
    switch (kind) {
    case LocalKind::ConnectionRefused:
        return "connection refused";
    case LocalKind::Unreachable:
        return "unreachable";
    case LocalKind::TimedOut:
        return "timed out";
    case LocalKind::Unresolvable:
        return "name not found";
    case LocalKind::ViaMismatch:
        return "Via mismatch";
    case LocalKind::SendFailed:
        return "transport failed";
    case LocalKind::GuardRefused:
        return "refused by the guard";
    case LocalKind::LargeRequest:
        return "large request";
    case LocalKind::AuthenticationGaveUp:
        return "authentication gave up";
    case LocalKind::FlowChanged:
        return "flow";
    case LocalKind::MediaStarted:
        return "media started";
    case LocalKind::MediaStopped:
        return "media stopped";
    case LocalKind::RingbackChanged:
        return "ringback";
    case LocalKind::NoAudioDevice:
        return "no audio device";
    case LocalKind::Note:
        return "note";
    }
    return "?";
}

} // namespace base
