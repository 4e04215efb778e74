// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/telling.h>

#include <algorithm>
#include <diagnosis/announced.h>
#include <diagnosis/early_sound.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/payloads.h>
#include <fmt/format.h>

namespace diagnosis {
namespace {

const calls::CallRow *callRow(const calls::Call &call, trace::RowId row)
{
    for (const auto &entry : call.rows)
        if (entry.row == row)
            return &entry;
    return nullptr;
}

const calls::ReliableResponse *reliableOf(const Evidence &evidence,
                                          const calls::EarlyDialog &dialog, trace::RowId row)
{
    const auto &number = evidence.message(row).number(sip::HeaderId::RSeq);
    for (const auto &reliable : dialog.reliables)
        if (reliable.response == row || (number && reliable.rseq == *number))
            return &reliable;
    return nullptr;
}

void tellPath(const Evidence &evidence, trace::RowId row, Telling &out)
{
    const auto &message = evidence.message(row);
    const auto proxies = message.values(sip::HeaderId::RecordRoute).size();
    const auto vias = message.values(sip::HeaderId::Via).size();
    std::string text;
    if (vias > 1)
        text = fmt::format("Here it is on its way between proxies: {} still {} to hand it on.",
                           count(vias - 1, "element"), vias == 2 ? "has" : "have");
    if (proxies > 0)
        text += fmt::format("{}{} {} in the path of this dialog (Record-Route), so the answering "
                            "element is behind {}.",
                            text.empty() ? "" : " ", count(proxies, "hop"),
                            proxies == 1 ? "stays" : "stay", proxies == 1 ? "it" : "them");
    out.say(text);
}

void tellSdp(const Evidence &evidence, const calls::EarlyDialog &dialog, trace::RowId row,
             Telling &out)
{
    const auto &sdp = sdpOf(evidence, row);
    const auto *const audio = sdp.audio();
    if (audio == nullptr) {
        out.say(sdp.text.empty()
                    ? "It carries no SDP: it only reports progress and announces no early media."
                    : "Its SDP has no audio line.");
        return;
    }
    std::string codecs;
    for (std::size_t i = 0; i < std::min<std::size_t>(audio->formats.size(), 6); ++i) {
        const auto &format = audio->formats[i];
        codecs += (i == 0 ? "" : ", ") +
                  shown(format.map.encoding.empty() ? format.text : format.map.encoding);
    }
    const auto endpoint = audio->endpoint();
    out.say(fmt::format("Its SDP names {} at {} ({}) {}.", codecs,
                        endpoint ? endpoint->text() : fmt::format("port {}", audio->port),
                        sip::directionText(audio->direction),
                        out.cite(at(evidence, row, audio->line, "the audio line"))));
    const auto *const reliable = reliableOf(evidence, dialog, row);
    if (lacksSdp(evidence, evidence.call.invite))
        out.say("The INVITE made no offer, so this description is the callee's offer, legal in a "
                "reliable response only.");
    else if (!hasSdp(evidence, evidence.call.invite))
        out.say("The capture does not tell whether the INVITE made an offer, nor whether this is "
                "its answer.");
    else if (reliable == nullptr)
        out.say("It came unreliably: a preview of the answer that has to be repeated unchanged in "
                "the 200 (RFC 3261 section "
                "13.2.1).");
    else
        out.say("It came reliably: the answer is complete (RFC 3262 section 5).");
}

void tellReliability(const Evidence &evidence, const calls::EarlyDialog &dialog, trace::RowId row,
                     Telling &out)
{
    const auto *const reliable = reliableOf(evidence, dialog, row);
    if (reliable == nullptr)
        return;
    if (!reliable->prack.valid())
        out.say(fmt::format(
            "It asks for a PRACK (RSeq {} {}); none is in this trace{}.", reliable->rseq,
            out.cite(at(evidence, row, sip::HeaderId::RSeq, "reliable")),
            reliable->repeats.empty() ? std::string()
                                      : fmt::format(", and it was repeated {}",
                                                    count(reliable->repeats.size(), "time"))));
    else
        out.say(fmt::format("Its RSeq {} was acknowledged by PRACK {} after {}{}.", reliable->rseq,
                            out.cite(at(reliable->prack, "the PRACK")),
                            lasting(evidence.time(reliable->prack) - evidence.time(row)),
                            reliable->prackStatus == 0
                                ? std::string(", which got no final response")
                                : fmt::format(", answered {}", reliable->prackStatus)));
}

void tellMedia(const Evidence &evidence, std::uint32_t index, trace::RowId row, Telling &out)
{
    const auto end = earlyEnd(evidence, index);
    const BoundStream *bound = nullptr;
    const auto came = earlyArrival(evidence, index);
    for (const auto &each : evidence.streams)
        if (each.towardsCaller && !each.astray && each.earlyDialog == index &&
            each.stream->first < end &&
            (bound == nullptr || each.stream->first < bound->stream->first))
            bound = &each;
    if (bound == nullptr && came.shared != nullptr) {
        out.say(fmt::format("Whether RTP of this early dialog came cannot be told: {}, and {} came "
                            "from there {}.",
                            sharedPlace(evidence, *came.shared),
                            count(came.sharedPackets, "packet"),
                            out.cite(at(*came.shared->stream, "from the port that they share"))));
        return;
    }
    if (bound == nullptr) {
        const auto waited = end > evidence.time(row) ? end - evidence.time(row) : base::Duration{0};
        out.say(mediaVisible(evidence)
                    ? fmt::format("No RTP of this early dialog came within {} ({}).",
                                  lasting(waited), gradeText(gradeOf(hearing(evidence))))
                    : fmt::format("Whether media came cannot be told: {}.", blindness(evidence)));
        return;
    }
    const auto *const first = bound->stream.get();
    const auto certainty = bound->certainty;
    const auto types = payloadsBefore(evidence, *bound, end);
    const auto before = first->first < evidence.time(row);
    const auto lead =
        before ? evidence.time(row) - first->first : first->first - evidence.time(row);
    out.say(fmt::format(
        "RTP came from {} with payload type {}, the first packet {} {} this response {}{}.",
        first->source.text(), types.empty() ? first->payloadType : types.front().type,
        lasting(lead), before ? "before" : "after", out.cite(at(*first, "early media")),
        bound->sharers != 0
            ? fmt::format(" ({}, so whose it is is not certain)", sharedPlace(evidence, *bound))
        : certainty == Certainty::Exact  ? ""
        : certainty == Certainty::Likely ? " (likely of this dialog, by its address)"
                                         : " (which dialog sent it cannot be told for certain)"));
}

/// RFC 3960 section 3.2: 180 asks for local ringback, real media replaces it.
void tellWhatIsHeard(const Evidence &evidence, const calls::EarlyDialog &dialog,
                     std::uint32_t index, Telling &out)
{
    const auto end = earlyEnd(evidence, index);
    if (const auto said = permissionAt(evidence, index, end); said.row.valid())
        out.say(fmt::format(
            "P-Early-Media says {}: the callee's side {} be heard before the answer (RFC 5009).",
            sip::directionText(said.direction),
            callerMayHear(said.direction) ? "may" : "must not"));
    const auto &dialogs = evidence.call.earlyDialogs;
    bool own = false, others = false; // media that no dialog claims may be this one's
    for (const auto &bound : evidence.streams)
        if (bound.towardsCaller && !bound.astray && bound.stream->first < end)
            (bound.earlyDialog == index || bound.earlyDialog >= dialogs.size() ? own : others) =
                true;
    if (const auto instead = heardInsteadOf(evidence, index); instead < dialogs.size())
        out.say(fmt::format("A phone plays one early dialog at a time: its media comes, but that "
                            "of To-tag {} is what the caller hears.",
                            shown(dialogs[instead].toTag)));
    else if (own)
        out.say("The caller should hear this media and no local ringback (RFC 3960 section 3.2).");
    else if (others)
        out.say("The media of another early dialog is what the caller should hear, and no local "
                "ringback (RFC 3960 section 3.2).");
    else if (dialog.alerting)
        out.say(fmt::format("A 180 {} asked for alerting, so the caller's phone should make the "
                            "ringback itself (RFC 3960 "
                            "section 3.2).",
                            out.cite(at(dialog.firstAlerting, "180"))));
    else if (mediaVisible(evidence))
        out.say("With neither 180 nor media, a phone that follows RFC 3960 stays silent.");
}

void tellOutcome(const Evidence &evidence, trace::RowId row, Telling &out)
{
    const auto &call = evidence.call;
    if (!call.finalResponse.valid() || evidence.time(call.finalResponse) < evidence.time(row))
        return;
    const auto *const winner =
        call.winner < call.earlyDialogs.size() ? &call.earlyDialogs[call.winner] : nullptr;
    const auto tag = evidence.trace.tag(evidence.trace.row(row).toTag);
    out.say(fmt::format(
        "{} later the call got {} {}{}.",
        lasting(evidence.time(call.finalResponse) - evidence.time(row)), codeText(call.finalStatus),
        out.cite(at(call.finalResponse, "the final response")),
        winner != nullptr && !tag.empty() && winner->toTag != tag ? " from another early dialog"
                                                                  : ""));
}

} // namespace

void tellProvisional(const Evidence &evidence, trace::RowId row, Telling &out)
{
    const auto &call = evidence.call;
    tellAnswer(evidence, transactionOf(call, row), row, out);
    tellPath(evidence, row, out);
    const auto *const entry = callRow(call, row);
    if (entry == nullptr || entry->earlyDialog >= call.earlyDialogs.size()) {
        if (evidence.trace.row(row).status > 100)
            out.say("It has no To-tag and opens no early dialog.");
        tellOutcome(evidence, row, out);
        return;
    }
    const auto &dialog = call.earlyDialogs[entry->earlyDialog];
    if (call.earlyDialogs.size() > 1)
        out.say(fmt::format("It belongs to early dialog {} of {} (To-tag {}): the call forked.",
                            entry->earlyDialog + 1, call.earlyDialogs.size(), shown(dialog.toTag)));
    tellSdp(evidence, dialog, row, out);
    tellReliability(evidence, dialog, row, out);
    tellMedia(evidence, entry->earlyDialog, row, out);
    tellWhatIsHeard(evidence, dialog, entry->earlyDialog, out);
    tellOutcome(evidence, row, out);
}

} // namespace diagnosis
