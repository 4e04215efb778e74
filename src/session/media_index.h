// SPDX-License-Identifier: Apache-2.0
// Which calls named a media endpoint in SDP, and which RTP streams touch it, so that a call is
// joined to its own streams without looking at all of them. Bounded. Analysis thread, owned by
// Folds.
#pragma once

#include <base/endpoint.h>
#include <calls/call.h>
#include <rtp/stream_table.h>
#include <session/generations.h>
#include <sip/message.h>
#include <span>
#include <vector>

namespace session {

class MediaIndex
{
public:
    /// Notes the endpoints and payload types of the message's SDP; true: there was one.
    bool learn(calls::CallId call, const sip::Message &message);
    void addStream(rtp::StreamId stream, const base::Endpoint &source,
                   const base::Endpoint &destination, base::Instant first);
    bool namedInSdp(const base::Endpoint &endpoint);
    /// Clock rate that the receiver at `destination` described for that payload type, 0: unknown.
    std::uint32_t clock(const base::Endpoint &destination, std::uint8_t payloadType);
    /// The calls that named the endpoint most recently.
    std::span<const calls::CallId> calls(const base::Endpoint &endpoint);
    /// Streams at the call's endpoints that began before `until`, the newest first, bounded.
    std::vector<rtp::StreamId> streams(calls::CallId call, base::Instant until);
    std::uint64_t evicted() const { return m_places.evicted() + m_calls.evicted(); }

private:
    struct Clock {
        std::uint8_t payloadType = 0;
        std::uint32_t rate = 0;
    };
    struct Seen {
        base::Instant first;
        rtp::StreamId stream;
    };
    struct Place {
        std::vector<calls::CallId> calls; // the newest last
        std::vector<Clock> clocks;
        std::vector<Seen> streams; // in order of appearance
        bool named = false;
    };

    Generations<base::Endpoint, Place> m_places{65536};
    Generations<calls::CallId, std::vector<base::Endpoint>> m_calls{1U << 18U};
};

} // namespace session
