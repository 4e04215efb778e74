// SPDX-License-Identifier: Apache-2.0
// Since when media may pass both ways in an answered call, by what was agreed (RFC 3264). Pure
// functions of the Evidence, any thread.
#pragma once

#include <diagnosis/evidence.h>
#include <optional>

namespace diagnosis {

struct Session {
    trace::RowId row; // the message that began it
    base::Instant since;
};
/// As offers and answers left it at `end`: the call's own, or those of a re-INVITE or UPDATE;
/// nullopt: media is not to pass both ways then, or not all is known.
std::optional<Session> bothWays(const Evidence &evidence, base::Instant end);
/// When the call ended, or now.
base::Instant endOfTalk(const Evidence &evidence);
/// What came of a stream after `start`: early media runs on into the call as one stream.
std::uint64_t cameSince(const rtp::Stream &stream, base::Instant start);

} // namespace diagnosis
