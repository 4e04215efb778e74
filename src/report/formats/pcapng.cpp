// SPDX-License-Identifier: Apache-2.0
// The calls as a capture that Wireshark and Earshot open: every message of their ladders whole,
// with its time, addresses and direction; what happened without a packet as a commented one. The
// trace holds no RTP, so there is none.
#include <report/format.h>

#include <algorithm>
#include <ostream>
#include <record/packet_writer.h>
#include <sip/message.h>

namespace report::formats {

namespace {

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
    if (!input.redact || text.empty()) {
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

void write(const ReportInput &input, std::ostream &out)
{
    std::vector<trace::RowId> rows;
    for (const ReportCall &call : input.calls) {
        for (const calls::CallRow &place : call.call->rows)
            rows.push_back(place.row);
    }
    std::sort(rows.begin(), rows.end(), [&](trace::RowId a, trace::RowId b) {
        const base::Instant first = input.trace.row(a).time, second = input.trace.row(b).time;
        return first != second ? first < second : a < b;
    });
    record::PacketWriter writer;
    std::string bytes = writer.begin();
    for (const trace::RowId row : rows) {
        writer.addWhole(packetOf(input, row), bytes);
        out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        bytes.clear();
    }
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

} // namespace

extern const Format pcapng;
const Format pcapng{"pcapng", "Capture", "pcapng", write};

} // namespace report::formats
