// SPDX-License-Identifier: Apache-2.0
// The sound of one call on the clock of its ladder: which streams ran when and how loud, and the
// messages that matter to what is heard. Pure; same input, same picture. The rows are the ladder's,
// so that a moment leads to a row and a row to its moment.
#pragma once

#include <diagnosis/evidence.h>
#include <ladder/roles.h>
#include <memory>
#include <string>
#include <vector>

namespace ladder {

struct SoundLane {
    std::shared_ptr<const rtp::Stream> stream;
    rtp::Loudness loudness; // the stream's; of another codec than G.711 its first half minute
    bool towardsCaller = true;
    bool early = true;     // its first packet came before the answer
    std::string direction; // "to the caller", "to the callee, dialog 2"
    std::string codec;     // "PCMU", "type 97"
};
struct SoundMark {
    base::Instant at;
    trace::RowId row;
    int status = 0; // 0: a request
    Role role = Role::Request;
    std::string text; // "183", "PRACK"
};

struct SoundPicture {
    static constexpr std::size_t kMostLanes = 6, kMostMarks = 64;

    base::Instant from, to;       // of rows and packets; both unknown: nothing to show
    base::Instant answered;       // first 2xx to the INVITE; unknown: none
    std::vector<SoundLane> lanes; // to the caller first, each direction in order of time
    std::size_t moreLanes = 0;    // that found no room
    bool measuring = false;       // made again, it knows more of how loud they were
    std::vector<SoundMark> marks; // in order of time, retransmissions left out
};

SoundPicture soundPicture(const diagnosis::Evidence &evidence);
/// The row that stands last at that moment; before the first one that one. Invalid: no rows with a
/// time.
trace::RowId rowAt(const diagnosis::Evidence &evidence, base::Instant at);

} // namespace ladder
