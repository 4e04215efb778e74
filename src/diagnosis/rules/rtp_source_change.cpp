// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::uint64_t kEnough = 25;
constexpr auto kOverlap = std::chrono::milliseconds(200);

/// A request that may have moved the media, or an answer to it, near the change.
bool announced(const Evidence &evidence, base::Instant from, base::Instant to)
{
    constexpr auto kBefore = std::chrono::seconds(3);
    for (const auto &place : evidence.call.rows) {
        const auto &row = evidence.trace.row(place.row);
        if (trace::isMessage(row.kind) && row.hasSdp && row.time >= from - kBefore &&
            row.time <= to + kOverlap)
            return true;
    }
    return false;
}

constexpr auto kReaction = std::chrono::seconds(2);

/// A description names the place: what is sent there is where it was asked for.
bool described(const Evidence &evidence, const base::Endpoint &place)
{
    for (const auto &entry : evidence.call.rows) {
        if (!trace::isMessage(evidence.trace.row(entry.row).kind) ||
            !evidence.trace.row(entry.row).hasSdp)
            continue;
        for (const auto &media : sdpOf(evidence, entry.row).media)
            if (const auto end = media.endpoint(); end && *end == place)
                return true;
    }
    return false;
}

/// What the other side made of it: whether its packets go to the new place, or still to the old.
struct Reaction {
    const rtp::Stream *followed = nullptr, *stayed = nullptr;
};
Reaction reactionTo(const Evidence &evidence, const rtp::Stream &was, const rtp::Stream &is)
{
    Reaction out;
    for (const auto &bound : evidence.streams) {
        const auto &stream = *bound.stream;
        if (stream.destination == is.source && stream.last > is.first)
            out.followed = &stream;
        if (stream.destination == was.source && stream.last - is.first > kReaction &&
            stream.packets >= kEnough)
            out.stayed = &stream;
    }
    return out;
}

void tell(const Evidence &evidence, const BoundStream &before, const BoundStream &after,
          Findings &out)
{
    const auto &was = *before.stream, &is = *after.stream;
    const auto reaction = reactionTo(evidence, was, is);
    const bool followed = reaction.followed != nullptr && reaction.stayed == nullptr;
    const bool deaf = reaction.stayed != nullptr && reaction.followed == nullptr &&
                      !described(evidence, was.source);
    auto text = fmt::format("In the middle of the call the packets of {} [1] began to come from {} "
                            "[2], and no message announced it.",
                            was.source.text(), is.source.text());
    if (followed)
        text += fmt::format(" The other side followed{} [3].",
                            reaction.followed->first > is.first
                                ? " after " + lasting(reaction.followed->first - is.first)
                                : std::string());
    if (deaf)
        text +=
            fmt::format(" {} went on sending to the old place for {} [3].",
                        reaction.stayed->source.text(), lasting(reaction.stayed->last - is.first));
    auto &f = out.add("rtp-source-change",
                      followed ? Severity::Info
                      : deaf   ? Severity::Error
                               : Severity::Warning,
                      Grade::Seen, std::move(text));
    f.impact =
        followed ? "None but the moment until it followed."
        : deaf ? fmt::format("The {} hears nothing from then on: what is sent to the old place is "
                             "lost.",
                             after.towardsCaller ? "callee" : "caller")
               : fmt::format("A peer that takes packets from the old place only plays nothing "
                             "from here on, and what it sends to the old place is lost: {}.",
                             after.towardsCaller ? "one-way audio for the callee or silence "
                                                   "for the caller"
                                                 : "one-way audio for the caller or silence "
                                                   "for the callee");
    f.evidence = {at(was, "the old place"), at(is, "the new one")};
    if (followed || deaf)
        f.evidence.push_back(at(followed ? *reaction.followed : *reaction.stayed,
                                followed ? "sent to the new one" : "still sent to the old one"));
    const Fix nat{"Keep the NAT's mapping alive by sending all the time (RFC 6263).",
                  "NAT or firewall", Action::None};
    const Fix latch{"Follow the source of the packets (symmetric RTP).", "gateway or SBC",
                    Action::None};
    f.fixes = deaf ? std::vector<Fix>{latch, nat} : std::vector<Fix>{nat, latch};
}

void check(const Evidence &evidence, Findings &out)
{
    if (!evidence.call.answered.known())
        return;
    for (const auto &before : evidence.streams)
        for (const auto &after : evidence.streams) {
            const auto &was = *before.stream, &is = *after.stream;
            // The same SSRC from elsewhere: it is the sender that moved, not another one.
            if (was.ssrc != is.ssrc || was.source == is.source ||
                was.destination != is.destination || was.packets < kEnough ||
                is.packets < kEnough || is.first < was.last - kOverlap ||
                is.first < evidence.call.answered || announced(evidence, was.last, is.first))
                continue;
            tell(evidence, before, after, out);
            return;
        }
}

} // namespace

extern const Rule rtp_source_change;
const Rule rtp_source_change{"rtp-source-change",
                             "Media comes from another place, unannounced",
                             Severity::Error,
                             "RFC 4961, RFC 6263",
                             "200",
                             R"(
  answered
  1.10 alice>bob rtp 1000 toport=5001
  1.10 bob>alice rtp 400 port=5001
* 9.20 bob>alice rtp 400 port=5555 sequence=400
 35.00 tick
)",
                             R"(
  answered
  1.10 alice>bob rtp 400
  1.10 bob>alice rtp 400
* 9.00 bob>alice INVITE tag=b reverse sdp=0@bob:5555
* 9.05 alice>bob 200 answer
* 9.10 bob>alice ACK tag=b reverse
  9.15 alice>bob rtp 600 toport=5555 sequence=400 at=400
  9.20 bob>alice rtp 400 port=5555 sequence=400
 35.00 tick
)",
                             check};

} // namespace diagnosis::rules
