// SPDX-License-Identifier: Apache-2.0
// The calls as a capture that Wireshark and Earshot open: every message of their ladders whole,
// with its time, addresses and direction; keep-alives and ends of the connections they came over;
// what happened without a packet as a commented one. The trace holds no media: those packets are
// read from the input's files once more, and where they are not to be had the capture says so.
#include <report/format.h>

#include <algorithm>
#include <fmt/format.h>
#include <ostream>
#include <record/packet_writer.h>
#include <report/call_packets.h>
#include <sip/message.h>
#include <unordered_map>
#include <unordered_set>

namespace report::formats {

namespace {

constexpr std::size_t kMostMedia = 1'000'000; // packets, of some 200 bytes besides their own

/// Masked text may have become shorter, and the length it states with it.
std::string withItsLength(std::string text)
{
    const auto message = sip::parse(text);
    const auto body = text.find("\r\n\r\n");
    if (!message || body == std::string::npos)
        return text;
    const sip::Header *length = message->find(sip::HeaderId::ContentLength);
    if (length == nullptr || length->value.empty())
        return text;
    const auto at = static_cast<std::size_t>(length->value.data() - text.data());
    const std::size_t size = length->value.size();
    return text.replace(at, size, std::to_string(text.size() - body - 4));
}

/// The connection's direction, 0: it came as a datagram. Which of several connections between the
/// same ends carried a row is not kept: one of them stands for all.
std::uint32_t streamOf(const trace::Row &row)
{
    switch (row.transport) {
    case base::Transport::Tcp:
    case base::Transport::Tls:
    case base::Transport::Ws:
    case base::Transport::Wss:
        return row.pair + 1;
    default:
        return 0;
    }
}

base::PacketKind kindOf(const trace::Row &row)
{
    switch (row.kind) {
    case trace::RowKind::Local:
        return base::PacketKind::Local;
    case trace::RowKind::Fin:
        return base::PacketKind::StreamFin;
    case trace::RowKind::Reset:
        return base::PacketKind::StreamReset;
    default:
        return streamOf(row) != 0 ? base::PacketKind::StreamData : base::PacketKind::Datagram;
    }
}

base::Packet packetOf(const ReportInput &input, trace::RowId id)
{
    const trace::Row &row = input.trace.row(id);
    base::Packet out;
    out.time = row.time;
    out.kind = kindOf(row);
    out.transport = row.transport;
    out.origin = row.origin;
    out.hint = base::PayloadHint::Sip;
    out.outgoing = row.outgoing;
    out.stream = streamOf(row);
    out.cut = row.kind == trace::RowKind::Cut && out.stream == 0;
    out.source = input.trace.source(id);
    out.destination = input.trace.destination(id);
    const std::string_view text = input.trace.text(id);
    const bool keepAlive =
        row.kind == trace::RowKind::Ping || row.kind == trace::RowKind::Pong; // may be STUN
    if (!input.redact || text.empty() || keepAlive) {
        out.payload = base::Blob::copy(text);
    } else {
        std::string masked = redacted(text);
        const bool whole = row.kind == trace::RowKind::Message && masked.size() != text.size();
        out.payload = base::Blob::copy(whole ? withItsLength(std::move(masked)) : masked);
    }
    if (const base::LocalEvent *event = input.trace.local(id)) {
        base::LocalEvent told = *event;
        if (input.redact)
            told.sentence = redacted(told.sentence);
        out.local = std::make_shared<const base::LocalEvent>(std::move(told));
    }
    return out;
}

/// Rows of no call that tell of the connections the calls came over.
bool ofConnection(trace::RowKind kind)
{
    return kind == trace::RowKind::Ping || kind == trace::RowKind::Pong ||
           kind == trace::RowKind::Fin || kind == trace::RowKind::Reset;
}

std::vector<trace::RowId> rowsOf(const ReportInput &input)
{
    struct Span {
        base::Instant from, to;
    };
    std::unordered_map<std::uint32_t, std::vector<Span>> pairs;
    std::unordered_set<std::uint32_t> taken;
    std::vector<trace::RowId> out;
    for (const ReportCall &call : input.calls) {
        std::unordered_set<std::uint32_t> own;
        for (const calls::CallRow &place : call.call->rows) {
            if (taken.insert(place.row.value).second)
                out.push_back(place.row);
            own.insert(input.trace.row(place.row).pair);
        }
        for (const std::uint32_t pair : own)
            pairs[pair].push_back({call.call->first, call.call->last});
    }
    for (std::uint32_t i = 0; i < input.trace.size(); ++i) {
        const trace::Row &row = input.trace.row({i});
        const auto spans = ofConnection(row.kind) ? pairs.find(row.pair) : pairs.end();
        if (spans != pairs.end() && taken.count(i) == 0 &&
            std::any_of(spans->second.begin(), spans->second.end(), [&](const Span &span) {
                return span.from <= row.time && row.time <= span.to;
            }))
            out.push_back({i});
    }
    return out;
}

/// What the reader of the file has to know, as a packet with words: of what it does not hold.
base::Packet told(const ReportInput &input, std::string sentence)
{
    base::LocalEvent event;
    event.kind = base::LocalKind::Note;
    event.callId = input.calls.front().call->callId;
    event.sentence = std::move(sentence);
    base::Packet out;
    out.time = input.calls.front().call->first;
    for (const ReportCall &call : input.calls)
        out.time = std::min(out.time, call.call->first);
    out.kind = base::PacketKind::Local;
    out.local = std::make_shared<const base::LocalEvent>(std::move(event));
    return out;
}

/// The calls' media, and what of it is left out.
void addMedia(const ReportInput &input, std::vector<base::Packet> &out)
{
    CallPackets media(input);
    std::uint64_t beyond = 0;
    std::vector<std::string> lacking;
    const std::size_t before = out.size();
    if (input.packets) {
        lacking = input.packets([&](std::uint32_t file, const base::Packet &packet) {
            auto taken = media.take(file, packet);
            if (!taken)
                return;
            if (out.size() - before < kMostMedia)
                out.push_back(std::move(*taken));
            else
                ++beyond;
        });
    }
    if (!media.wanted() || input.calls.empty())
        return;
    if (!input.packets)
        lacking.push_back(
            "The RTP of these calls is not in this file. \"earshot check FILE --report "
            "pcapng\" takes it from the capture they came of.");
    else if (out.size() == before)
        lacking.insert(lacking.begin(),
                       "The RTP of these calls is not in this file: it is not to be had any more.");
    if (beyond != 0)
        lacking.push_back(
            fmt::format("{} packets of media are left out: {} are the most.", beyond, kMostMedia));
    for (std::string &sentence : lacking)
        out.push_back(told(input, "Left out: " + std::move(sentence)));
}

/// A row, or one of the packets that are none.
struct Item {
    base::Instant time;
    bool media = false;
    std::uint32_t index = 0;
};

void write(const ReportInput &input, std::ostream &out)
{
    std::vector<base::Packet> media;
    addMedia(input, media);
    std::vector<Item> items;
    for (const trace::RowId row : rowsOf(input))
        items.push_back({input.trace.row(row).time, false, row.value});
    for (std::uint32_t i = 0; i < media.size(); ++i)
        items.push_back({media[i].time, true, i});
    std::stable_sort(items.begin(), items.end(), [](const Item &a, const Item &b) {
        return a.time != b.time     ? a.time < b.time
               : a.media != b.media ? !a.media
                                    : a.index < b.index;
    });
    record::PacketWriter writer;
    std::string bytes = writer.begin();
    for (const Item &item : items) {
        writer.addWhole(item.media ? media[item.index] : packetOf(input, {item.index}), bytes);
        out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        bytes.clear();
    }
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

} // namespace

extern const Format pcapng;
const Format pcapng{"pcapng", "Capture", "pcapng", write};

} // namespace report::formats
