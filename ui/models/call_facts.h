// SPDX-License-Identifier: Apache-2.0
// What the list and the header say about a call, worked out once from its view. Pure; UI thread.
#pragma once

#include <ladder/roles.h>
#include <QString>
#include <ui/store.h>

namespace ui {

struct CallFacts {
    int code = 0; // what its chip shows: final, else last provisional; 0: none yet
    ladder::Role role = ladder::Role::Request;
    QString glyph, parties; // "alice -> bob"
    QString second;         // the news line below
    bool early = false;     // early media was seen or announced
    bool live = false;
    bool unverified = false; // over TLS with a certificate that was not verified
    int errors = 0, warnings = 0;
    base::Instant began;
    base::Duration length{0}; // known so far; of a live call it grows until it is looked at
};
/// How long the call lasted, or lasts by now.
base::Duration lengthOf(const CallFacts &facts, base::Instant now);
CallFacts factsOf(const session::CallView &view, const Store &store);

/// "alice -> bob", "REGISTER bob"; whom an own call was for, though nothing of it left.
QString partiesOf(const calls::Call &call, const Store &store);

/// Times of a call's phases, all since its first row; unknown ones are 0.
struct Phases {
    base::Duration provisional{0}; // first 18x: post-dial delay
    base::Duration answered{0};
    base::Duration ended{0}; // end, or the last row
    bool hasProvisional = false, hasAnswer = false, hasEnd = false;
    bool alerting = false;        // a 180 said that it rings; a 183 alone does not
    base::Duration earlyMedia{0}; // how long RTP came before the answer
};
Phases phasesOf(const session::CallView &view, const trace::Trace &trace);

QString durationText(base::Duration duration); // "0.44 s", "12.4 s", "3:05"
QString userPart(const std::string &address);  // "bob" of "bob@example.test"

} // namespace ui
