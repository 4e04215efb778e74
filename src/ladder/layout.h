// SPDX-License-Identifier: Apache-2.0
// Lays one call out as a Scene. Pure; same input, same picture.
#pragma once

#include <diagnosis/evidence.h>
#include <diagnosis/finding.h>
#include <functional>
#include <ladder/scene.h>
#include <map>
#include <span>
#include <string>

namespace ladder {

enum class TimeMode : std::uint8_t { Delta, SinceStart, Absolute };

struct Options {
    TimeMode time = TimeMode::Delta;
    bool foldRepeats = true;   // retransmissions as "x3" on their original
    bool foldKeepAlives = true;
    double rowHeight = 44;     // two-line rows
    double compactHeight = 30; // rows without a second line
    double laneWidth = 170;    // least
    double timeWidth = 96;
    double noteWidth = 190;    // badges right of the lanes
    double viewWidth = 0;      // lanes spread to fill it
    base::Duration gap = std::chrono::seconds(1); // silence from here on is drawn as a break
    /// Known names: endpoint ("127.0.0.1:5070" or "127.0.0.1") -> lane name. Endpoints of one name share a lane.
    std::map<std::string, std::string> names;
};

/// `findings` are the call's; rows that are evidence of an error or warning carry its badge.
Scene layout(const diagnosis::Evidence &evidence, std::span<const diagnosis::Finding> findings, const Options &options);

} // namespace ladder
