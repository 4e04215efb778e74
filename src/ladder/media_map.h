// SPDX-License-Identifier: Apache-2.0
// What the SDP of one call says about media: which lane opened an address, and which codec a
// payload type means there. Filled in one pass over the call's messages; the first to name an
// address owns it (proxies pass SDP on unchanged).
#pragma once

#include <diagnosis/evidence.h>
#include <optional>
#include <sip/sdp.h>
#include <string>
#include <unordered_map>

namespace ladder {

class MediaMap
{
public:
    /// Everything the call's messages say; lanes are not known then.
    static MediaMap of(const diagnosis::Evidence &evidence);

    void add(std::uint32_t lane, const sip::Sdp &sdp);
    std::optional<std::uint32_t> owner(const base::Endpoint &endpoint) const;
    /// By the receiver's numbers (RFC 3264 section 5.1), then the sender's, then RFC 3551's; empty:
    /// unknown.
    std::string codec(const rtp::Stream &stream) const;
    /// The same of another of its payload types than that of most packets.
    std::string codec(const rtp::Stream &stream, int payloadType) const;

private:
    struct Socket {
        std::uint32_t lane = 0;
        std::unordered_map<int, std::string> codecs; // by payload type
    };
    const std::string *codecAt(const base::Endpoint &endpoint, int payloadType) const;

    std::unordered_map<base::Endpoint, Socket> m_sockets;
};

/// The payload type that most of the stream's packets have (events and comfort noise are few).
int mainPayloadType(const rtp::Stream &stream);

} // namespace ladder
