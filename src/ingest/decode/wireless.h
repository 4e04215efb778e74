// SPDX-License-Identifier: Apache-2.0
// IEEE 802.11 data frames that were not encrypted, with or without the headers drivers put before
// them. Pure functions over views.
#pragma once

#include <optional>
#include <string_view>

namespace ingest::decode {

/// The IP packet in an 802.11 frame; nullopt: management, encrypted, or no IP.
std::optional<std::string_view> behindWireless(std::string_view frame);
/// The same behind a radiotap header.
std::optional<std::string_view> behindRadiotap(std::string_view frame);
/// The same behind a header of the Prism or AVS kind, which tell their length.
std::optional<std::string_view> behindPrism(std::string_view frame);

} // namespace ingest::decode
