// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/explain.h>

#include <algorithm>
#include <diagnosis/early_sound.h>
#include <diagnosis/facts.h>
#include <fmt/format.h>

namespace diagnosis {
namespace {

constexpr auto kLate = std::chrono::seconds(2);
constexpr double kSilence = -50; // dBFS; below it nobody hears a tone or speech

struct View { // one early dialog's early phase
    const Evidence &evidence;
    const calls::EarlyDialog &dialog;
    std::uint32_t index;
    base::Instant start, end;
    const rtp::Stream *stream = nullptr;
    Certainty certainty = Certainty::Exact;
    std::optional<rtp::Heard> heard{};
};

VerdictFact sdpFact(const View &view)
{
    VerdictFact fact{"SDP", "none: progress only", Light::Amber, {}};
    if (!view.dialog.firstSdp.valid()) {
        if (!view.dialog.provisionals.empty())
            fact.evidence = at(view.dialog.provisionals.front(), "no SDP");
        return fact;
    }
    const auto &sdp = sdpOf(view.evidence, view.dialog.firstSdp);
    const auto *const audio = sdp.audio();
    const auto code = view.evidence.trace.row(view.dialog.firstSdp).status;
    if (audio == nullptr || audio->port == 0) {
        fact = {"SDP", fmt::format("in the {}, audio refused", code), Light::Red,
                at(view.dialog.firstSdp, "SDP")};
        return fact;
    }
    const auto endpoint = audio->endpoint();
    fact.value = fmt::format("in the {}: {} at {}, {}", code,
                             audio->formats.empty() ? std::string("no format")
                             : audio->formats.front().map.encoding.empty()
                                 ? shown(audio->formats.front().text)
                                 : shown(audio->formats.front().map.encoding),
                             endpoint ? endpoint->text() : fmt::format("port {}", audio->port),
                             sip::directionText(audio->direction));
    fact.light = callerMayHear(audio->direction) ? Light::Green : Light::Amber;
    fact.evidence = at(view.evidence, view.dialog.firstSdp, audio->line, "the audio line");
    return fact;
}

VerdictFact arrivalFact(const View &view)
{
    VerdictFact fact{"RTP", {}, Light::Green, {}};
    if (view.stream == nullptr) {
        const auto waited = view.end > view.start ? view.end - view.start : base::Duration{0};
        fact.evidence =
            at(view.dialog.firstSdp.valid() ? view.dialog.firstSdp : view.evidence.call.invite,
               "no RTP since");
        if (!mediaVisible(view.evidence)) {
            fact.value = fmt::format("cannot tell: {}", blindness(view.evidence));
            fact.light = Light::Amber;
        } else {
            fact.value = fmt::format("0 packets in {}", lasting(waited));
            fact.light = waited > kLate && view.dialog.firstSdp.valid() ? Light::Red : Light::Amber;
        }
        return fact;
    }
    const auto &stream = *view.stream;
    fact.evidence = at(stream, "early media");
    const bool before = stream.first < view.start;
    fact.value =
        fmt::format("{}, first {} {} the {}{}", count(stream.packets, "packet"),
                    lasting(before ? view.start - stream.first : stream.first - view.start),
                    before ? "before" : "after",
                    view.dialog.provisionals.empty()
                        ? 0
                        : view.evidence.trace
                              .row(view.dialog.firstSdp.valid() ? view.dialog.firstSdp
                                                                : view.dialog.provisionals.front())
                              .status,
                    view.certainty == Certainty::Guess ? "; which dialog sent it is a guess" : "");
    if (!before && stream.first - view.start > kLate)
        fact.light = Light::Amber;
    return fact;
}

VerdictFact typeFact(const View &view)
{
    VerdictFact fact{"Payload type", "nothing to judge", Light::Amber, {}};
    fact.evidence = at(view.evidence.call.invite, "the offer");
    if (view.stream == nullptr)
        return fact;
    const auto type = view.stream->payloadType;
    const auto &offer = sdpOf(view.evidence, view.evidence.call.invite);
    const auto &answer = sdpOf(view.evidence, view.dialog.firstSdp);
    const auto named = [type](const sip::Sdp &sdp) {
        return sdp.audio() != nullptr && sdp.audio()->format(type) != nullptr;
    };
    fact.evidence = at(*view.stream, "payload type");
    const auto *const format = offer.audio() != nullptr ? offer.audio()->format(type) : nullptr;
    const auto name = format != nullptr && !format->map.encoding.empty()
                          ? fmt::format(" ({})", shown(format->map.encoding))
                          : std::string();
    if (offer.audio() == nullptr) {
        fact.value = fmt::format("{}; the INVITE made no offer to compare with", type);
    } else if (!named(offer)) {
        fact.value = fmt::format("{}, which was not offered", type);
        fact.light = Light::Red;
    } else if (answer.audio() != nullptr && !named(answer)) {
        fact.value = fmt::format("{}{}, offered but not in the answer", type, name);
    } else {
        fact.value = fmt::format("{}{}, as negotiated", type, name);
        fact.light = Light::Green;
    }
    return fact;
}

VerdictFact levelFact(const View &view)
{
    VerdictFact fact{"Level", "nothing to measure", Light::Amber, {}};
    fact.evidence = at(view.evidence.call.invite, "no media");
    if (view.stream == nullptr)
        return fact;
    fact.evidence = at(*view.stream, "level of the last second");
    if (const auto &heard = view.heard; heard && heard->what != rtp::Sound::Unknown) {
        fact.value = rtp::describe(*heard);
        fact.light =
            rtp::isQuiet(heard->what) || heard->level < kSilence ? Light::Amber : Light::Green;
        fact.evidence = at(*view.stream, "what is heard");
        return fact;
    }
    if (!view.stream->levelKnown) {
        fact.value = "cannot tell: only G.711 is measured";
        return fact;
    }
    const bool silent = view.stream->level < kSilence;
    fact.value = fmt::format("{:.0f} dBFS{}", view.stream->level, silent ? ", silence" : "");
    fact.light = silent ? Light::Amber : Light::Green;
    return fact;
}

const calls::ReliableResponse *withoutPrack(const calls::EarlyDialog &dialog)
{
    for (const auto &reliable : dialog.reliables)
        if (!reliable.prack.valid())
            return &reliable;
    return nullptr;
}

VerdictFact permissionFact(const View &view)
{
    VerdictFact fact{"Allowed", "yes: nothing forbids it", Light::Green, {}};
    const auto row = view.dialog.firstSdp.valid()       ? view.dialog.firstSdp
                     : view.dialog.provisionals.empty() ? view.evidence.call.invite
                                                        : view.dialog.provisionals.front();
    fact.evidence = at(row, "what it is allowed by");
    if (const auto permission = earlyMediaPermission(view.dialog)) {
        fact.evidence = at(view.evidence, row, sip::HeaderId::PEarlyMedia, "P-Early-Media");
        fact.value = fmt::format("P-Early-Media: {}", sip::directionText(*permission));
        if (!callerMayHear(*permission))
            fact.light = Light::Red;
        return fact;
    }
    const auto &sdp = sdpOf(view.evidence, view.dialog.firstSdp);
    if (sdp.audio() != nullptr && !callerMayHear(sdp.audio()->direction)) {
        fact.value = fmt::format("no: the SDP says {}", sip::directionText(sdp.audio()->direction));
        fact.light = Light::Red;
    } else if (const auto *const reliable = withoutPrack(view.dialog); reliable != nullptr) {
        fact.value = fmt::format("PRACK for RSeq {} is missing", reliable->rseq);
        fact.light = Light::Amber;
        fact.evidence = at(view.evidence, reliable->response, sip::HeaderId::RSeq, "wants a PRACK");
    }
    return fact;
}

std::string sentenceOf(const View &view, const std::vector<VerdictFact> &facts, Light light)
{
    const auto is = [&](std::size_t fact, Light wanted) { return facts[fact].light == wanted; };
    if (view.stream == nullptr) {
        if (!view.dialog.firstSdp.valid())
            return view.dialog.alerting ? "No early media was announced; the 180 leaves the "
                                          "ringback to the caller's phone."
                                        : "No early media was announced and nobody was told to "
                                          "ring: the caller hears nothing.";
        if (is(4, Light::Red))
            return fmt::format(
                "Early media is not allowed here ({}), so the ringback has to be local.",
                facts[4].value);
        return !mediaVisible(view.evidence)
                   ? "Early media was announced; whether it came cannot be told from this trace."
                   : fmt::format("Early media was announced, none was received ({}).",
                                 facts[1].value);
    }
    if (is(2, Light::Red))
        return fmt::format("Early media arrives but cannot be decoded: payload type {}.",
                           facts[2].value);
    if (light == Light::Red)
        return fmt::format("Early media arrives although it is not allowed: {}.", facts[4].value);
    if (view.stream->levelKnown && is(3, Light::Amber))
        return "Early media arrives but it is silence, which hides the local ringback.";
    const bool known = view.heard && view.heard->what != rtp::Sound::Unknown;
    const auto what = known
                          ? fmt::format("{}; {}", rtp::soundText(view.heard->what), facts[1].value)
                          : facts[1].value;
    return light == Light::Green
               ? fmt::format("Early media is played: {}.", what)
               : fmt::format("Early media is played, with reservations: {}.", what);
}

} // namespace

Verdict earlyMediaVerdict(const Evidence &evidence, std::uint32_t earlyDialog)
{
    Verdict verdict;
    const auto &dialogs = evidence.call.earlyDialogs;
    if (earlyDialog >= dialogs.size()) {
        verdict.light = Light::Amber;
        verdict.sentence = "This call has no such early dialog.";
        return verdict;
    }
    const auto &dialog = dialogs[earlyDialog];
    View view{evidence, dialog,          earlyDialog, dialog.since, earlyEnd(evidence, earlyDialog),
              nullptr,  Certainty::Exact};
    if (dialog.firstSdp.valid())
        view.start = evidence.time(dialog.firstSdp);
    for (const auto &bound : evidence.streams)
        if (bound.towardsCaller && bound.earlyDialog == earlyDialog &&
            bound.stream->first < view.end &&
            (view.stream == nullptr || bound.stream->packets > view.stream->packets)) {
            view.stream = bound.stream.get();
            view.certainty = bound.certainty;
        }
    view.heard = earlySound(evidence, earlyDialog);
    verdict.facts = {sdpFact(view), arrivalFact(view), typeFact(view), levelFact(view),
                     permissionFact(view)};
    for (const auto &fact : verdict.facts)
        verdict.light = std::max(verdict.light, fact.light);
    // What cannot be measured is no reservation against media that arrives.
    if (view.stream != nullptr && !view.stream->levelKnown && !view.heard &&
        verdict.light == Light::Amber) {
        verdict.light = Light::Green;
        for (const auto &fact : verdict.facts)
            if (&fact != &verdict.facts[3])
                verdict.light = std::max(verdict.light, fact.light);
    }
    verdict.sentence = sentenceOf(view, verdict.facts, verdict.light);
    return verdict;
}

} // namespace diagnosis
