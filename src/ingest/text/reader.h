// SPDX-License-Identifier: Apache-2.0
// Private to ingest: SIP out of text of any kind, streamed over the mapped file: finds the words
// that each message has, looks at the lines above for what the log tells of it, and takes it. Lines
// without SIP cost a search at memory speed. What the kinds of text share; one importer's thread.
#pragma once

#include <ingest/source.h>
#include <string_view>

namespace ingest::text {

/// For Source::read and Source::readBytes of the kinds of text. Error: no SIP in it.
base::Result<Outcome> read(std::string_view path, const Sink &sink,
                           const std::atomic<bool> &cancel);
base::Result<Outcome> readBytes(const base::Blob &bytes, const Sink &sink,
                                const std::atomic<bool> &cancel);

/// For Source::recognises: `sure` when a line of the first bytes is claimed, else 0.
int recognise(std::string_view firstBytes, bool (*claims)(std::string_view line), int sure);

} // namespace ingest::text
