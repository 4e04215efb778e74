// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/clock_step.h>

#include <algorithm>
#include <base/hash.h>
#include <base/text.h>
#include <fmt/format.h>
#include <ingest/decode/bytes.h>
#include <ingest/decode/time_order.h>
#include <map>
#include <sip/message.h>
#include <tuple>
#include <unordered_set>
#include <vector>

namespace ingest::decode {
namespace {

constexpr base::Duration kFar = std::chrono::seconds(5); // as TimeOrder has it
constexpr std::size_t kMost = 100'000;                   // senders, messages, requests each
constexpr std::int32_t kOn = 50;                         // packets that may be missing at the step

/// Where time goes back far.
class Seam
{
public:
    /// Is the packet behind it?
    bool behind(base::Instant time)
    {
        if (m_latest.known() && time + kFar < m_latest) {
            ++m_count;
            m_step = m_latest - time;
            m_latest = time;
        }
        m_latest = std::max(m_latest, time);
        return m_count != 0;
    }
    int count() const { return m_count; }
    base::Duration step() const { return m_step; }

private:
    base::Instant m_latest;
    base::Duration m_step{0};
    int m_count = 0;
};

class Proof
{
public:
    void add(const base::Packet &packet)
    {
        const bool behind = m_seam.behind(packet.time);
        const std::string_view bytes = packet.payload.text();
        if (bytes.size() >= 12 && (static_cast<unsigned char>(bytes[0]) & 0xC0U) == 0x80)
            media(packet, behind);
        else if (sip::looksLikeSip(bytes))
            message(packet, behind);
    }

    std::optional<ClockStep> result()
    {
        if (m_seam.count() != 1 || m_against || (m_measured.empty() && m_answers == 0))
            return std::nullopt;
        if (m_measured.empty())
            return ClockStep{m_seam.step(), false};
        const auto middle = m_measured.begin() + static_cast<std::ptrdiff_t>(m_measured.size() / 2);
        std::nth_element(m_measured.begin(), middle, m_measured.end());
        return ClockStep{*middle, true};
    }

private:
    using Way = std::tuple<base::Endpoint, base::Endpoint, std::uint32_t>;
    struct Sender {
        base::Instant first, last;
        std::uint16_t sequence = 0;
        std::int64_t counted = 0; // sequence numbers from the first packet to the last
        bool done = false;        // judged behind the step
    };

    void media(const base::Packet &packet, bool behind)
    {
        constexpr std::int64_t kEnough = 10;
        const std::string_view bytes = packet.payload.text();
        const std::uint16_t sequence = be16(bytes, 2);
        const Way way{packet.source, packet.destination, be32(bytes, 8)};
        const auto known = m_senders.find(way);
        if (known == m_senders.end()) {
            if (!behind && m_senders.size() < kMost)
                m_senders.emplace(way, Sender{packet.time, packet.time, sequence});
            return;
        }
        Sender &sender = known->second;
        const auto on = static_cast<std::int16_t>(sequence - sender.sequence);
        if (!behind) {
            if (on > 0) {
                sender.counted += on;
                sender.sequence = sequence;
                sender.last = packet.time;
            }
            return;
        }
        if (sender.done || sender.counted < kEnough)
            return;
        sender.done = true;
        if (on <= 0 || on > kOn) {
            // Of one that fell silent long before, the numbers tell nothing.
            m_against = m_against || on <= 0;
            return;
        }
        const base::Duration pace = (sender.last - sender.first) / sender.counted;
        m_measured.push_back(sender.last + pace * on - packet.time);
    }

    void message(const base::Packet &packet, bool behind)
    {
        const std::string_view text = packet.payload.text();
        const std::uint64_t hash = base::hashOf(text);
        if (behind && m_seen.count(hash) != 0)
            m_against = true; // another capture of the same
        else if (!behind && m_seen.size() < kMost)
            m_seen.insert(hash);
        const auto message = sip::parse(text);
        if (!message || message->callId().empty())
            return;
        const sip::CSeq cseq = message->cseq();
        const std::string key =
            fmt::format("{}\n{} {} {}", message->callId(), message->branch(), cseq.number,
                        message->isRequest() ? message->methodText : cseq.methodText);
        if (message->isRequest()) {
            if (!behind && m_requests.size() < kMost)
                m_requests.emplace(key, packet.time);
            return;
        }
        const auto asked = behind ? m_requests.find(key) : m_requests.end();
        if (asked != m_requests.end() && packet.time < asked->second)
            ++m_answers;
    }

    Seam m_seam;
    std::map<Way, Sender> m_senders;
    std::unordered_set<std::uint64_t> m_seen;
    std::map<std::string, base::Instant> m_requests;
    std::vector<base::Duration> m_measured;
    std::size_t m_answers = 0;
    bool m_against = false;
};

std::string sentence(const ClockStep &step)
{
    std::string out = fmt::format(
        "The clock of the computer that captured was set back by {}{} s within this file: what "
        "comes behind goes on where it was. The file's order is kept, and the times behind that "
        "place are corrected",
        step.measured ? "" : "at least ", base::seconds(step.back, 1));
    out += step.measured ? "." : " as if no time had passed there.";
    return out;
}

Sink corrected(const Sink &sink, const ClockStep &step)
{
    Sink out = sink;
    out.emit = [emit = sink.emit, back = step.back, seam = Seam()](base::Packet packet) mutable {
        if (seam.behind(packet.time))
            packet.time = packet.time + back;
        return emit(std::move(packet));
    };
    return out;
}

} // namespace

std::optional<ClockStep> clockStepIn(const base::Blob &bytes, const ReadBytes &read)
{
    Proof proof;
    Sink sink;
    sink.emit = [&](const base::Packet &packet) {
        proof.add(packet);
        return true;
    };
    sink.progress = [](const Progress &) {};
    sink.flaw = [](const std::string &) {}; // told when it is read for good
    (void)read(bytes, sink);
    return proof.result();
}

base::Result<Outcome> readOrdered(const base::Blob &bytes, const std::optional<base::Blob> &sorted,
                                  const Sink &sink, const ReadBytes &read)
{
    if (!sorted)
        return read(bytes, sink);
    const auto step = clockStepIn(bytes, read);
    if (sink.flaw)
        sink.flaw(step ? sentence(*step) : std::string(TimeOrder::kSentence));
    return step ? read(bytes, corrected(sink, *step)) : read(*sorted, sink);
}

} // namespace ingest::decode
