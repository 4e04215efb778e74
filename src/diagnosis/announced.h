// SPDX-License-Identifier: Apache-2.0
// What an early dialog lets its caller expect, by the descriptions in force, preconditions and
// P-Early-Media. Pure functions of the Evidence, any thread.
#pragma once

#include <diagnosis/evidence.h>
#include <sip/sdp.h>
#include <string>
#include <vector>

namespace diagnosis {

/// A mandatory precondition that the newest description of either side at `when` leaves unmet
/// (RFC 3312), as the callee calls it; empty: none.
std::string unmetPrecondition(const Evidence &evidence, std::uint32_t earlyDialog,
                              base::Instant when);

/// P-Early-Media of the callee's side, in a response of its or in a request, for the audio line
/// (RFC 5009 section 8).
struct MediaPermission {
    trace::RowId row; // invalid: none
    sip::Direction direction = sip::Direction::SendRecv;
};
/// All of an early dialog, in order of time, at most 64.
std::vector<MediaPermission> permissions(const Evidence &evidence, std::uint32_t earlyDialog);
/// The last of them at `when`.
MediaPermission permissionAt(const Evidence &evidence, std::uint32_t earlyDialog,
                             base::Instant when);

enum class Announced : std::uint8_t {
    Nothing,    // no description
    Media,      // audio is to come
    Resources,  // the description serves preconditions (RFC 3312) and promises nothing
    Withheld,   // P-Early-Media forbids it
    NotThisWay, // the description's own direction or address does
    Refused,    // it has no audio
};
struct Announcement {
    Announced what = Announced::Nothing;
    trace::RowId row;           // the callee's description in force
    base::Instant since, until; // by firstAnnounced(): from when to when; unknown: to the end
};
/// What holds at a moment of the early phase.
Announcement announcedAt(const Evidence &evidence, std::uint32_t earlyDialog, base::Instant when);
/// The first time behind `since` and before `end` that early audio is announced; Nothing: it never
/// is.
Announcement firstAnnounced(const Evidence &evidence, std::uint32_t earlyDialog, base::Instant end,
                            base::Instant since = {});

} // namespace diagnosis
