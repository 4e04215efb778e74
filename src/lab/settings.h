// SPDX-License-Identifier: Apache-2.0
// Private to lab: what a scenario says to the peers (the engine's steps are in Scenario).
#pragma once

#include <base/result.h>
#include <base/time.h>
#include <lab/lab.h>
#include <string>
#include <vector>

namespace lab {

enum class Sound : unsigned char { None, Silence, Ringback, Announcement, Talk };

/// One thing the callee does, counted from the INVITE's arrival.
struct Act {
    base::Duration after{0};
    int status = 0; // 0: only the sound changes
    bool sdp = false;
    bool reliable = false;     // if the caller supports 100rel
    std::vector<Sound> sounds; // one after another, the last one for ever; empty: no change
};

struct CalleeSettings {
    std::vector<Act> acts; // the last one is a final response
};

/// What sets a fault off: the first such request that comes for a flow, or a step of the story.
enum class Trigger : unsigned char { Invite, Bye, Step };

struct EdgeSettings {
    int forgets = 0;  // the edge (from 1) that forgets its connections at `trigger`; 0: none
    int restarts = 0; // the edge that then starts anew: another token key, every connection closed
    int dies = 0;     // the edge that then is gone: nothing is answered any more
    Trigger trigger = Trigger::Invite;
    int flowTimer = 0;        // seconds; 0: none granted
    bool outbound = true;     // puts itself into Path, with ob
    bool pongs = true;        // answers pings
    bool keepsKey = false;    // of its tokens, over a restart
    base::Duration down{0};   // how long a restart takes
    base::Duration closes{0}; // that long after the first ping its connection is closed, once
};

struct CrowdSettings {
    int members = 0;
    int scale = 1; // how many times as fast as the RFC's figures the two below are
    base::Duration backOffBase = std::chrono::seconds(30);
    base::Duration backOffMost = std::chrono::seconds(1800);
};

struct RegistrarSettings {
    bool relay430 = false; // hands a 430 to the caller instead of 480
    bool inEdge = false;   // the only edge is the registrar too: one box
};

struct Settings {
    base::Duration t1 = std::chrono::milliseconds(500); // RFC 3261 section 17.1.1.1
    CalleeSettings callee;
    EdgeSettings edge;
    RegistrarSettings registrar;
    CrowdSettings crowd; // all behind the first edge
};

/// Both halves of a story at once; parseScenario() and Lab::start() each keep theirs.
struct Story {
    Scenario scenario;
    Settings settings;
};
base::Result<Story> parseStory(std::string_view name, std::string_view toml);

} // namespace lab
