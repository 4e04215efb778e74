// SPDX-License-Identifier: Apache-2.0
#include <session/folds.h>

#include <algorithm>
#include <sip/message.h>
#include <utility>

namespace session {
namespace {

constexpr std::uint32_t kMostLookedAt =
    4096; // rows of a call that are looked through for a request
constexpr std::size_t kMostLooseRows = 1U << 16U; // told at once; the rest stays in the trace

bool isSipPort(std::uint16_t port)
{
    return port == 5060 || port == 5061;
}

std::uint8_t byteAt(std::string_view bytes, std::size_t at)
{
    return at < bytes.size() ? static_cast<std::uint8_t>(bytes[at]) : std::uint8_t{0};
}

/// RFC 5626 keep-alives as some send them over UDP too.
bool isKeepAlive(std::string_view bytes)
{
    return bytes.size() <= 8 &&
           bytes.find_first_not_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

/// RFC 8489 section 5: two zero bits, the cookie, the length of what follows.
bool isStun(std::string_view bytes)
{
    return bytes.size() >= 20 && byteAt(bytes, 0) < 4 && bytes.substr(4, 4) == "\x21\x12\xA4\x42";
}

} // namespace

std::uint64_t Folds::evicted() const
{
    const trace::Refused refused = m_trace.refused();
    return m_flows.evicted() + m_legs.evicted() + m_sorter.evicted() + m_media.evicted() +
           m_sipEnds.evicted() + refused.rows + refused.callIds + refused.tags + refused.pairs +
           refused.texts;
}

void Folds::beginCapture(const std::shared_ptr<const void> &owner)
{
    m_lastCaptured = {};
    m_trace.keep(owner);
}

void Folds::expect(const std::vector<std::optional<sip::Digest>> &digests, std::size_t at) const
{
    constexpr std::size_t kApart = 3; // rows from one step to the next: as long as memory takes
    for (unsigned step = 0; step < trace::Trace::kSteps; ++step) {
        const std::size_t ahead = at + kApart * (trace::Trace::kSteps - step);
        if (ahead < digests.size() && digests[ahead])
            m_trace.expect(*digests[ahead], step);
    }
}

void Folds::add(const base::Packet &packet, const sip::Digest *digest)
{
    ++m_counts.packets;
    m_filed = {};
    base::Instant &last = packet.origin == base::Origin::Capture ? m_lastCaptured : m_lastLive;
    last = std::max(last, packet.time);
    switch (packet.kind) {
    case base::PacketKind::Datagram:
        datagram(packet, digest);
        break;
    case base::PacketKind::Local:
        local(packet);
        break;
    default:
        stream(packet);
        break;
    }
    if (packet.comment)
        comment(packet);
}

/// A note beside the message it was written to; on its own where the packet held none.
void Folds::comment(const base::Packet &packet)
{
    base::LocalEvent event;
    event.sentence = "Comment: " + *packet.comment;
    if (m_filed.valid())
        event.callId = m_trace.callId(m_filed);
    base::Packet note = packet;
    note.kind = base::PacketKind::Local;
    note.payload = {};
    note.local = std::make_shared<const base::LocalEvent>(std::move(event));
    local(note);
}

bool Folds::sipEnd(const base::Packet &packet)
{
    return packet.hint == base::PayloadHint::Sip || isSipPort(packet.source.port) ||
           isSipPort(packet.destination.port) || m_sipEnds.find(packet.source) != nullptr ||
           m_sipEnds.find(packet.destination) != nullptr;
}

void Folds::datagram(const base::Packet &packet, const sip::Digest *digest)
{
    const std::string_view bytes = packet.payload.text();
    // What a short snap length took away is no fault of the sender.
    const trace::RowKind kind = packet.cut ? trace::RowKind::Cut : trace::RowKind::Message;
    if (digest != nullptr) {
        message(kind, packet, bytes, digest);
        return;
    }
    const bool told =
        packet.hint == base::PayloadHint::Rtp || packet.hint == base::PayloadHint::Rtcp;
    const bool mayBeMedia = MediaFold::mayBe(bytes);
    if (told || mayBeMedia) {
        learnMedia();
        const bool taken = m_media.add(packet);
        m_counts.rtpPackets = m_media.packets();
        m_counts.rtpStreams = m_media.streams();
        if (taken || told)
            return;
    }
    if (isStun(bytes)) {
        stun(packet);
        return;
    }
    const std::string_view text =
        bytes.substr(std::min(bytes.size(), bytes.find_first_not_of("\r\n")));
    if (sip::looksLikeSip(text)) {
        message(kind, packet, bytes);
        return;
    }
    if (!sipEnd(packet))
        return;
    if (isKeepAlive(bytes))
        row(bytes.size() == 2 ? trace::RowKind::Pong : trace::RowKind::Ping, packet, bytes,
            nullptr);
    else if (!mayBeMedia)
        row(trace::RowKind::Garbage, packet, bytes, nullptr);
}

/// Over UDP a STUN binding request is the ping of a flow and its answer the pong (RFC 5626
/// section 3.5.2).
bool Folds::stun(const base::Packet &packet)
{
    const std::string_view bytes = packet.payload.text();
    const unsigned type = byteAt(bytes, 0) * 256U + byteAt(bytes, 1);
    const bool request = type == 0x0001;
    const bool answer = type == 0x0101 || type == 0x0111; // or an error, which is a word as well
    if ((!request && !answer) || !sipEnd(packet))
        return false;
    row(request ? trace::RowKind::Ping : trace::RowKind::Pong, packet, bytes, nullptr);
    return true;
}

void Folds::stream(const base::Packet &packet)
{
    bool carriesSip = false;
    std::optional<Unfinished::Why> why; // what the capture lost is told by who reads it
    if (packet.origin == base::Origin::Capture && packet.kind != base::PacketKind::StreamGap &&
        !packet.cut)
        why = packet.kind == base::PacketKind::StreamData ? Unfinished::Why::TooLarge
                                                          : Unfinished::Why::ConnectionEnds;
    for (const auto &found : m_sorter.add(packet, carriesSip))
        piece(found, why);
    if (!carriesSip)
        return;
    if (packet.kind == base::PacketKind::StreamFin)
        row(trace::RowKind::Fin, packet, {}, nullptr);
    else if (packet.kind == base::PacketKind::StreamReset)
        row(trace::RowKind::Reset, packet, {}, nullptr);
}

/// `why`: told of a message that is there in part.
void Folds::piece(const StreamSorter::Piece &found, std::optional<Unfinished::Why> why)
{
    const calls::CallId before = std::exchange(m_filed, {});
    switch (found.frame.kind) {
    case sip::FrameKind::Message:
        message(trace::RowKind::Message, found.packet, found.text());
        break;
    case sip::FrameKind::Cut:
        message(trace::RowKind::Cut, found.packet, found.text());
        if (why)
            m_unfinished.add(found.packet, found.text().size(), *why, m_filed.valid());
        break;
    case sip::FrameKind::Ping:
        row(trace::RowKind::Ping, found.packet, found.text(), nullptr);
        break;
    case sip::FrameKind::Pong:
        row(trace::RowKind::Pong, found.packet, found.text(), nullptr);
        break;
    case sip::FrameKind::Garbage:
    case sip::FrameKind::Rest:
        row(trace::RowKind::Garbage, found.packet, found.text(), nullptr);
        break;
    }
    m_filed = m_filed.valid() ? m_filed : before;
}

/// Files a message. What stands in a header line that the capture cut is nobody's tag or Call-ID:
/// a row is keyed by whole lines only.
void Folds::message(trace::RowKind kind, const base::Packet &packet, std::string_view text,
                    const sip::Digest *known)
{
    sip::Digest digest;
    const std::string_view told = kind == trace::RowKind::Cut ? sip::wholeLines(text) : text;
    if (known == nullptr && !sip::readDigest(told, digest)) {
        const auto parsed = sip::parse(told);
        if (!parsed) {
            row(trace::RowKind::Garbage, packet, text, nullptr);
            return;
        }
        digest = sip::digestOf(*parsed);
        digest.flawless = parsed->flaws.empty();
    }
    ++m_counts.messages;
    row(kind, packet, text, known != nullptr ? known : &digest);
}

/// Two ends are noted once in a round: often enough that the busy ones stay among the young, seldom
/// enough to cost nothing.
void Folds::noteEnds(const base::Packet &packet, trace::RowId row)
{
    constexpr std::uint32_t kRound = 1U << 16U; // messages
    if (++m_endsAge >= kRound || m_endsEvicted != m_sipEnds.evicted()) {
        m_endsAge = 0;
        m_endsEvicted = m_sipEnds.evicted();
        if (++m_endsRound == 0) {
            m_endsNoted.clear();
            m_endsRound = 1;
        }
    }
    const std::uint32_t pair = m_trace.row(row).pair;
    if (pair >= m_endsNoted.size())
        m_endsNoted.resize(m_trace.pairs());
    if (pair != 0 && m_endsNoted[pair] == m_endsRound)
        return;
    m_endsNoted[pair] = m_endsRound;
    m_sipEnds.ensure(packet.source);
    m_sipEnds.ensure(packet.destination);
}

void Folds::local(const base::Packet &packet)
{
    if (!packet.local)
        return;
    const base::LocalKind kind = packet.local->kind;
    // ICMP; of a session file that was kept without what it quoted, the ends still tell.
    const bool network =
        packet.origin == base::Origin::Capture && packet.source.known() &&
        packet.destination.known() &&
        (kind == base::LocalKind::ConnectionRefused || kind == base::LocalKind::Unreachable);
    if (network)
        undelivered(packet);
    else
        row(trace::RowKind::Local, packet, {}, nullptr);
}

/// The network tells that a packet did not arrive: filed beside the message, with the call whose
/// media it was. Anything else that did not arrive is of no interest here.
void Folds::undelivered(const base::Packet &packet)
{
    learnMedia();
    auto owner = m_undelivered.ownerOf(packet);
    const std::string_view quoted = Undelivered::quoted(packet);
    if (!owner.row.valid() && !owner.call.valid() && packet.transport == base::Transport::Udp &&
        sip::looksLikeSip(quoted)) { // all that was captured of it
        base::Packet seen = packet;
        seen.kind = base::PacketKind::Datagram;
        message(Undelivered::whole(packet) ? trace::RowKind::Message : trace::RowKind::Cut, seen,
                quoted);
        owner = m_undelivered.ownerOf(packet);
    }
    if (owner.told || (!owner.row.valid() && !owner.call.valid() && !sipEnd(packet)))
        return;
    base::LocalEvent event = *packet.local;
    if (owner.call.valid())
        event.callId = m_trace.callId(owner.call);
    base::Packet told = packet;
    told.local = std::make_shared<const base::LocalEvent>(std::move(event));
    sip::Digest about;
    about.rseq = owner.row.valid() ? owner.row.value + 1 : trace::Row::kNoRow;
    row(trace::RowKind::Local, told, {}, &about);
}

void Folds::row(trace::RowKind kind, const base::Packet &packet, std::string_view text,
                const sip::Digest *digest)
{
    const trace::RowId id =
        m_trace.add(kind, packet, text, digest != nullptr ? *digest : sip::Digest{});
    if (!id.valid())
        return;
    if (digest != nullptr && packet.kind == base::PacketKind::Datagram)
        noteEnds(packet, id);
    const calls::CallId call = m_book.add(id);
    m_filed = call.valid() ? call : m_filed;
    if (call.valid())
        m_changes.calls.push_back(call);
    else if (m_changes.looseRows.size() < kMostLooseRows)
        m_changes.looseRows.push_back(id);
    if (keptAliveBefore(kind, packet, id))
        return;
    // Few rows need more of their message than the row holds.
    const bool joins = legs::LegBook::wants(m_trace.row(id));
    const trace::Row &filed = m_trace.row(id);
    const bool told = joins && filed.status == 0 && filed.method != sip::Method::Bye;
    const auto message =
        m_flows.reads(id) || told ? sip::readMessage(m_trace.text(id)) : std::nullopt;
    if (joins) {
        m_legs.add(id, message ? &*message : nullptr);
        for (const calls::CallId joined : m_legs.takeChanged())
            m_changes.calls.push_back(joined);
    }
    m_flows.add(id, message ? &*message : nullptr);
    noteFlows(m_flows.touched());
    if (filed.status == 430 && filed.method != sip::Method::Register && call.valid())
        noteFlows(m_flows.disown(id, requestOf(id, call)));
}

void Folds::noteFlows(const std::vector<flows::FlowId> &touched)
{
    for (const flows::FlowId flow : touched) {
        if (m_changes.flows.empty() || m_changes.flows.back() != flow)
            m_changes.flows.push_back(flow);
    }
}

/// The request that a response answers at its own hop; invalid: none is known, or the call is too
/// large to look for it.
trace::RowId Folds::requestOf(trace::RowId response, calls::CallId call) const
{
    const calls::RowChain chain = m_book.chain(call);
    if (chain.count > kMostLookedAt)
        return {};
    const trace::Row &about = m_trace.row(response);
    const auto rows = m_book.rows(chain);
    const auto asked = std::find_if(rows.rbegin(), rows.rend(), [&](trace::RowId id) {
        const trace::Row &row = m_trace.row(id);
        return row.kind == trace::RowKind::Message && row.status == 0 && row.cseq == about.cseq &&
               row.method == about.method && row.branch() == about.branch() &&
               m_trace.source(id) == m_trace.destination(response);
    });
    return asked == rows.rend() ? trace::RowId{} : *asked;
}

/// A ping or pong that another capture of the same time holds as well: its flow has it already.
bool Folds::keptAliveBefore(trace::RowKind kind, const base::Packet &packet, trace::RowId row)
{
    if (m_file == 0 || (kind != trace::RowKind::Ping && kind != trace::RowKind::Pong))
        return false;
    const std::uint32_t pair = m_trace.row(row).pair;
    const std::uint64_t key = std::uint64_t{pair} << 8U | static_cast<std::uint8_t>(kind);
    return pair != 0 && m_keepAlives.ensure(key).again(m_file, packet.time);
}

std::vector<std::string> Folds::endCapture()
{
    for (const auto &found : m_sorter.endAll(base::Origin::Capture))
        piece(found, Unfinished::Why::CaptureEnds);
    return m_unfinished.take();
}

} // namespace session
