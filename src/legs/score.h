// SPDX-License-Identifier: Apache-2.0
// Private to legs: how well two calls fit together, and why. Pure.
#pragma once

#include <functional>
#include <legs/leg_book.h>
#include <legs/traits.h>

namespace legs {

/// What the book knows of a call beside its INVITE.
struct Side {
    const Traits &traits;
    base::Endpoint source, destination; // of the first hop, of the last hop
    base::Instant start, end;           // end: unknown while it lasts
    base::Instant rang, answered;       // its first 18x and its 2xx, unknown: none came
};

/// What happened in both calls at once: whoever is in between hands on that it rings, the answer
/// and the end. 0 to 3; 0 too where one was answered at another time.
int momentsShared(const Side &first, const Side &second);

/// Evidence as kept by the book: what keys two calls shared.
struct Weak {
    bool from = false, to = false, diverted = false, origin = false, media = false, stem = false;
    bool place = false; // the first one ended where the second one began
    bool soon = false;  // within two seconds
    int moments = 0;    // momentsShared(), of calls to one number
    int score() const;
};

/// `common`: so many calls share this text that it means nothing.
using Common = std::function<bool(std::string_view kind, std::string_view text)>;

/// `first` began before `second`. Score 0..100, reasons for `of` one side: "that call" is the
/// other.
struct Verdict {
    int strong = 0; // of what names the other call
    Weak weak;
    Relation relation = Relation::SameCall;
    std::vector<std::string> reasons;
    int score() const;
};
Verdict judge(const Side &first, const Side &second, const Common &common);

bool soonAfter(base::Instant first, base::Instant second); // the two seconds
bool placeMatches(const base::Endpoint &firstEnds, const base::Endpoint &firstBegan,
                  const base::Endpoint &secondBegins);
/// Both came from one place or went to one place: calls side by side, no legs of one another.
bool parallel(const base::Endpoint &sourceA, const base::Endpoint &destinationA,
              const base::Endpoint &sourceB, const base::Endpoint &destinationB);

} // namespace legs
