// SPDX-License-Identifier: Apache-2.0
// The decoder's side of HEP, and what it tells at the end.
#include <ingest/decode/decoder.h>

#include <algorithm>
#include <base/counted.h>
#include <base/hash.h>
#include <base/text.h>
#include <fmt/format.h>
#include <ingest/decode/inflate.h>
#include <sip/message.h>
#include <utility>

namespace ingest::decode {
namespace {

constexpr std::size_t kMostUnpacked = 256U << 10U; // bytes of one message
constexpr std::size_t kMostCalls = 1U << 20U;
constexpr std::uint64_t kMostNotes = 100'000;
constexpr int kMostAround = 8; // HEP packets around a message
constexpr std::size_t kLongestNote = 2000;

} // namespace

/// True: it was HEP. `any`: the bytes are known to be version 3. `depth`: of packets around it that
/// an agent took for messages.
bool Decoder::hep(const base::Blob &bytes, base::Instant time, bool any, int depth)
{
    const std::string_view text = bytes.text();
    auto found = hepLength(text) != 0 ? parseHep(text, time) : std::nullopt;
    if (!found && !text.empty() && (text[0] == 1 || text[0] == 2))
        found = parseOldHep(text, time);
    if (!found) {
        // A port of HEP's on which something else is sent is none of our business; a packet that
        // says it is HEP is.
        const bool broken = any || hepLength(text) != 0;
        m_badHep += broken ? 1 : 0;
        return broken;
    }
    base::Blob payload = base::Blob::view(bytes.owner(), found->payload);
    if (found->compressed) {
        const auto unpacked = inflated(found->payload, kMostUnpacked);
        if (!unpacked) {
            ++m_badHep;
            return true;
        }
        payload = base::Blob::copy(*unpacked);
    }
    const base::Instant when = found->time.known() ? found->time : time;
    const std::string_view content = payload.text();
    if (hepLength(content) == content.size() && !content.empty()) {
        if (depth < kMostAround)
            return hep(payload, when, true, depth + 1);
        ++m_tooDeep;
        return true;
    }
    const std::size_t begin = std::min(content.size(), content.find_first_not_of("\r\n"));
    const bool sip = sip::looksLikeSip(content.substr(begin));
    if (sip || found->type == kHepRtp || (found->type == kHepSip && begin == content.size()))
        hepMessage(*found, std::move(payload), when);
    else
        hepNote(*found, content, when);
    return true;
}

void Decoder::hepMessage(const HepPacket &packet, base::Blob payload, base::Instant time)
{
    base::Packet out;
    out.time = time;
    out.transport = packet.transport;
    out.hint = packet.type == kHepRtp ? base::PayloadHint::Rtp : base::PayloadHint::Sip;
    out.source = packet.source;
    out.destination = packet.destination;
    out.payload = std::move(payload);
    if (out.hint == base::PayloadHint::Sip && m_hepCalls.size() < kMostCalls) {
        if (const auto message = sip::parse(out.payload.text()))
            m_hepCalls.insert(base::hashOf(message->callId()));
    }
    datagram(std::move(out), 0, packet.agent);
}

/// What agents tell besides messages stands beside the call they name, if that call was seen.
void Decoder::hepNote(const HepPacket &packet, std::string_view payload, base::Instant time)
{
    if (++m_hepNotes > kMostNotes)
        return;
    const bool known = m_hepCalls.contains(base::hashOf(packet.correlation));
    note(fmt::format("{} of HEP agent {}: {}", hepTypeText(packet.type), packet.agent,
                     base::printable(payload, true, kLongestNote)),
         known ? std::string(packet.correlation) : std::string(), time);
}

void Decoder::tell(std::uint64_t count, std::string_view one, std::string_view many)
{
    if (count != 0)
        m_sink.flaw(base::counted(count, one, many));
}

void Decoder::tellLosses(bool goesOn)
{
    const std::uint64_t duplicates = m_twins.count() + m_fragments.repeated();
    m_outcome.duplicates = duplicates - std::exchange(m_kept->duplicatesTold, duplicates);
    if (!m_sink.flaw)
        return;
    if (m_foreignLink != 0)
        m_sink.flaw(base::counted(
            m_foreignLink,
            fmt::format("of {} comes from a kind of network this program does not read and was "
                        "left out.",
                        base::counted(m_outcome.frames, "frame")),
            fmt::format("of {} frames come from a kind of network this program does not read and "
                        "were left out.",
                        m_outcome.frames)));
    if (std::string cut = m_cuts.sentence(m_outcome.frames); !cut.empty())
        m_sink.flaw(std::move(cut));
    tell(m_annotations.refused(), "comment of the file was left out: together they are too large.",
         "comments of the file were left out: together they are too large.");
    tell(m_outcome.duplicates, "packet was captured twice and is shown once.",
         "packets were captured twice and are shown once.");
    tell(m_tooDeep, "packet lies in too many tunnels within tunnels and was left out.",
         "packets lie in too many tunnels within tunnels and were left out.");
    tell(m_badHep, "HEP packet is damaged, or larger unpacked than any message, and was left out.",
         "HEP packets are damaged, or larger unpacked than any message, and were left out.");
    if (!goesOn)
        tellKept();
    if (m_hepNotes > kMostNotes)
        m_sink.flaw(fmt::format(
            "{} left out, the first {} are shown.",
            base::counted(m_hepNotes - kMostNotes, "HEP report was", "HEP reports were"),
            kMostNotes));
}

/// What became of everything that is put together from several packets; of a capture in several
/// files its last one tells that.
void Decoder::tellKept()
{
    tell(m_fragments.givenUp(), "fragmented IP packet could not be put together.",
         "fragmented IP packets could not be put together.");
    tell(m_fragments.incomplete(),
         "fragmented IP packet lacks a piece; its beginning is shown where it is there.",
         "fragmented IP packets lack a piece; their beginnings are shown where they are there.");
    if (m_tcp.gaps() != 0)
        m_sink.flaw("The capture lacks bytes of TCP connections at " +
                    base::counted(m_tcp.gaps(), "place") + ".");
    tell(m_tcp.evicted(), "TCP connection was given up because too many were open at once.",
         "TCP connections were given up because too many were open at once.");
    for (const TcpTable::Refusal &one : m_tcp.refusals())
        m_sink.flaw(fmt::format("{} refused {} from {} (reset): no SIP passed there. Does anything "
                                "listen on that port, and does a firewall let it through?",
                                one.by.text(), base::counted(one.count, "TCP connection"),
                                one.to.text()));
    tell(m_hepStreams.lost(), "byte between HEP packets on TCP is none and was left out.",
         "bytes between HEP packets on TCP are none and were left out.");
    for (std::string &sentence : m_layers.losses(!m_sink.keyLog.empty()))
        m_sink.flaw(std::move(sentence));
}

} // namespace ingest::decode
