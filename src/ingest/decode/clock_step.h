// SPDX-License-Identifier: Apache-2.0
// A capturing computer whose clock was set back while it captured: from one packet on all times are
// too early, and in order of time the end of a call would stand before its beginning. Pure.
#pragma once

#include <base/blob.h>
#include <base/result.h>
#include <base/time.h>
#include <functional>
#include <ingest/source.h>
#include <optional>

namespace ingest::decode {

struct ClockStep {
    base::Duration back{0};
    bool measured = false; // by media that runs on; else so much that no time passed in between
};

using ReadBytes = std::function<base::Result<Outcome>(const base::Blob &, const Sink &)>;

/// Reads a file in its own order with `read`. A step is found where time goes back far once, and
/// what comes behind that place goes on where it was: RTP sequence numbers count on, responses
/// answer requests that stand before it. nullopt: nothing proves that; the file may be several that
/// were put together.
std::optional<ClockStep> clockStepIn(const base::Blob &bytes, const ReadBytes &read);
/// Reads a file of which the packets do not stand in order of time as it stands, with times
/// corrected, where such a step is why; else `sorted`, which has them in order of time; nullopt:
/// they are in order. Tells `sink` which it was.
base::Result<Outcome> readOrdered(const base::Blob &bytes, const std::optional<base::Blob> &sorted,
                                  const Sink &sink, const ReadBytes &read);

} // namespace ingest::decode
