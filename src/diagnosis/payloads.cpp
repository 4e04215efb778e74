// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/payloads.h>

#include <algorithm>
#include <base/text.h>
#include <bitset>
#include <diagnosis/facts.h>
#include <diagnosis/in_force.h>
#include <diagnosis/offer_answer.h>
#include <fmt/format.h>

namespace diagnosis {
namespace {

constexpr int kComfortNoise = 13;
// Packets of before are under way when a description is replaced, and a sender needs a moment.
constexpr auto kAfterwards = std::chrono::seconds(1);
constexpr auto kAhead = std::chrono::milliseconds(200); // captured before the message

struct Span {
    base::Instant from, to;
};

bool atAddress(const sip::Sdp &sdp, const base::Address &address)
{
    return std::any_of(sdp.media.begin(), sdp.media.end(), [&](const sip::SdpMedia &media) {
        const auto endpoint = media.endpoint();
        return endpoint && endpoint->address == address;
    });
}

/// The receiver's descriptions: those that name the address the stream goes to, on whatever hop; if
/// none does (NAT), all of them.
std::vector<const Described *> receivers(const Evidence &evidence, const BoundStream &bound,
                                         base::Instant until)
{
    std::vector<const Described *> all, named;
    for (const Described &each : descriptions(evidence, bound.earlyDialog)) {
        if (each.byCaller != bound.towardsCaller || each.from >= until)
            continue;
        all.push_back(&each);
        if (atAddress(evidence.sdp(each.row), bound.stream->destination.address))
            named.push_back(&each);
    }
    return named.empty() ? all : named;
}

const sip::SdpFormat *format(const sip::Sdp &sdp, int type)
{
    for (const auto &media : sdp.media)
        if (const auto *const found = media.format(type); found != nullptr)
            return found;
    return nullptr;
}

std::uint64_t packetsWithin(const rtp::Stream &stream, std::uint8_t type, std::vector<Span> spans)
{
    std::sort(spans.begin(), spans.end(),
              [](const Span &a, const Span &b) { return a.from < b.from; });
    std::uint64_t packets = 0;
    base::Instant done;
    for (const Span &span : spans) {
        const auto from = std::max(span.from, done);
        if (span.to <= from)
            continue;
        packets += stream.arrivedBefore(span.to, type) - stream.arrivedBefore(from, type);
        done = span.to;
    }
    return packets;
}

/// Packets of the type while it was not among what the receiver had described.
std::uint64_t foreignOf(const Evidence &evidence, const BoundStream &bound, std::uint8_t type,
                        const std::vector<const Described *> &by, base::Instant until)
{
    // 64-95 collide with RTCP packet types and are never negotiated (RFC 5761 section 4).
    if (by.empty() || type == kComfortNoise || (type >= 64 && type < 96))
        return 0;
    base::Instant known = until;
    std::vector<Span> fine;
    for (const Described *each : by) {
        const auto from = each->from - kAhead;
        known = std::min(known, from);
        if (format(evidence.sdp(each->row), type) == nullptr)
            continue;
        const auto to = each->until.known() ? each->until + kAfterwards : until;
        fine.push_back({from, std::min(to, until)});
    }
    fine.push_back({{}, known}); // nothing was described yet
    const auto packets = bound.stream->arrivedBefore(until, type);
    return packets - std::min(packets, packetsWithin(*bound.stream, type, std::move(fine)));
}

/// The sender has described itself, and not with this codec (under whatever number).
bool unansweredBy(const Evidence &evidence, const BoundStream &bound, const sip::SdpFormat &wanted,
                  base::Instant until)
{
    bool described = false;
    for (const Described &each : descriptions(evidence, bound.earlyDialog)) {
        if (each.byCaller == bound.towardsCaller || each.from >= until)
            continue;
        const auto *const audio = evidence.sdp(each.row).audio();
        if (audio == nullptr)
            continue;
        described = true;
        for (const auto &own : audio->formats)
            if (sameCodec(own, wanted))
                return false;
    }
    return described;
}

bool speech(const Payload &payload)
{
    return payload.type != kComfortNoise && !base::equalsNoCase(payload.codec, "CN") &&
           !base::equalsNoCase(payload.codec, "telephone-event");
}

} // namespace

std::vector<Payload> payloadsBefore(const Evidence &evidence, const BoundStream &bound,
                                    base::Instant until)
{
    std::vector<Payload> out;
    if (!bound.stream)
        return out;
    const auto by = receivers(evidence, bound, until);
    for (std::size_t type = 0; type < bound.stream->payloadTypes.size(); ++type) {
        if (bound.stream->payloadTypes[type] == 0)
            continue;
        Payload payload;
        payload.type = static_cast<std::uint8_t>(type);
        payload.packets = bound.stream->arrivedBefore(until, payload.type);
        if (payload.packets == 0)
            continue;
        payload.judged = !by.empty();
        payload.foreign = foreignOf(evidence, bound, payload.type, by, until);
        for (auto each = by.rbegin(); each != by.rend() && payload.codec.empty(); ++each)
            if (const auto *const named = format(evidence.sdp((*each)->row), payload.type)) {
                payload.codec = base::printable(named->map.encoding, false, 24);
                payload.unanswered = unansweredBy(evidence, bound, *named, until);
            }
        out.push_back(std::move(payload));
    }
    std::stable_sort(out.begin(), out.end(), [](const Payload &a, const Payload &b) {
        return speech(a) != speech(b) ? speech(a) : a.packets > b.packets;
    });
    return out;
}

Wanted wantedBefore(const Evidence &evidence, const BoundStream &bound, base::Instant until)
{
    Wanted wanted;
    std::bitset<128> types;
    for (const Described *each : receivers(evidence, bound, until)) {
        wanted.row = each->row;
        for (const auto &media : evidence.sdp(each->row).media)
            for (const auto &one : media.formats)
                if (one.payloadType >= 0 && one.payloadType < 128)
                    types.set(static_cast<std::size_t>(one.payloadType));
    }
    for (std::size_t i = 0; i < types.size(); ++i)
        if (types.test(i))
            wanted.types += fmt::format("{}{}", wanted.types.empty() ? "" : ", ", i);
    return wanted;
}

} // namespace diagnosis
