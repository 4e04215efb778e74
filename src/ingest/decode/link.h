// SPDX-License-Identifier: Apache-2.0
// Link layer: finds the IP packet in a captured frame. Pure functions over views.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ingest::decode {

constexpr std::uint32_t kExportedPdu = 252; // the decoder reads it: there is no IP packet in it

/// "Ethernet", "Linux cooked v1", ...; "link type 195" for one we do not read.
std::string linkName(std::uint32_t linkType);
/// Finds the IP packet in a frame; nullopt: none (ARP, a cut frame, ...).
using LinkReader = std::optional<std::string_view> (*)(std::string_view frame);
/// `linkType` is the LINKTYPE_ value of the file. nullptr: one we do not read.
LinkReader linkReader(std::uint32_t linkType);

} // namespace ingest::decode
