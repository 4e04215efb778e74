// SPDX-License-Identifier: Apache-2.0
// A list of packets (tshark -T psml): a line for each, and nothing of what was in it. Pure.
#pragma once

#include <string_view>

namespace ingest::text {

bool isTakenApart(std::string_view firstBytes);
/// What to say of it.
constexpr std::string_view kTakenApart =
    "This is a list of packets (tshark -T psml), without what was in them. Write the packets "
    "(tshark -r FILE -w packets.pcapng), or what tshark took apart (tshark -T json -x), and open "
    "that.";

} // namespace ingest::text
