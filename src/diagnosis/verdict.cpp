// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/explain.h>

#include <algorithm>
#include <diagnosis/early_sound.h>
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <fmt/format.h>

namespace diagnosis {
namespace {

constexpr auto kLate = std::chrono::seconds(2);
constexpr double kSilence = -50; // dBFS; below it nobody hears a tone or speech

struct View { // one early dialog's early phase, as one of its responses has it
    const Evidence &evidence;
    const calls::EarlyDialog &dialog;
    std::uint32_t index;
    trace::RowId row{};       // the 18x that is judged; invalid: the dialog has none
    trace::RowId described{}; // the newest SDP until then; invalid: none
    trace::RowId cut{};       // with none until then: a response whose end was not captured
    bool whole = true;        // the dialog is judged, not that one response
    base::Instant start{}, end{};
    EarlyArrival came{};
    const rtp::Stream *stream = nullptr; // most of it
    Certainty certainty = Certainty::Exact;
    std::optional<rtp::Heard> heard{};
    const calls::EarlyDialog *heardInstead = nullptr; // of a call of ours: its media is played

    int status(trace::RowId which) const
    {
        return which.valid() ? evidence.trace.row(which).status : 0;
    }
};

std::string describe(const sip::SdpMedia &audio)
{
    const auto endpoint = audio.endpoint();
    std::string_view codec = "no format";
    if (!audio.formats.empty())
        codec = audio.formats.front().map.encoding.empty() ? audio.formats.front().text
                                                           : audio.formats.front().map.encoding;
    return fmt::format("{} at {}, {}", shown(codec),
                       endpoint ? endpoint->text() : fmt::format("port {}", audio.port),
                       sip::directionText(audio.direction));
}

VerdictFact sdpFact(const View &view)
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
    const auto where =
        view.described == view.row
            ? fmt::format("in the {}", view.status(view.described))
            : fmt::format("none in this one; in the {} before it", view.status(view.described));
    if (audio == nullptr || audio->port == 0) {
        fact = {"SDP", where + (audio == nullptr ? ", without audio" : ", audio refused"),
                Light::Red, at(view.described, "SDP")};
        return fact;
    }
    fact.evidence = at(view.evidence, view.described, audio->line, "the audio line");
    // Of the same hop: a gateway on the way may have offered something else.
    const auto *const invite = transactionOf(view.evidence.call, view.described);
    const auto &offer =
        sdpOf(view.evidence, invite != nullptr ? invite->request : view.evidence.call.invite);
    if (const auto why = whyUnacceptable(offer, sdp); !why.empty()) {
        fact.value = fmt::format("{}: {}", where, why);
        fact.light = Light::Red;
        return fact;
    }
    fact.value = fmt::format("{}: {}", where, describe(*audio));
    fact.light = callerMayHear(audio->direction) ? Light::Green : Light::Amber;
    return fact;
}

std::string notHeard(const View &view)
{
    const auto &tag = view.heardInstead->toTag;
    return tag.empty() ? std::string("the dialog without To-tag is heard instead")
                       : fmt::format("To-tag {} is heard instead", shown(tag));
}

VerdictFact arrivalFact(const View &view)
{
    VerdictFact fact{"RTP", {}, Light::Green, {}};
    if (view.stream == nullptr) {
        const auto waited = view.end > view.start ? view.end - view.start : base::Duration{0};
        fact.evidence = at(view.row.valid() ? view.row : view.evidence.call.invite, "no RTP since");
        if (!mediaVisible(view.evidence)) {
            fact.value = fmt::format("cannot tell: {}", blindness(view.evidence));
            fact.light = Light::Amber;
        } else {
            fact.value = fmt::format("0 packets in {}", lasting(waited));
            fact.light = waited > kLate && view.described.valid() ? Light::Red : Light::Amber;
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
    if (view.certainty == Certainty::Guess)
        fact.value += "; which dialog sent it is a guess";
    if (!before && first - view.start > kLate)
        fact.light = Light::Amber;
    if (view.heardInstead != nullptr) {
        fact.value += "; " + notHeard(view);
        fact.light = Light::Amber;
    }
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
    const auto &answer = sdpOf(view.evidence, view.described);
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

/// The reliable response that still waits: this one, or any of the dialog.
const calls::ReliableResponse *withoutPrack(const View &view)
{
    const auto &evidence = view.evidence;
    const auto number =
        view.whole ? std::nullopt : evidence.message(view.row).number(sip::HeaderId::RSeq);
    for (const auto &reliable : view.dialog.reliables)
        if (!reliable.prack.valid() && (view.whole || (number && reliable.rseq == *number)))
            return &reliable;
    return nullptr;
}

/// P-Early-Media as it held at that response, and the row that said so.
std::pair<std::string_view, trace::RowId> permissionOf(const View &view)
{
    std::pair<std::string_view, trace::RowId> last;
    for (const auto row : view.dialog.provisionals) {
        if (view.evidence.trace.row(row).earlyMedia)
            last = {view.evidence.message(row).value(sip::HeaderId::PEarlyMedia), row};
        if (row == view.row && !view.whole)
            break;
    }
    return last;
}

VerdictFact permissionFact(const View &view)
{
    const auto &evidence = view.evidence;
    VerdictFact fact{"Allowed", "yes: nothing forbids it", Light::Green, {}};
    const auto row = view.described.valid() ? view.described
                     : view.row.valid()     ? view.row
                                            : evidence.call.invite;
    fact.evidence = at(row, "what it is allowed by");
    const auto [value, said] = permissionOf(view);
    const auto permission = earlyMediaPermission(value);
    const auto &sdp = sdpOf(evidence, view.described);
    if (permission) {
        fact.evidence = at(evidence, said, sip::HeaderId::PEarlyMedia, "P-Early-Media");
        fact.value = fmt::format("P-Early-Media: {}", sip::directionText(*permission));
        if (!callerMayHear(*permission)) {
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
    const auto unmet = sdp.audio() != nullptr ? unmetPrecondition(*sdp.audio()) : std::string();
    if (!unmet.empty())
        fact = {"Allowed", fmt::format("not yet: {} (RFC 3312)", unmet), Light::Amber,
                at(view.described, "the precondition")};
    else if (const auto *const reliable = withoutPrack(view); reliable != nullptr)
        fact = {"Allowed", fmt::format("PRACK for RSeq {} is missing", reliable->rseq),
                Light::Amber,
                at(evidence, reliable->response, sip::HeaderId::RSeq, "wants a PRACK")};
    return fact;
}

std::string sentenceOf(const View &view, const std::vector<VerdictFact> &facts, Light light)
{
    const auto is = [&](std::size_t fact, Light wanted) { return facts[fact].light == wanted; };
    if (view.stream == nullptr) {
        if (view.cut.valid() && !view.described.valid())
            return fmt::format("Whether early media was announced cannot be told: the capture cut "
                               "the {} short.",
                               view.status(view.cut));
        if (!view.described.valid())
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
    if (view.heardInstead != nullptr)
        return fmt::format("Early media arrives but is not what is heard: {}.", facts[1].value);
    if (view.stream->levelKnown && is(3, Light::Amber))
        return "Early media arrives but it is silence, which hides the local ringback.";
    const bool known = view.heard && view.heard->what != rtp::Sound::Unknown;
    const auto what = known
                          ? fmt::format("{}; {}", rtp::soundText(view.heard->what), facts[1].value)
                          : facts[1].value;
    return fmt::format("Early media {}{}: {}.",
                       withoutOutput(view.evidence) ? "arrives, and there is no audio output here"
                                                    : "is played",
                       light == Light::Green ? "" : ", with reservations", what);
}

/// The dialog's media before its early phase ended.
void findStream(View &view)
{
    view.came = earlyArrival(view.evidence, view.index);
    if (view.came.main != nullptr) {
        view.stream = view.came.main->stream.get();
        view.certainty = view.came.main->certainty;
    }
    view.heard = earlySound(view.evidence, view.index);
}

Verdict judge(View &view)
{
    findStream(view);
    const auto &dialogs = view.evidence.call.earlyDialogs;
    const std::uint32_t instead = heardInsteadOf(view.evidence, view.index);
    if (instead < dialogs.size())
        view.heardInstead = &dialogs[instead];
    Verdict verdict;
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

} // namespace

Verdict earlyMediaVerdict(const Evidence &evidence, std::uint32_t earlyDialog)
{
    const auto &dialogs = evidence.call.earlyDialogs;
    if (earlyDialog >= dialogs.size()) {
        Verdict verdict;
        verdict.light = Light::Amber;
        verdict.sentence = "This call has no such early dialog.";
        return verdict;
    }
    const auto &dialog = dialogs[earlyDialog];
    View view{evidence, dialog, earlyDialog, dialog.firstSdp, dialog.firstSdp};
    if (!view.row.valid() && !dialog.provisionals.empty())
        view.row = dialog.provisionals.front();
    for (const auto each : dialog.provisionals)
        if (!view.cut.valid() && descriptionCut(evidence, each))
            view.cut = each;
    view.start = dialog.firstSdp.valid() ? evidence.time(dialog.firstSdp) : dialog.since;
    view.end = earlyEnd(evidence, earlyDialog);
    return judge(view);
}

std::optional<Verdict> provisionalVerdict(const Evidence &evidence, trace::RowId row)
{
    const auto &dialogs = evidence.call.earlyDialogs;
    const auto has = [row](const calls::EarlyDialog &dialog) {
        return std::find(dialog.provisionals.begin(), dialog.provisionals.end(), row) !=
               dialog.provisionals.end();
    };
    const auto found = std::find_if(dialogs.begin(), dialogs.end(), has);
    if (found == dialogs.end())
        return std::nullopt;
    View view{evidence, *found, static_cast<std::uint32_t>(found - dialogs.begin()), row};
    view.whole = false;
    for (const auto earlier : found->provisionals) {
        if (evidence.describesMedia(earlier))
            view.described = earlier;
        if (descriptionCut(evidence, earlier))
            view.cut = earlier;
        if (earlier == row)
            break;
    }
    view.start = evidence.time(row);
    view.end = earlyEnd(evidence, view.index);
    return judge(view);
}

} // namespace diagnosis
