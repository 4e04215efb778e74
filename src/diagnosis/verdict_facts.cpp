// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/verdict_facts.h>

#include <base/search.h>
#include <diagnosis/facts.h>
#include <diagnosis/in_force.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/private_place.h>
#include <diagnosis/srtp_refused.h>
#include <fmt/format.h>
#include <sip/sdp_crypto.h>
#include <sip/sdp_dtls.h>
#include <sip/sdp_fault.h>

namespace diagnosis {
namespace {

constexpr std::uint64_t kMoreThanStray = 3; // packets of a wrong type

constexpr double kSilence = -50; // dBFS; below it nobody hears a tone or speech

std::string describe(const sip::SdpMedia &audio)
{
    const auto endpoint = audio.endpoint();
    std::string_view codec = "no format";
    if (!audio.formats.empty())
        codec = audio.formats.front().map.encoding.empty() ? audio.formats.front().text
                                                           : audio.formats.front().map.encoding;
    const bool nowhere = endpoint && endpoint->address.isUnspecified();
    return fmt::format("{} at {}, {}", shown(codec),
                       nowhere    ? fmt::format("no address ({})", shown(audio.connection))
                       : endpoint ? endpoint->text()
                                  : fmt::format("port {}", audio.port),
                       sip::directionText(audio.direction));
}

/// The offer that the description answers; invalid: it answers none, or that is not here.
trace::RowId offerTo(const VerdictView &view)
{
    for (const auto &each : descriptions(view.evidence, view.index))
        if (each.row == view.described)
            return each.offer;
    return {};
}

std::string whereDescribed(const VerdictView &view)
{
    const auto &row = view.evidence.trace.row(view.described);
    const auto name = messageText(view.evidence, view.described);
    const auto what = row.status == 0 || row.method == sip::Method::Invite
                          ? fmt::format("in the {}", name)
                          : fmt::format("in the {} to the {}", name,
                                        methodOf(view.evidence.trace, view.described));
    const bool before = !view.whole && view.described != view.row;
    return before && !hasSdp(view.evidence, view.row)
               ? fmt::format("none in this one; {} before it", what)
               : what;
}

std::string notHeard(const VerdictView &view)
{
    const auto &tag = view.heardInstead->toTag;
    return tag.empty() ? std::string("the dialog without To-tag is heard instead")
                       : fmt::format("To-tag {} is heard instead", shown(tag));
}

VerdictFact astrayFact(const VerdictView &view)
{
    const auto &bound = *view.came.astray;
    if (bound.relayed)
        return {"RTP",
                fmt::format("{} to the media relay at {}, none from it to the caller",
                            count(view.came.astrayPackets, "packet"),
                            bound.stream->destination.text()),
                Light::Red, at(*bound.stream, "as far as the relay")};
    const auto wanted = wantedBefore(view.evidence, bound, view.end);
    const auto *const audio = sdpOf(view.evidence, wanted.row).audio();
    const auto place = audio != nullptr ? audio->endpoint() : std::nullopt;
    return {
        "RTP",
        fmt::format("{} to {}{}", count(view.came.astrayPackets, "packet"),
                    bound.stream->destination.text(),
                    place ? fmt::format(", where {} was asked for", place->text()) : std::string()),
        Light::Red, at(*bound.stream, "to another place")};
}

/// Of a payload type that the caller's description lacks: an offer, or its answer to a late offer.
std::string notNamed(const VerdictView &view)
{
    const auto wanted = wantedBefore(view.evidence, *view.came.main, view.end).row;
    for (const auto &each : descriptions(view.evidence, view.index))
        if (each.row == wanted && each.answers)
            return fmt::format("which the answer in the {} does not name",
                               messageText(view.evidence, wanted));
    return "which was not offered";
}

/// What the caller asked for, where media to it cannot reach him.
std::optional<PrivatePlace> unreachable(const Evidence &evidence, const rtp::Stream &stream)
{
    if (!stream.destination.address.isPrivate() || ownCall(evidence))
        return std::nullopt;
    auto place = privatePlace(evidence);
    const bool there =
        place && place->byCaller && place->place.address == stream.destination.address;
    return there ? place : std::nullopt;
}

/// The reliable response that still waits: this one, or any of the dialog.
const calls::ReliableResponse *withoutPrack(const VerdictView &view)
{
    const auto &evidence = view.evidence;
    const auto number =
        view.whole ? std::nullopt : evidence.message(view.row).number(sip::HeaderId::RSeq);
    std::uint32_t last = 0;
    for (const auto &reliable : view.dialog.reliables) {
        // One that is not the next number must not be acknowledged (RFC 3262 section 4).
        const bool skips = last != 0 && reliable.rseq != last + 1;
        if (!reliable.prack.valid() && !skips &&
            (view.whole || (number && reliable.rseq == *number)))
            return &reliable;
        last = skips ? last : reliable.rseq;
    }
    return nullptr;
}

} // namespace

VerdictFact sdpFact(const VerdictView &view)
{
    VerdictFact fact{"SDP", "none: progress only", Light::Amber, {}};
    if (!view.described.valid()) {
        if (view.cut.valid()) {
            fact.value =
                fmt::format("cannot tell: the capture cut the {} short", view.status(view.cut));
            fact.evidence = at(view.cut, "cut short");
        } else if (view.row.valid())
            fact.evidence = at(view.row, "no SDP");
        return fact;
    }
    const auto &sdp = sdpOf(view.evidence, view.described);
    const auto *const audio = sdp.audio();
    const auto where = whereDescribed(view);
    const auto fault = sip::audioFault(sdp);
    if (!fault.empty() || audio == nullptr || audio->port == 0) {
        const auto why = !fault.empty()     ? ": " + fault
                         : audio == nullptr ? ", without audio"
                                            : ", audio refused";
        return {"SDP", where + why, Light::Red, at(view.described, "SDP")};
    }
    fact.evidence = at(view.evidence, view.described, audio->line, "the audio line");
    // What it answers, of the same hop: a gateway on the way may have offered something else.
    if (const auto why = whyUnacceptable(sdpOf(view.evidence, offerTo(view)), sdp); !why.empty()) {
        fact.value = fmt::format("{}: {}", where, why);
        const bool works = view.stream != nullptr && view.stream->opened != 0; // all the same
        fact.light = works ? Light::Amber : Light::Red;
        return fact;
    }
    fact.value = fmt::format("{}: {}", where, describe(*audio));
    const auto endpoint = audio->endpoint();
    const bool nowhere = endpoint && endpoint->address.isUnspecified();
    fact.light = callerMayHear(audio->direction) && !nowhere ? Light::Green : Light::Amber;
    return fact;
}

VerdictFact arrivalFact(const VerdictView &view)
{
    VerdictFact fact{"RTP", {}, Light::Green, {}};
    if (view.stream == nullptr) {
        const auto waited = view.end > view.start ? view.end - view.start : base::Duration{0};
        fact.evidence = at(view.row.valid() ? view.row : view.evidence.call.invite, "no RTP since");
        if (view.came.astray != nullptr) {
            fact = astrayFact(view);
        } else if (view.came.shared != nullptr) {
            fact.value = fmt::format("none of its own; {}, so {} may be its or another's",
                                     sharedPlace(view.evidence, *view.came.shared),
                                     count(view.came.sharedPackets, "packet"));
            fact.evidence = at(*view.came.shared->stream, "from the port that they share");
            fact.light = Light::Amber;
        } else if (!mediaVisible(view.evidence)) {
            fact.value = fmt::format("cannot tell: {}", blindness(view.evidence));
            fact.light = Light::Amber;
        } else {
            fact.value = fmt::format("0 packets in {}", lasting(waited));
            const bool missed = view.announced.what == Announced::Media;
            fact.light = waited > kLateMedia && missed ? Light::Red : Light::Amber;
        }
        return fact;
    }
    const auto &stream = *view.stream;
    fact.evidence = at(stream, "early media");
    const base::Instant first = view.came.first;
    const bool before = first < view.start;
    fact.value = count(view.came.packets, "packet");
    if (view.came.streams > 1)
        fact.value += fmt::format(" in {} streams", view.came.streams);
    fact.value += fmt::format(
        ", first {} {} the {}", lasting(before ? view.start - first : first - view.start),
        before ? "before" : "after", view.status(view.row.valid() ? view.row : view.dialog.answer));
    if (const auto shared = sharedPlace(view.evidence, *view.came.main); !shared.empty()) {
        fact.value += fmt::format("; {}, so whose they are is not certain", shared);
        fact.light = Light::Amber;
    } else if (view.certainty == Certainty::Guess) {
        fact.value += "; which dialog sent it is a guess";
    }
    if (!before && first - view.start > kLateMedia)
        fact.light = Light::Amber;
    if (view.heardInstead != nullptr) {
        fact.value += "; " + notHeard(view);
        fact.light = Light::Amber;
    } else if (view.notHeardHere) {
        fact.value += "; the rows of the ladder tell why our media took none of it";
        fact.light = Light::Red;
    }
    if (const auto place = unreachable(view.evidence, stream)) {
        fact.value += fmt::format("; they go to {}, a private address, and the caller signals from "
                                  "{}",
                                  place->place.address.text(), place->signalsFrom.text());
        fact.light = Light::Amber;
    }
    return fact;
}

VerdictFact typeFact(const VerdictView &view)
{
    VerdictFact fact{"Payload type", "nothing to judge", Light::Amber, {}};
    fact.evidence = at(view.evidence.call.invite, "the offer");
    if (view.stream == nullptr || view.types.empty())
        return fact;
    fact.evidence = at(*view.stream, "payload type");
    const Payload &most = view.types.front();
    const auto name = [](const Payload &payload) {
        return payload.codec.empty() ? fmt::format("{}", payload.type)
                                     : fmt::format("{} ({})", payload.type, shown(payload.codec));
    };
    if (!most.judged) {
        fact.value = fmt::format("{}; the caller's side of the offer is not here to compare with",
                                 most.type);
        return fact;
    }
    for (const Payload &payload : view.types) {
        if (payload.foreign < kMoreThanStray && payload.foreign < payload.packets)
            continue;
        if (payload.foreign == 0)
            continue;
        fact.value = payload.codec.empty() ? fmt::format("{}, {}", payload.type, notNamed(view))
                                           : name(payload) + ", which was not asked for then";
        if (payload.foreign < view.came.packets)
            fact.value +=
                fmt::format(", in {} of {}", payload.foreign, count(view.came.packets, "packet"));
        fact.light =
            &payload == &most && 2 * payload.foreign > payload.packets ? Light::Red : Light::Amber;
        return fact;
    }
    if (most.unanswered) {
        fact.value = name(most) + ", offered but not in the answer";
    } else {
        fact.value = name(most) + ", as negotiated";
        fact.light = Light::Green;
    }
    return fact;
}

std::string sealedText(const VerdictView &view)
{
    if (view.stream == nullptr || view.stream->closed == 0 || view.stream->opened > 0)
        return {};
    if (!view.described.valid())
        return "encrypted (SRTP), and its keys are not in the capture";
    const sip::Sdp &sdp = sdpOf(view.evidence, view.described);
    const auto *const audio = sdp.audio();
    if (audio != nullptr && !sip::cryptoLines(*audio).empty())
        return "encrypted (SRTP), and the keys in the SDP do not open it";
    if (audio != nullptr && sip::keysByDtls(sdp, *audio))
        return "encrypted with DTLS-SRTP (RFC 5764), keys are not in the capture";
    const auto encrypts = [](const sip::SdpMedia *line) {
        return line != nullptr && base::containsNoCase(line->protocol, "SAVP");
    };
    // Nobody speaks of encryption: a DTLS handshake was seen. Or the profile itself means it.
    if ((audio != nullptr && base::containsNoCase(audio->protocol, "TLS")) ||
        !(encrypts(audio) || encrypts(sdpOf(view.evidence, offerTo(view)).audio())))
        return "encrypted with DTLS-SRTP (RFC 5764), keys are not in the capture";
    return "perhaps encrypted: one side wants it, and the other names no key for it";
}

VerdictFact levelFact(const VerdictView &view)
{
    VerdictFact fact{"Level", "nothing to measure", Light::Amber, {}};
    fact.evidence = at(view.evidence.call.invite, "no media");
    if (view.stream == nullptr)
        return fact;
    if (unprotected(*view.stream)) {
        fact.value = "not encrypted, though the SDP agrees on SRTP";
        fact.light = Light::Red;
        fact.evidence = at(*view.stream, "packets without an authentication tag (RFC 3711)");
        return fact;
    }
    if (neverOpened(*view.stream)) {
        fact.value = "encrypted, and no key that the SDP names fits";
        fact.light = Light::Red;
        fact.evidence = at(*view.stream, "packets that cannot be authenticated (RFC 3711)");
        return fact;
    }
    if (fact.value = sealedText(view); !fact.value.empty()) {
        fact.evidence = at(*view.stream, "encrypted packets");
        return fact;
    }
    fact.evidence = at(*view.stream, "level of the last second");
    if (const auto &heard = view.heard; heard && heard->what != rtp::Sound::Unknown) {
        fact.value = rtp::describe(*heard);
        fact.light =
            rtp::isQuiet(heard->what) || heard->level < kSilence ? Light::Amber : Light::Green;
        fact.evidence = at(*view.stream, "what is heard");
        return fact;
    }
    if (!view.stream->levelKnown) {
        fact.value = "cannot tell: nothing decodes this codec here";
        return fact;
    }
    const bool silent = view.stream->level < kSilence;
    fact.value = fmt::format("{:.0f} dBFS{}", view.stream->level, silent ? ", silence" : "");
    fact.light = silent ? Light::Amber : Light::Green;
    return fact;
}

std::string whyForbidden(const VerdictView &view)
{
    const auto permission = permissionAt(view.evidence, view.index, view.at);
    if (view.announced.what == Announced::Withheld)
        return fmt::format("P-Early-Media: {}", sip::directionText(permission.direction));
    const auto *const audio = sdpOf(view.evidence, view.described).audio();
    return audio == nullptr || callerMayHear(audio->direction)
               ? "the SDP names no address"
               : fmt::format("the SDP says {}", sip::directionText(audio->direction));
}

bool alerted(const VerdictView &view)
{
    return view.dialog.alerting && view.evidence.time(view.dialog.firstAlerting) <= view.at;
}

/// The permission was taken back when the media had come (RFC 5009 section 5: the last one holds,
/// from then on).
bool withdrawnBehind(const VerdictView &view, trace::RowId permission)
{
    if (view.stream == nullptr)
        return false;
    const auto &evidence = view.evidence;
    const auto before = permissionAt(evidence, view.index, view.stream->first);
    if (before.row == permission || (before.row.valid() && !callerMayHear(before.direction)))
        return false;
    const auto came = view.stream->arrivedBefore(evidence.time(permission));
    const auto all = view.stream->arrivedBefore(view.end);
    return came >= kMoreThanStray && all - std::min(came, all) < kMoreThanStray;
}

VerdictFact permissionFact(const VerdictView &view)
{
    const auto &evidence = view.evidence;
    VerdictFact fact{"Allowed", "yes: nothing forbids it", Light::Green, {}};
    const auto row = view.described.valid() ? view.described
                     : view.row.valid()     ? view.row
                                            : evidence.call.invite;
    fact.evidence = at(row, "what it is allowed by");
    const auto permission = permissionAt(evidence, view.index, view.at);
    const auto &sdp = sdpOf(evidence, view.described);
    if (permission.row.valid()) {
        fact.evidence = at(evidence, permission.row, sip::HeaderId::PEarlyMedia, "P-Early-Media");
        fact.value = fmt::format("P-Early-Media: {}", sip::directionText(permission.direction));
        if (!callerMayHear(permission.direction)) {
            if (withdrawnBehind(view, permission.row))
                fact.value = fmt::format("yes while it came; P-Early-Media: {} only since the {}",
                                         sip::directionText(permission.direction),
                                         messageText(evidence, permission.row));
            else
                fact.light = Light::Red;
            return fact;
        }
    }
    if (sdp.audio() != nullptr && !callerMayHear(sdp.audio()->direction)) {
        fact = {"Allowed",
                fmt::format("no: the SDP says {}", sip::directionText(sdp.audio()->direction)),
                Light::Red, at(evidence, row, sdp.audio()->line, "the direction")};
        return fact;
    }
    // Who is alerted has the resources (RFC 3312 section 6).
    const auto unmet =
        alerted(view) ? std::string() : unmetPrecondition(evidence, view.index, view.at);
    if (!unmet.empty())
        fact = {"Allowed", fmt::format("not yet: {} (RFC 3312)", unmet), Light::Amber,
                at(view.described, "the precondition")};
    else if (const auto *const reliable = withoutPrack(view); reliable != nullptr)
        fact = {"Allowed", fmt::format("PRACK for RSeq {} is missing", reliable->rseq),
                Light::Amber,
                at(evidence, reliable->response, sip::HeaderId::RSeq, "wants a PRACK")};
    return fact;
}

} // namespace diagnosis
