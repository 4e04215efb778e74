// SPDX-License-Identifier: Apache-2.0
// Link layer: finds the IP packet in a captured frame. Pure functions over views.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ingest::decode {

/// "Ethernet", "Linux cooked v1", ...; "link type 105" for one we do not read.
std::string linkName(std::uint32_t linkType);
bool linkSupported(std::uint32_t linkType);
/// The IP packet in the frame; nullopt: none (ARP, a cut frame, ...). `linkType` is the LINKTYPE_
/// value of the file.
std::optional<std::string_view> ipPacket(std::uint32_t linkType, std::string_view frame);

} // namespace ingest::decode
