// SPDX-License-Identifier: Apache-2.0
#include <ingest/text/reader.h>

#include <algorithm>
#include <base/counted.h>
#include <base/text.h>
#include <base/told_time.h>
#include <cstring>
#include <fmt/format.h>
#include <ingest/decode/decoder.h>
#include <ingest/mapping.h>
#include <ingest/text/above.h>
#include <ingest/text/arena.h>
#include <ingest/text/as_shown.h>
#include <ingest/text/collect.h>
#include <ingest/text/container.h>
#include <ingest/text/details.h>
#include <ingest/text/emitter.h>
#include <ingest/text/followed.h>
#include <ingest/text/hexdump.h>
#include <ingest/text/lines.h>
#include <ingest/text/marker.h>
#include <ingest/text/one_sided.h>
#include <sip/message.h>

namespace ingest::text {
namespace {

constexpr std::size_t kSlice = 4U << 20U; // searched at once, between two looks at the canceller
constexpr std::string_view kVersion = "SIP/2.0", kZeros = "0000";
constexpr std::size_t kMostRestored = std::size_t{4} << 30U;
constexpr int kMostTries = 4; // in one line

class Reader
{
public:
    Reader(const base::Blob &bytes, const Sink &sink, const std::atomic<bool> &cancel);
    base::Result<Outcome> run();

private:
    std::size_t find(std::string_view what, std::size_t from, std::size_t to) const;
    bool search();
    void version(std::size_t at);
    bool take(std::size_t line, std::size_t at);
    bool details(std::size_t line);
    void dump(std::size_t at);
    bool followed(std::size_t begin);
    void following();
    Marker above(std::size_t line, std::string_view prefix);
    void emit(const Marker &marker, base::Blob payload, bool cut);
    base::Blob keep(std::string bytes);
    void name(const Source *kind);
    bool stop();
    void tell();

    base::Blob m_bytes;
    std::string_view m_text;
    const Sink &m_sink;
    const std::atomic<bool> &m_cancel;
    Outcome m_outcome;
    Outcome m_unused; // the decoder's own counts
    std::shared_ptr<Arena> m_arena = std::make_shared<Arena>(kMostRestored);
    Emitter m_emitter;
    Sink m_dumped; // takes what the decoder makes of dumps
    decode::Decoder m_decoder;
    std::size_t m_at = 0;      // searched so far
    std::size_t m_done = 0;    // the end of what was taken
    std::size_t m_treeEnd = 0; // the end of a packet's details, if they were taken last
    std::size_t m_passed = 0;  // lines that were looked at, each once however long
    std::size_t m_told = 0;
    struct Tree { // a packet's details were read, its bytes stand in a dump at `line`
        std::size_t line = ~std::size_t{0};
        Marker marker;
    } m_tree;
    std::uint64_t m_messages = 0, m_restored = 0, m_cut = 0, m_refused = 0;
    std::uint32_t m_talks = 0; // followed streams
    OneSided m_shown;
};

Reader::Reader(const base::Blob &bytes, const Sink &sink, const std::atomic<bool> &cancel)
    : m_bytes(bytes), m_text(bytes.text()), m_sink(sink), m_cancel(cancel),
      m_emitter(sink, m_outcome), m_decoder(m_arena, m_dumped, m_unused, cancel)
{
    m_outcome.progress.totalBytes = bytes.size();
    m_dumped.emit = [this](base::Packet packet) {
        if (packet.kind == base::PacketKind::Datagram ||
            packet.kind == base::PacketKind::StreamData)
            ++m_messages;
        m_emitter.emit(std::move(packet));
        return !m_emitter.refused();
    };
}

std::size_t Reader::find(std::string_view what, std::size_t from, std::size_t to) const
{
    to = std::min(to, m_text.size());
    if (from >= to)
        return m_text.size();
    const void *hit = ::memmem(m_text.data() + from, to - from, what.data(), what.size());
    return hit == nullptr
               ? m_text.size()
               : static_cast<std::size_t>(static_cast<const char *>(hit) - m_text.data());
}

bool Reader::stop()
{
    if (m_at - m_told >= kSlice || m_at >= m_text.size()) {
        m_told = m_at;
        m_outcome.progress.bytes = std::min(m_at, m_text.size());
        if (m_sink.progress)
            m_sink.progress(m_outcome.progress);
    }
    if (!m_cancel.load(std::memory_order_relaxed) && !m_emitter.refused())
        return false;
    m_outcome.cancelled = true;
    return true;
}

/// One slice: every place in it where a message may be.
bool Reader::search()
{
    const std::size_t end = m_at + kSlice;
    const std::size_t window = end + kVersion.size(); // what begins in this slice
    std::size_t version = find(kVersion, m_at, window);
    std::size_t zeros = find(kZeros, m_at, window);
    while (std::min(version, zeros) < end && std::min(version, zeros) < m_text.size()) {
        if (stop())
            return false;
        if (zeros < version) {
            m_at = zeros;
            dump(zeros);
        } else {
            m_at = version;
            this->version(version);
        }
        if (version < m_at)
            version = find(kVersion, m_at, window);
        if (zeros < m_at)
            zeros = find(kZeros, m_at, window);
    }
    m_at = std::max(m_at, std::min(end, m_text.size()));
    return !stop();
}

/// A place with "SIP/2.0": mostly a start line, or a Via that belongs to no message.
void Reader::version(std::size_t at)
{
    const Line line = lineAround(m_text, at, std::max(m_done, m_passed));
    m_passed = line.next;
    for (int tries = 0; tries < kMostTries && at < line.end; ++tries) {
        if (take(line.begin, at)) {
            following();
            return;
        }
        at = find(kVersion, at + kVersion.size(), line.end);
    }
    m_at = std::max(line.next, m_at + kVersion.size());
}

bool Reader::take(std::size_t line, std::size_t at)
{
    if (details(line))
        return true;
    const auto start = startAround(m_text, line, at);
    if (!start)
        return false;
    auto found = collect(m_text, *start, 0);
    if (!found)
        return false;
    const Marker marker = above(line, start->prefix);
    if (marker.bytes != 0 && marker.bytes != found->message().size()) {
        if (auto sized = collect(m_text, *start, marker.bytes)) // it counts more than the text does
            found = std::move(sized);
    }
    m_restored += found->lineEndsLost ? 1 : 0;
    m_at = m_done = std::max(found->next, line + 1);
    const base::Blob payload = found->view.empty() ? keep(std::move(found->restored))
                                                   : base::Blob::view(m_bytes.owner(), found->view);
    emit(marker, payload, found->cut);
    return true;
}

/// Behind a message another may begin that no search finds: with a version of its own, say.
void Reader::following()
{
    for (int lines = 0; lines < 4 && m_at < m_text.size() && !m_emitter.refused(); ++lines) {
        const Line line = lineAt(m_text, m_at);
        const std::string_view content = line.in(m_text);
        if (!base::trim(content).empty() && !isBorder(content)) {
            if (!sip::looksLikeSip(content) || content.find(kVersion) != std::string_view::npos ||
                !take(line.begin, line.begin))
                return;
            lines = 0;
            continue;
        }
        m_at = line.next;
    }
}

bool Reader::details(std::size_t line)
{
    auto found = readDetails(m_text, line, m_done);
    if (!found)
        return false;
    const bool again = found->raw && m_treeEnd != 0 && m_treeEnd == m_done &&
                       base::trim(m_text.substr(m_done, found->head - m_done)).empty();
    m_treeEnd = found->raw ? 0 : found->next;
    if (again) { // the packet that was read just above
        m_at = m_done = found->next;
        return true;
    }
    if (!found->marker.moment.known())
        found->marker.moment = above(line, {}).moment;
    m_at = m_done = found->next;
    // The same packet's bytes may stand below; they tell more than its tree.
    std::size_t below = m_at;
    Line next = lineAt(m_text, below);
    for (int i = 0; i < 3 && below < m_text.size() && next.begin == next.end; ++i) {
        below = next.next;
        next = lineAt(m_text, below);
    }
    if (readDump(m_text, below))
        m_tree = {below, found->marker};
    else
        emit(found->marker, keep(std::move(found->message)), found->cut);
    return true;
}

/// A place with zeros: the offset of a dump's first line if it begins one.
void Reader::dump(std::size_t at)
{
    constexpr std::size_t kMostIndent = 16;
    m_at = std::min(m_text.find_first_not_of('0', at), m_text.size()); // a run is one place
    std::size_t begin = at;
    if (begin >= 2 && m_text.substr(begin - 2, 2) == "0x")
        begin -= 2;
    while (begin > 0 && at - begin < kMostIndent &&
           (m_text[begin - 1] == ' ' || m_text[begin - 1] == '\t'))
        --begin;
    if (begin > 0 && m_text[begin - 1] != '\n')
        return;
    if (followed(begin))
        return;
    auto found = readDump(m_text, begin);
    if (!found)
        return;
    const Marker marker = m_tree.line == begin ? m_tree.marker : above(begin, {});
    const bool sip = sip::looksLikeSip(found->bytes);
    const auto link = sip ? std::nullopt : linkTypeOf(found->bytes);
    m_at = m_done = found->next;
    if (!sip && !link)
        return;
    const base::Blob bytes = keep(std::move(found->bytes));
    if (sip) {
        emit(marker, bytes, false);
        return;
    }
    decode::Frame frame;
    frame.time = m_emitter.resolve(marker.moment);
    frame.stamped = base::hasClock(frame.time);
    frame.linkType = *link;
    frame.bytes = bytes.text();
    m_decoder.over(bytes.owner());
    m_decoder.frame(frame);
}

/// A dump of two sides, or of one that sent more than once, as "Follow stream" saves it.
bool Reader::followed(std::size_t begin)
{
    constexpr std::uint32_t kFirstStream = 0x40000000; // beyond those that the decoder gives
    std::size_t next = begin;
    const auto talk = readFollowedDump(m_text, begin, next);
    if (!talk || !std::any_of(talk->parts.begin(), talk->parts.end(),
                              [](const Talk::Part &part) { return sip::looksLikeSip(part.bytes); }))
        return false;
    m_at = m_done = next;
    for (base::Packet &packet : packetsOf(*talk, kFirstStream + 2 * m_talks)) {
        ++m_messages;
        packet.payload = keep(std::string(packet.payload.text()));
        if (!packet.payload.empty())
            m_emitter.emit(std::move(packet));
    }
    ++m_talks;
    return true;
}

Marker Reader::above(std::size_t line, std::string_view prefix)
{
    const Source *kind = nullptr;
    const Marker out = markerAbove(m_text, line, prefix, m_done, kind);
    name(kind);
    return out;
}

base::Blob Reader::keep(std::string bytes)
{
    std::string_view kept;
    if (!m_arena->keep(std::move(bytes), kept))
        ++m_refused;
    return base::Blob::view(m_arena, kept);
}

void Reader::emit(const Marker &marker, base::Blob payload, bool cut)
{
    if (payload.empty())
        return;
    ++m_messages;
    m_cut += cut ? 1 : 0;
    (payload.text().starts_with("SIP/") ? m_shown.responses : m_shown.requests) += 1;
    m_shown.received += marker.source.known() && !marker.destination.known() ? 1 : 0;
    m_shown.sent += !marker.source.known() && marker.destination.known() ? 1 : 0;
    base::Packet packet;
    packet.time = m_emitter.resolve(marker.moment);
    packet.transport = marker.transport;
    packet.hint = base::PayloadHint::Sip;
    packet.cut = cut;
    packet.source = marker.source;
    packet.destination = marker.destination;
    packet.payload = std::move(payload);
    m_emitter.emit(std::move(packet));
}

void Reader::name(const Source *kind)
{
    auto &names = m_outcome.linkTypes;
    if (kind != nullptr && std::find(names.begin(), names.end(), kind->title) == names.end())
        names.emplace_back(kind->title);
}

void Reader::tell()
{
    if (!m_sink.flaw)
        return;
    if (m_restored != 0)
        m_sink.flaw("Line ends were lost by the log: those of " +
                    base::counted(m_restored, "message was", "messages were") +
                    " restored as CRLF.");
    if (const auto sentence = m_shown.sentence(); !sentence.empty())
        m_sink.flaw(std::string(sentence));
    if (m_cut != 0)
        m_sink.flaw("The log holds only the beginning of " + base::counted(m_cut, "message") + ".");
    if (m_refused != 0)
        m_sink.flaw(base::counted(m_refused, "message was", "messages were") +
                    " left out: what had to be restored is more than this program keeps. Cut the "
                    "log into pieces.");
}

base::Result<Outcome> Reader::run()
{
    if (m_text.substr(0, 3) == "\xEF\xBB\xBF") // a byte order mark
        m_at = m_done = 3;
    following();
    while (m_at < m_text.size() && search()) {
    }
    m_decoder.finish(m_at);
    m_emitter.finish();
    stop();
    if (m_messages == 0 && !m_outcome.cancelled)
        return base::fail(base::ErrorCode::BadInput, "This text holds no SIP. " + whatIsRead());
    tell();
    return std::move(m_outcome);
}

} // namespace

base::Result<Outcome> readBytes(const base::Blob &bytes, const Sink &sink,
                                const std::atomic<bool> &cancel)
{
    const std::string_view text = bytes.text();
    std::string anew = isContainerLog(text) ? unwrapped(text, cancel) : withFeeds(text);
    if (std::string plain = withoutShowing(anew.empty() ? text : anew); !plain.empty())
        anew = std::move(plain);
    if (anew.empty())
        return Reader(bytes, sink, cancel).run();
    auto outcome = Reader(base::Blob::copy(anew), sink, cancel).run();
    if (outcome)
        outcome->progress.bytes = outcome->progress.totalBytes = bytes.size();
    return outcome;
}

base::Result<Outcome> read(std::string_view path, const Sink &sink, const std::atomic<bool> &cancel)
{
    const auto bytes = mapFile(std::string(path));
    if (!bytes)
        return tl::unexpected(bytes.error());
    return readBytes(*bytes, sink, cancel);
}

} // namespace ingest::text
