// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/explain.h>

#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/in_force.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/srtp_refused.h>
#include <diagnosis/verdict_facts.h>
#include <fmt/format.h>

namespace diagnosis {
namespace {

/// The description has no audio line that anything could be made of.
std::string unusable(const VerdictView &view, const std::vector<VerdictFact> &facts)
{
    return fmt::format("No early media was announced: the SDP has no audio to use ({}){}.",
                       facts[0].value,
                       alerted(view) ? "; the 180 leaves the ringback to the caller's phone" : "");
}

/// No packet of the dialog reached its caller.
std::string sentenceOfNone(const VerdictView &view, const std::vector<VerdictFact> &facts)
{
    if (view.came.astray != nullptr && view.came.astray->relayed)
        return fmt::format(
            "Early media is sent, but a relay on the way keeps it from the caller: {}.",
            facts[1].value);
    if (view.came.astray != nullptr)
        return fmt::format("Early media is sent, but not to where the caller listens: {}.",
                           facts[1].value);
    if (view.came.shared != nullptr)
        return fmt::format("Whether early media of this dialog came cannot be told: {}.",
                           facts[1].value);
    if (view.cut.valid() && !view.described.valid())
        return fmt::format("Whether early media was announced cannot be told: the capture cut "
                           "the {} short.",
                           view.status(view.cut));
    const std::string_view ringing =
        alerted(view) ? "; the 180 leaves the ringback to the caller's phone" : "";
    switch (view.announced.what) {
    case Announced::Nothing:
        if (view.described.valid())
            return unusable(view, facts);
        return view.dialog.alerting
                   ? "No early media was announced; the 180 leaves the ringback to the caller's "
                     "phone."
                   : "No early media was announced and nobody was told to ring: the caller hears "
                     "nothing.";
    case Announced::Refused:
        return unusable(view, facts);
    case Announced::Resources:
        return fmt::format("No early media was announced: the SDP serves preconditions (RFC "
                           "3312){}.",
                           ringing);
    case Announced::Withheld:
    case Announced::NotThisWay:
        if (view.lifted.row.valid())
            return fmt::format("Early media was not allowed yet ({}); {} later the {} allowed it.",
                               whyForbidden(view), lasting(view.end - view.start),
                               messageText(view.evidence, view.lifted.row));
        return fmt::format("Early media is not allowed here ({}), so the ringback has to be "
                           "local.",
                           whyForbidden(view));
    case Announced::Media:
        break;
    }
    return !mediaVisible(view.evidence)
               ? "Early media was announced; whether it came cannot be told from this trace."
               : fmt::format("Early media was announced, none was received ({}){}.", facts[1].value,
                             ringing);
}

/// The answer came on the heels of the description: no packet could be here before it.
bool noTime(const VerdictView &view)
{
    constexpr auto kShortest = std::chrono::milliseconds(100);
    return view.stream == nullptr && view.came.astray == nullptr && view.came.shared == nullptr &&
           view.announced.what == Announced::Media && earlyPhaseOver(view.evidence, view.index) &&
           view.end - view.start < kShortest;
}

std::string sentenceOf(const VerdictView &view, const std::vector<VerdictFact> &facts, Light light)
{
    const auto is = [&](std::size_t fact, Light wanted) { return facts[fact].light == wanted; };
    if (noTime(view))
        return fmt::format("Early media was announced, and the early phase was over {} later: "
                           "nothing could come.",
                           lasting(view.end - view.start));
    if (view.stream == nullptr)
        return sentenceOfNone(view, facts);
    if (is(2, Light::Red))
        return fmt::format("Early media arrives but cannot be decoded: payload type {}.",
                           facts[2].value);
    if (is(3, Light::Red) && unprotected(*view.stream))
        return "Early media arrives without the encryption that the SDP agrees on, and a phone "
               "that keeps to it plays none of it.";
    if (is(3, Light::Red))
        return fmt::format("Early media arrives but cannot be decrypted: it is {}.",
                           facts[3].value);
    if (is(0, Light::Red) && !is(4, Light::Red))
        return fmt::format("Early media arrives, but its description cannot be used: {}.",
                           facts[0].value);
    if (is(4, Light::Red))
        return fmt::format("Early media arrives although it is not allowed: {}.", facts[4].value);
    if (view.heardInstead != nullptr)
        return fmt::format("Early media arrives but is not what is heard: {}.", facts[1].value);
    if (view.notHeardHere)
        return fmt::format("Early media arrives, and nothing of it was heard here: {}.",
                           facts[1].value);
    const bool known = view.heard && view.heard->what != rtp::Sound::Unknown;
    const bool quiet = known && rtp::isQuiet(view.heard->what);
    // A tone is one however soft it is; its level is told beside it.
    const bool silent = quiet || (!known && view.stream->levelKnown);
    if (silent && is(3, Light::Amber))
        return fmt::format("Early media arrives but it is {}, which hides the local ringback.",
                           rtp::soundText(quiet ? view.heard->what : rtp::Sound::Silence));
    if (const auto sealed = sealedText(view); !sealed.empty())
        return fmt::format("Early media arrives; what it is cannot be told: it is {}.", sealed);
    const auto what =
        known ? fmt::format("{}{}; {}", rtp::soundText(view.heard->what),
                            is(3, Light::Amber)
                                ? fmt::format(", very soft ({:.0f} dBFS)", view.heard->level)
                                : std::string(),
                            facts[1].value)
              : facts[1].value;
    return fmt::format("Early media {}{}: {}.",
                       withoutOutput(view.evidence) ? "arrives, and there is no audio output here"
                                                    : "is played",
                       light == Light::Green ? "" : ", with reservations", what);
}

/// The dialog's media before its early phase ended.
void findStream(VerdictView &view)
{
    view.came = earlyArrival(view.evidence, view.index, view.end);
    if (view.came.main != nullptr) {
        view.stream = view.came.main->stream.get();
        view.certainty = view.came.main->certainty;
    }
    view.types = earlyPayloads(view.evidence, view.index);
    view.heard = earlySound(view.evidence, view.index);
}

/// What was not promised and did not come is no failure of early media.
bool asAnnounced(const VerdictView &view)
{
    if (view.stream != nullptr || view.came.astray != nullptr)
        return false;
    if (view.came.shared != nullptr)
        return true;
    if (view.announced.what == Announced::Media && alerted(view))
        return true; // the caller's phone rings instead (RFC 3960 section 3.2, rule 2)
    return view.announced.what == Announced::Withheld || view.lifted.row.valid() ||
           view.announced.what == Announced::Resources ||
           (view.announced.what == Announced::NotThisWay && alerted(view));
}

/// Alerting without a word of media, as most calls have it: the caller's phone rings, and nothing
/// else is to be expected.
bool onlyRings(const VerdictView &view)
{
    return view.stream == nullptr && view.came.astray == nullptr && !view.described.valid() &&
           !view.cut.valid() && view.announced.what == Announced::Nothing && alerted(view);
}

Verdict judge(VerdictView &view)
{
    findStream(view);
    const auto &dialogs = view.evidence.call.earlyDialogs;
    const std::uint32_t instead = heardInsteadOf(view.evidence, view.index);
    if (instead < dialogs.size())
        view.heardInstead = &dialogs[instead];
    view.notHeardHere = view.heardInstead == nullptr && notHeardHere(view.evidence, view.index);
    Verdict verdict;
    verdict.facts = {sdpFact(view), arrivalFact(view), typeFact(view), levelFact(view),
                     permissionFact(view)};
    const bool nothingToJudge = onlyRings(view) || noTime(view);
    for (auto &fact : verdict.facts) {
        if (nothingToJudge && fact.light == Light::Amber)
            fact.light = Light::Green;
        verdict.light = std::max(verdict.light, fact.light);
    }
    if (asAnnounced(view) && verdict.facts[0].light != Light::Red)
        verdict.light = std::min(verdict.light, Light::Amber);
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
    VerdictView view{evidence, dialog, earlyDialog, dialog.firstSdp,
                     earlyDescription(evidence, earlyDialog)};
    if (!view.row.valid() && !dialog.provisionals.empty())
        view.row = dialog.provisionals.front();
    for (const auto each : dialog.provisionals)
        if (!view.cut.valid() && descriptionCut(evidence, each))
            view.cut = each;
    view.start = dialog.firstSdp.valid() ? evidence.time(dialog.firstSdp) : dialog.since;
    view.end = earlyEnd(evidence, earlyDialog);
    view.at = std::max(view.start, view.end - std::chrono::nanoseconds(1));
    view.announced = announcedAt(evidence, earlyDialog, view.at);
    // What was announced and did not come counts, though it was taken back at last.
    if (const auto first = firstAnnounced(evidence, earlyDialog, view.end);
        first.what == Announced::Media &&
        (first.until.known() ? first.until : view.end) - first.since > kLateMedia)
        view.announced = first;
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
    VerdictView view{evidence, *found, static_cast<std::uint32_t>(found - dialogs.begin()), row};
    view.whole = false;
    view.at = evidence.time(row);
    view.announced = announcedAt(evidence, view.index, view.at);
    view.described = view.announced.row;
    for (const auto earlier : found->provisionals) {
        if (descriptionCut(evidence, earlier))
            view.cut = earlier;
        if (earlier == row)
            break;
    }
    view.start = evidence.time(row);
    view.end = earlyEnd(evidence, view.index);
    const bool forbids =
        view.announced.what == Announced::Withheld || view.announced.what == Announced::NotThisWay;
    if (forbids) { // it holds until something later of the dialog allows
        view.lifted = firstAnnounced(evidence, view.index, view.end, view.start);
        if (view.lifted.row.valid() && view.lifted.since.known())
            view.end = view.lifted.since;
        else
            view.lifted = {};
    }
    return judge(view);
}

} // namespace diagnosis
