// SPDX-License-Identifier: Apache-2.0
// A kind of input file: one file each in sources/. Reads on the caller's thread (an importer's),
// emits Packets.
#pragma once

#include <atomic>
#include <base/packet.h>
#include <base/result.h>
#include <cstdint>
#include <functional>
#include <ingest/input.h>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ingest {

namespace decode {
class Reassembly;
}

struct Progress {
    std::uint64_t bytes = 0, totalBytes = 0, packets = 0;
};

struct Sink {
    std::function<bool(base::Packet)> emit;         // false: stop reading
    std::function<void(const Progress &)> progress; // now and then, may be empty
    std::function<void(std::string)> flaw; // a sentence: what of the input could not be read
    /// Everything there is was read; more may be appended (followFile). May be empty.
    std::function<void()> idle;
    /// A name the file gives an address; may be empty.
    std::function<void(const base::Address &, std::string_view)> name;
    base::Blob keyLog = {}; // text of a TLS key log, empty: none
    /// A name that a session file gives an end of its ladders; may be empty.
    std::function<void(const base::Endpoint &, std::string_view)> endName{};
    /// What the files before of the same capture left to be put together; empty: nothing.
    std::shared_ptr<decode::Reassembly> kept{};
    /// Asked at a capture's end, with its first link type and its latest packet's time: does
    /// another file of the same capture follow? What is half there is left in `kept` then. May be
    /// empty.
    std::function<bool(std::uint32_t linkType, base::Instant last)> goesOn{};
};

/// Packets of which the capture kept a part only.
struct CutPackets {
    std::uint64_t packets = 0;
    std::uint32_t kept = 0;            // bytes of the longest of them
    std::uint64_t sip = 0, sipCut = 0; // packets of SIP, and those of them that were cut
};

/// What was read, whatever was wrong with the rest.
struct Outcome {
    Progress progress;
    std::uint64_t frames = 0;     // the file's own packets, whatever is in them
    std::uint64_t duplicates = 0; // captured twice, handed on once
    CutPackets cut;
    std::vector<std::string> linkTypes;
    bool truncated = false;
    bool cancelled = false;
};

/// When a capture begins and ends.
struct Extent {
    std::uint32_t linkType = 0; // of the file or its first interface
    base::Instant first, last;  // `last`: not known where it would take reading all of the file
};

struct Source {
    std::string_view id, title; // "pcapng"
    std::string_view patterns;  // for file dialogs: "*.pcapng *.ntar"
    /// 0: not mine ... 100: certainly mine, from the file's first bytes (at most 4096).
    int (*recognises)(std::string_view firstBytes) = nullptr;
    base::Result<Outcome> (*read)(std::string_view path, const Sink &sink,
                                  const std::atomic<bool> &cancel) = nullptr;
    /// The same over bytes in memory; payloads view them.
    base::Result<Outcome> (*readBytes)(const base::Blob &bytes, const Sink &sink,
                                       const std::atomic<bool> &cancel) = nullptr;
    /// Kinds of text: does this line stand above a message of theirs and tell of it?
    bool (*claims)(std::string_view line) = nullptr;
    /// The same over a window that moves (unpacked, still growing); nullptr: it needs all at once.
    base::Result<Outcome> (*readInput)(Input &input, const Sink &sink,
                                       const std::atomic<bool> &cancel) = nullptr;
    /// Of captures, from the beginning and, if it is all there, the end; nullopt: it does not tell.
    std::optional<Extent> (*extent)(std::string_view bytes, bool whole) = nullptr;
};

namespace sources {
std::span<const Source *const> all(); // generated
}
/// A sentence: which files this program reads.
std::string whatIsRead();
/// The source that knows such bytes, unpacked if they are compressed; `name` stands for the path in
/// the sentence.
base::Result<const Source *> recognise(const std::string &name, std::string_view firstBytes);
/// Opens `path`, chooses the source and reads it. Errors: not found, no permission, empty, no known
/// format.
base::Result<Outcome> readFile(const std::string &path, const Sink &sink,
                               const std::atomic<bool> &cancel);
/// The same over bytes in memory; `name` stands for the path in sentences.
base::Result<Outcome> readBytes(const std::string &name, const base::Blob &bytes, const Sink &sink,
                                const std::atomic<bool> &cancel);

} // namespace ingest
