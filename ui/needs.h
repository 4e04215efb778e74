// SPDX-License-Identifier: Apache-2.0
// What a command acts on, and what to say while that is not there. UI thread.
#pragma once

#include <cstdint>
#include <QString>
#include <ui/parts.h>

namespace ui {

enum class Need : std::uint8_t {
    Nothing,
    Call,        // one is chosen
    Row,         // of it
    Response,    // the row is one
    Invite,      // of the chosen call, seen
    Legs,        // other ones of the chosen call
    Findings,    // about the chosen call
    Certificate, // of the chosen call's connection
    Forks,       // several early dialogs of the chosen call
    OwnCall,     // under way
    Heard,       // the chosen call is ours and under way
    Sound,       // or something of it was captured that can be played
    Answered,    // our call under way is
    Ringing,     // somebody calls us
    Notice,      // a bar to dismiss
};

/// Why a command that needs this can do nothing now, a sentence; empty: it can.
QString lacking(Need need, const Parts &parts);

} // namespace ui
