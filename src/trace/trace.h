// SPDX-License-Identifier: Apache-2.0
// The index: one small fixed row per message, the text stays where it was captured. Written by the
// analysis thread only; any thread reads rows below size() without locks, and they never change.
#pragma once

#include <base/chunk_list.h>
#include <base/ids.h>
#include <base/packet.h>
#include <base/result.h>
#include <cstdint>
#include <memory>
#include <optional>
#include <sip/digest.h>
#include <sip/message.h>
#include <string>
#include <string_view>

namespace trace {

struct RowTag;
using RowId = base::Id<RowTag>;
struct CallKeyTag;
using CallKey = base::Id<CallKeyTag>; // an interned Call-ID

enum class RowKind : std::uint8_t {
    Message,
    Cut,  // a message of which the end is missing
    Ping, // RFC 5626 keep-alives
    Pong,
    Fin,
    Reset,
    Garbage, // bytes that are no SIP
    Local,   // something that happened inside Earshot, or to a packet (ICMP)
};
/// Is its text a message, whole or not?
constexpr bool isMessage(RowKind kind)
{
    return kind == RowKind::Message || kind == RowKind::Cut;
}

/// One cache line: all that lists and folds need, so that they read no text.
struct Row {
    static constexpr std::uint32_t kNoRow = ~0U;

    base::Instant time;
    const char *text = nullptr; // kept alive by the trace
    std::uint32_t length = 0;
    CallKey call;
    std::uint32_t fromTag = 0, toTag = 0; // interned, 0: none
    std::uint32_t pair = 0;               // interned source and destination
    std::uint32_t cseq = 0;
    std::uint32_t rseq = 0; // of a 101-199, or the one a PRACK's RAck names (RFC 3262); Local: 1 +
                            // index of the row that did not arrive, kNoRow: of no row, 0: none
    std::uint32_t hash = 0; // of the text; RowKind::Local: index of the event
    std::uint16_t status = 0;       // 0: a request
    std::uint16_t bodyAt = 0;       // of a plain message; its length: it has none; 0: not known
    std::uint16_t headers : 12 = 0; // sip::markOf() of those it has; of a cut one: at least
    bool outgoing : 1 = false;
    bool reliable : 1 = false;   // RFC 3262 section 3: Require: 100rel and RSeq in a 101-199
    bool hasSdp : 1 = false;     // as Message::sdp() finds it
    bool earlyMedia : 1 = false; // a P-Early-Media header
    sip::Method method : 4 = sip::Method::Unknown; // responses: CSeq's
    RowKind kind : 3 = RowKind::Message;
    bool sentAgain : 1 = false; // as the packet's: no copy of one that was seen before
    base::Transport transport : 3 = base::Transport::Unknown;
    base::Origin origin : 3 = base::Origin::Capture;
    bool flawless : 1 = false; // a parse would find nothing wrong; false: it may
    bool numbered : 1 = false; // it has an RSeq or a Require, whatever they say
    std::uint8_t viaCount = 0; // of a request
    // The top Via's branch and sent-by, as places in the text; length 0: none, or none sane.
    std::uint8_t sentByLength = 0;
    std::uint16_t branchAt = 0, branchLength = 0, sentByAt = 0;

    /// What the network told that did not arrive: a message, or a packet of the call's media, that
    /// is no row.
    RowId undelivered() const
    {
        return kind == RowKind::Local && rseq != 0 && rseq != kNoRow ? RowId{rseq - 1} : RowId{};
    }
    bool mediaUndelivered() const { return kind == RowKind::Local && rseq == kNoRow; }
    /// Of a message that is all there: may it have such a header? False is sure; true too where
    /// markOf() is of that header alone.
    bool mayHave(sip::HeaderId id) const
    {
        const std::uint16_t mark = sip::markOf(id);
        return mark == 0 || (headers & mark) != 0;
    }
    /// What is known to stand behind the headers, whatever Content-Length says.
    std::string_view body() const
    {
        return bodyAt != 0 ? std::string_view(text + bodyAt, length - bodyAt) : std::string_view();
    }
    std::string_view branch() const { return {text + branchAt, branchLength}; }
    std::string_view sentBy() const { return {text + sentByAt, sentByLength}; }
};
static_assert(sizeof(Row) == 64);

/// What a hostile or endless input may make us keep. Beyond: the row is kept with less, and counted
/// in Refused.
struct Limits {
    std::size_t rows = 100'000'000;
    std::size_t callIds = 4'000'000;
    std::size_t tags = 8'000'000;
    std::size_t pairs = 1'000'000;
    std::size_t bytes = std::size_t{4} << 30U; // copied text, Call-IDs and tags
};

struct Refused {
    std::uint64_t rows = 0;    // not filed at all
    std::uint64_t callIds = 0; // rows that lost their call
    std::uint64_t tags = 0, pairs = 0;
    std::uint64_t texts = 0; // rows without their text
};

/// Where the copied text is.
struct Memory {
    std::size_t resident = 0, stored = 0; // bytes in memory, and only on the disk
    std::uint32_t storedRows = 0;         // the first so many rows have no copied text in memory
    bool full = false;                    // the disk takes no more: the rest stays in memory
};

class Trace
{
public:
    Trace();
    explicit Trace(const Limits &limits);
    ~Trace();

    /// The writer: files one message, keep-alive, end of a connection or local event. `digest` is
    /// that of `text` if it is a message, else an empty one. The bytes are kept: borrowed from
    /// `packet`'s payload when they lie in it and it is a mapped file, copied otherwise. Invalid:
    /// the row limit is reached.
    RowId add(RowKind kind, const base::Packet &packet, std::string_view text,
              const sip::Digest &digest);
    /// The same from a parse of `text`, nullptr: it is no message.
    RowId add(RowKind kind, const base::Packet &packet, std::string_view text,
              const sip::Message *message);

    /// Any thread: hashes the digest's names, so that the writer need not.
    void hashNames(sip::Digest &digest) const;
    /// The writer: brings near what add() will look at for a digest with hashed names. Among a
    /// million names none is in the cache, and each step needs the one before: `step` 0 to
    /// kSteps - 1, with other rows added in between.
    void expect(const sip::Digest &digest, unsigned step) const;
    static constexpr unsigned kSteps = 3;

    /// The writer: rows added from here on come of that file, numbered from 1; 0: of none.
    void readFrom(std::uint32_t file) { m_file = file; }
    /// The file a row came of, 0: of none.
    std::uint32_t fileOf(RowId id) const;
    /// The writer: `owner` keeps text alive that will be borrowed, as long as this trace lives.
    void keep(const std::shared_ptr<const void> &owner);

    std::size_t size() const { return m_rows.size(); }
    const Row &row(RowId id) const { return m_rows[id.value]; }
    std::string_view text(RowId id) const;
    /// Parses the row's text now; nullopt when it holds no message.
    std::optional<sip::Message> message(RowId id) const;
    const base::LocalEvent *local(RowId id) const; // nullptr unless RowKind::Local
    base::Endpoint source(RowId id) const;
    base::Endpoint destination(RowId id) const;
    std::string_view callId(CallKey key) const;
    std::string_view tag(std::uint32_t interned) const;
    std::size_t pairs() const { return m_pairs.size(); } // rows' pairs are below
    std::size_t bytesKept() const;                       // copied text, for the figures
    Refused refused() const;                             // any thread

    /// The writer: copied text beyond `most` bytes goes to a file in `folder` that no other process
    /// sees, the oldest first. It stays where it is for its readers, who get it from the disk.
    /// Errors: no such file can be made.
    base::Result<void> bound(std::size_t most, const std::string &folder);
    Memory memory() const; // any thread

private:
    bool keepText(Row &row, const base::Packet &packet, std::string_view text);
    void keepNames(Row &row, std::string_view callId, std::string_view fromTag,
                   std::string_view toTag, std::string_view borrowed);
    std::uint32_t internPair(const base::Packet &packet);
    std::string_view copy(std::string_view bytes);

    struct Pair {
        base::Endpoint source, destination;
    };
    struct Span { // rows of one file, up to where the next begins
        std::uint32_t first = 0, file = 0;
    };
    struct Hash; // the writer's intern tables and text arena
    base::ChunkList<Row> m_rows;
    base::ChunkList<std::string_view> m_callIds, m_tags;
    base::ChunkList<Pair> m_pairs;
    base::ChunkList<Span> m_spans; // in order; rows before the first are of none
    std::uint32_t m_file = 0, m_lastFile = 0;
    base::ChunkList<std::shared_ptr<const base::LocalEvent>> m_locals;
    std::unique_ptr<Hash> m_hash;
};

} // namespace trace
