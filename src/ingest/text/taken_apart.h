// SPDX-License-Identifier: Apache-2.0
// What tshark took apart (-T ek, -T json, -T pdml, -T psml): names and values of fields, not the
// packets. Line ends and repeated headers are lost in them, so that no message can be put together
// again. Pure.
#pragma once

#include <string_view>

namespace ingest::text {

bool isTakenApart(std::string_view firstBytes);
/// What to say of it.
constexpr std::string_view kTakenApart =
    "This is what tshark took apart (-T ek, json, pdml or psml), not the packets: the messages "
    "cannot be put together again from it. Write the packets (tshark -r FILE -w packets.pcapng), "
    "or their text (tshark -V), and open that.";

} // namespace ingest::text
