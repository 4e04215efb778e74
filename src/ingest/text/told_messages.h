// SPDX-License-Identifier: Apache-2.0
// Private to ingest: JSON in which databases and collectors give whole SIP messages, each with its
// time and its two ends beside it. Bounded; a damaged object costs no other.
#pragma once

#include <ingest/source.h>

namespace ingest::text {

/// Whole messages as values, and keys that name an end of them.
bool isToldMessages(std::string_view firstBytes);
base::Result<Outcome> readToldMessages(const base::Blob &bytes, const Sink &sink,
                                       const std::atomic<bool> &cancel);

} // namespace ingest::text
