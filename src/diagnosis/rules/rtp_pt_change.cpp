// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <bitset>
#include <diagnosis/both_ways.h>
#include <diagnosis/facts.h>
#include <diagnosis/in_force.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::uint32_t kEnough = 50;               // packets: a second of it
constexpr auto kOnItsWay = std::chrono::seconds(1); // of what was sent before the answer came

using Numbers = std::bitset<128>;

/// The payload types that were named in this call, on whatever hop, by who sent the description.
struct Named {
    Numbers by[2];     // callee, caller
    bool open = false; // an offer within the dialog of which the answer is not here

    Numbers anybody() const { return by[0] | by[1]; }
};

bool sentByCaller(const Evidence &evidence, const trace::Row &row)
{
    return (row.status == 0) == (evidence.trace.tag(row.fromTag) == evidence.call.fromTag);
}

/// nullopt: not all is known.
std::optional<Named> named(const Evidence &evidence)
{
    const auto &call = evidence.call;
    if (call.winner >= call.earlyDialogs.size() || !hasSdp(evidence, call.invite))
        return std::nullopt;
    Named numbers;
    std::size_t read = 0;
    bool answered = false;
    for (const auto &entry : call.rows) {
        if (entry.original.valid() || !hasSdp(evidence, entry.row))
            continue;
        const auto &row = evidence.trace.row(entry.row);
        if (row.kind == trace::RowKind::Cut || ++read > kMostDescriptions)
            return std::nullopt;
        answered = answered || entry.row != call.invite;
        for (const auto &media : sdpOf(evidence, entry.row).media)
            for (const auto &format : media.formats)
                if (format.payloadType >= 0 && format.payloadType < 128)
                    numbers.by[sentByCaller(evidence, row)].set(
                        static_cast<std::size_t>(format.payloadType));
        const auto *const t = entry.transaction < call.transactions.size()
                                  ? &call.transactions[entry.transaction]
                                  : nullptr;
        numbers.open = numbers.open ||
                       (row.status == 0 && row.toTag != 0 && (t == nullptr || t->finalStatus == 0));
    }
    return answered ? std::optional(numbers) : std::nullopt;
}

/// Packets of the type that count: em-wrong-pt tells of early media, and what runs on behind the
/// answer is told of here.
std::uint64_t sentBy(const Evidence &evidence, const BoundStream &bound, std::uint8_t type)
{
    const std::uint64_t all = bound.stream->payloadTypes[type];
    if (!bound.towardsCaller || !bound.early)
        return all;
    return all - std::min(all, bound.stream->arrivedBefore(evidence.call.answered, type));
}

bool neverAgreed(std::size_t type)
{
    // Comfort noise, and what may be RTCP (RFC 5761 section 4).
    return type == 13 || type == 19 || (type >= 64 && type < 96);
}

void tell(const Evidence &evidence, const BoundStream &bound, std::size_t type,
          std::uint64_t packets, Findings &out)
{
    // A receiver may know it all the same, beside what was agreed.
    const bool fixed = type < 35 && packets * 2 < bound.stream->packets;
    auto &f = out.add("rtp-pt-change", fixed ? Severity::Warning : Severity::Error, Grade::Seen,
                      fmt::format("{} sent {} with payload type {} [1], which no "
                                  "description of this call names [2].",
                                  bound.stream->source.text(), count(packets, "packet"), type));
    f.impact = fmt::format("The {} cannot decode this audio and hears silence or noise.",
                           bound.towardsCaller ? "caller" : "callee");
    f.evidence = {at(*bound.stream, fmt::format("payload type {}", type)),
                  at(evidence.call.invite, "the offer")};
    f.fixes = {{"Send with the payload type numbers of the other side's description.",
                "gateway or SBC", Action::None}};
}

/// It goes by its own description, not by the receiver's: after an answer that counts for both
/// (RFC 3264 sections 6.1 and 7).
bool tellOwn(const Evidence &evidence, const BoundStream &bound, const Numbers &receiver,
             Findings &out)
{
    const auto &stream = *bound.stream;
    const auto *const asked =
        inForce(evidence, evidence.call.winner, bound.towardsCaller, endOfTalk(evidence));
    if (asked == nullptr || !asked->agreed)
        return false;
    for (std::size_t type = 0; type < 128; ++type) {
        const auto number = static_cast<std::uint8_t>(type);
        const std::uint64_t all = stream.payloadTypes[number];
        const auto packets =
            all - std::min(all, stream.arrivedBefore(evidence.call.answered + kOnItsWay, number));
        if (packets < kEnough || receiver.test(type) || neverAgreed(type))
            continue;
        auto &f = out.add(
            "rtp-pt-change", Severity::Warning, Grade::Likely,
            fmt::format("{} sent {} with payload type {} [1], which only its own description "
                        "names, not that of the {} [2].",
                        stream.source.text(), count(packets, "packet"), type,
                        bound.towardsCaller ? "caller" : "callee"));
        f.impact = fmt::format("A {} that keeps to its own description cannot decode this audio.",
                               bound.towardsCaller ? "caller" : "callee");
        f.evidence = {at(stream, fmt::format("payload type {}", type)),
                      at(asked->row, "what the receiver takes")};
        f.fixes = {{"Send with codecs and payload type numbers of the other side's description.",
                    "sender of the media", Action::None}};
        return true;
    }
    return false;
}

void check(const Evidence &evidence, Findings &out)
{
    if (!evidence.call.answered.known())
        return;
    std::optional<Named> known;
    for (const auto &bound : evidence.streams) {
        if (bound.certainty != Certainty::Exact || bound.stream->packets < kEnough)
            continue;
        if (!known && !(known = named(evidence)))
            return;
        const auto anybody = known->anybody();
        for (std::size_t type = 0; type < 128; ++type) {
            const auto packets = sentBy(evidence, bound, static_cast<std::uint8_t>(type));
            if (packets >= kEnough && !anybody.test(type) && !neverAgreed(type))
                return tell(evidence, bound, type, packets, out);
        }
        const auto &receiver = known->by[bound.towardsCaller];
        if (!known->open && !bound.astray && receiver.any() &&
            tellOwn(evidence, bound, ~anybody | receiver, out))
            return;
    }
}

} // namespace

extern const Rule rtp_pt_change;
const Rule rtp_pt_change{"rtp-pt-change",
                         "Media under a number that nobody agreed on",
                         Severity::Error,
                         "RFC 3264 section 5.1",
                         "488",
                         R"(
  answered
  1.10 bob>alice rtp 200
* 1.10 alice>bob rtp 200 pt=97
 10.00 alice>bob BYE tag=b
 10.01 bob>alice 200 tag=b
)",
                         R"(
  answered
  1.10 bob>alice rtp 200
  1.10 alice>bob rtp 200
  6.00 alice>bob INVITE tag=b cseq=7 sdp=97
  6.10 bob>alice 200 sdp=97@bob
  6.11 alice>bob ACK tag=b cseq=7
  6.20 bob>alice rtp 200 pt=97
  6.20 alice>bob rtp 200 pt=97
 20.00 alice>bob BYE tag=b cseq=9
 20.01 bob>alice 200 tag=b
)",
                         check,
                         Reads::Messages};

} // namespace diagnosis::rules
