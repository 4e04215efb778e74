// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/both_ways.h>
#include <diagnosis/facts.h>
#include <diagnosis/in_force.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::uint64_t kEnough = 50;               // packets: a second of it
constexpr auto kOnItsWay = std::chrono::seconds(1); // of what was sent before the change arrived

/// One side's audio by its description in force, and since when.
struct Listens {
    const Described *described = nullptr;
    const sip::SdpMedia *audio = nullptr;
    base::Endpoint place;
    base::Instant since;
};

/// nullopt: it is not known where it listens, or it may listen elsewhere too: by ICE, on the port
/// of another media line, on that of RTCP.
std::optional<Listens> listens(const Evidence &evidence, bool caller, base::Instant when)
{
    const auto *const described = inForce(evidence, evidence.call.winner, caller, when);
    if (described == nullptr || !described->agreed)
        return std::nullopt;
    const auto &sdp = sdpOf(evidence, described->row);
    const auto *const audio = sdp.usedAudio();
    const auto place = audio != nullptr ? audio->endpoint() : std::nullopt;
    if (!place || place->address.isUnspecified() ||
        sdp.text.find("a=candidate:") != std::string_view::npos ||
        sdp.text.find("a=ice-") != std::string_view::npos)
        return std::nullopt;
    return Listens{described, audio, *place, std::max(described->from, evidence.call.answered)};
}

/// Somebody listens there after all: another media line, RTCP, or whoever sends from that port
/// (RFC 4961 has media go back to where it comes from).
bool hasReason(const Evidence &evidence, const Listens &side, const base::Endpoint &target)
{
    for (const auto &media : sdpOf(evidence, side.described->row).media)
        if (&media != side.audio && media.port == target.port)
            return true;
    return std::any_of(evidence.streams.begin(), evidence.streams.end(), [&](const auto &bound) {
        return bound.stream->source == target &&
               cameSince(*bound.stream, side.since + kOnItsWay) != 0;
    });
}

bool anythingArrives(const Evidence &evidence, const Listens &side)
{
    return std::any_of(evidence.streams.begin(), evidence.streams.end(), [&](const auto &bound) {
        return bound.stream->destination == side.place &&
               cameSince(*bound.stream, side.since + kOnItsWay) != 0;
    });
}

void tell(const Evidence &evidence, const BoundStream &bound, const Listens &side,
          std::uint64_t packets, Findings &out)
{
    const auto &stream = *bound.stream;
    auto &f = out.add("rtp-wrong-port", Severity::Error, Grade::Likely,
                      fmt::format("{} sent {} to {} [1], but the description in force asks for "
                                  "audio at {} [2], where nothing came.",
                                  stream.source.text(), count(packets, "packet"),
                                  stream.destination.text(), side.place.text()));
    f.impact = fmt::format("The {} hears nothing: nobody listens where the packets go.",
                           bound.towardsCaller ? "caller" : "callee");
    f.evidence = {at(stream, "where it goes"),
                  at(evidence, side.described->row, side.audio->line, "where it should go")};
    f.fixes = {{"Send to address and port of the other side's newest description (RFC 3264 "
                "sections 5.1 and 8.3.1).",
                "sender of the media", Action::None}};
}

/// The very host that sends this description, on whatever hop, names another one for its audio.
bool signalsAt(const Evidence &evidence, const Listens &side, const base::Address &host)
{
    const auto &told = evidence.trace.row(side.described->row);
    return std::any_of(evidence.call.rows.begin(), evidence.call.rows.end(), [&](const auto &r) {
        const auto &row = evidence.trace.row(r.row);
        if (r.original.valid() || row.status != told.status || row.cseq != told.cseq ||
            row.toTag != told.toTag || row.fromTag != told.fromTag || row.method != told.method ||
            evidence.trace.source(r.row).address != host || !hasSdp(evidence, r.row))
            return false;
        const auto *const audio = sdpOf(evidence, r.row).usedAudio();
        return audio != nullptr && audio->endpoint() == side.place;
    });
}

/// Behind a NAT or a relay the packets go to another address, and are seen there; not to the one
/// that the signalling of that very side comes from, where it named another one.
bool namesElsewhere(const Evidence &evidence, const Listens &side, const rtp::Stream &stream)
{
    const auto &target = stream.destination;
    return target.address == side.place.address ||
           (target.port == side.place.port && !side.place.address.isPrivate() &&
            signalsAt(evidence, side, target.address));
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (!call.answered.known() || call.winner >= call.earlyDialogs.size())
        return;
    const auto end = endOfTalk(evidence);
    for (const auto &bound : evidence.streams) {
        const auto &stream = *bound.stream;
        if (bound.certainty == Certainty::Guess || stream.packets < kEnough || bound.astray)
            continue;
        const auto side = listens(evidence, bound.towardsCaller, end);
        if (!side || stream.destination == side->place || !namesElsewhere(evidence, *side, stream))
            continue;
        const auto packets = cameSince(stream, side->since + kOnItsWay);
        if (packets < kEnough || hasReason(evidence, *side, stream.destination) ||
            anythingArrives(evidence, *side))
            continue;
        return tell(evidence, bound, *side, packets, out);
    }
}

} // namespace

extern const Rule rtp_wrong_port;
const Rule rtp_wrong_port{"rtp-wrong-port",
                          "Media goes where nobody listens",
                          Severity::Error,
                          "RFC 3264 sections 5.1 and 8.3.1",
                          "200",
                          R"(
  answered
  1.10 alice>bob rtp 200
  1.10 bob>alice rtp 200
  5.00 alice>bob INVITE tag=b cseq=2 sdp=0@alice:4400
  5.05 bob>alice 200 answer
  5.10 alice>bob ACK tag=b cseq=2
  5.20 alice>bob rtp 400 port=4400 sequence=200 at=200
* 5.20 bob>alice rtp 400 sequence=200 at=200
 20.00 tick
)",
                          R"(
  answered
  1.10 alice>bob rtp 200
  1.10 bob>alice rtp 200
  5.00 alice>bob INVITE tag=b cseq=2 sdp=0@alice:4400
  5.05 bob>alice 200 answer
  5.10 alice>bob ACK tag=b cseq=2
  5.20 alice>bob rtp 400 port=4400 sequence=200 at=200
  5.20 bob>alice rtp 400 toport=4400 sequence=200 at=200
 20.00 tick
)",
                          check,
                          Reads::Messages};

} // namespace diagnosis::rules
