// SPDX-License-Identifier: Apache-2.0
// Whose packet was it that did not arrive? The network quotes its beginning (ICMP): addresses and
// ports at least. Bounded work. Analysis thread, owned by Folds.
#pragma once

#include <base/packet.h>
#include <calls/call.h>
#include <session/media_fold.h>
#include <string_view>
#include <trace/trace.h>

namespace session {

class Undelivered
{
public:
    Undelivered(const trace::Trace &trace, MediaFold &media) : m_trace(trace), m_media(media) {}

    struct Owner {
        trace::RowId row;   // the message or keep-alive; invalid: none that was captured
        calls::CallId call; // invalid: of no call
        bool told = false;  // the same was said of this media a moment ago
    };
    /// `packet`: as the decoder tells an ICMP error.
    Owner ownerOf(const base::Packet &packet);
    /// What is quoted behind the UDP header, or a part of a TCP stream.
    static std::string_view quoted(const base::Packet &packet);
    /// Is that the whole of a datagram?
    static bool whole(const base::Packet &packet);

private:
    trace::RowId rowOf(const base::Packet &packet);
    bool fits(trace::RowId row, const base::Packet &packet, std::string_view quoted) const;
    Owner ofMedia(const base::Packet &packet);

    const trace::Trace &m_trace;
    MediaFold &m_media;
    struct Told {
        base::Instant time;
        bool again = false;
    };
    Generations<RtpGate::Key, Told, RtpGate::Hash> m_told{4096};
    std::uint64_t m_looked = 0; // rows that were looked at
};

} // namespace session
