// SPDX-License-Identifier: Apache-2.0
// Looks at a file before it is filed: which of its messages the session holds already, and what
// their times tell of its clock. Importer's thread.
#pragma once

#include <atomic>
#include <ingest/source.h>
#include <session/clock_offset.h>
#include <trace/trace.h>

namespace session {

struct ClockAsked {
    ClockChoice choice;
    /// It goes on where the file before ended: what was sent again there is no sign of another
    /// clock.
    bool continued = false;
};

/// Decides how the file's times are corrected. Reads the file once if it has to be estimated and
/// the session holds messages; rows may be added to the trace meanwhile.
ClockOffset clockOf(const std::string &name, const base::Blob &bytes, const base::Blob &keyLog,
                    const trace::Trace &trace, const ClockAsked &choice,
                    const std::atomic<bool> &cancel);

} // namespace session
