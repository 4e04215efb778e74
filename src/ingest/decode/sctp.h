// SPDX-License-Identifier: Apache-2.0
// SCTP (RFC 9260), as far as SIP over it needs (RFC 4168): one message in one DATA chunk. Of a
// message in several chunks the beginning is told. Pure functions over views.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace ingest::decode {

struct SctpMessage {
    std::string_view bytes;
    bool whole = true;
};
/// What the packet's DATA chunks hold, without what continues a message; empty: none, or no SCTP.
std::vector<SctpMessage> sctpMessages(std::string_view packet);

} // namespace ingest::decode
