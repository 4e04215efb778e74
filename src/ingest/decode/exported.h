// SPDX-License-Identifier: Apache-2.0
// Exported PDUs (link type 252): a dissector's name and addresses as tags, then the payload, as
// Wireshark exports them and as our own sessions are kept. Pure functions over views.
#pragma once

#include <base/packet.h>
#include <optional>
#include <string_view>

namespace ingest::decode {

struct ExportedPdu {
    std::string_view dissector; // "sip", "rtp", "ip", ...
    base::Endpoint source, destination;
    base::Transport transport = base::Transport::Unknown;
    std::string_view payload;
};
/// nullopt: the tags do not fit.
std::optional<ExportedPdu> parseExported(std::string_view frame);

} // namespace ingest::decode
