// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/announced.h>
#include <diagnosis/early_sound.h>
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kWarnAfter = std::chrono::seconds(2);
constexpr auto kErrorAfter = std::chrono::seconds(5);

/// First 180 behind the description: from there on the caller's own ringback is right (RFC 3960
/// section 3.2).
trace::RowId alertingAfter(const Evidence &evidence, const calls::EarlyDialog &dialog,
                           base::Instant start)
{
    for (const auto row : dialog.provisionals)
        if (evidence.trace.row(row).status == 180 && evidence.time(row) > start)
            return row;
    return {};
}

/// The first 180 before it; invalid: none.
trace::RowId alertingBefore(const Evidence &evidence, const calls::EarlyDialog &dialog,
                            base::Instant start)
{
    return dialog.firstAlerting.valid() && evidence.time(dialog.firstAlerting) < start
               ? dialog.firstAlerting
               : trace::RowId{};
}

/// The CANCEL that ended the wait, invalid: none did.
trace::RowId cancelAt(const Evidence &evidence, base::Instant end)
{
    for (const auto &transaction : evidence.call.transactions)
        if (transaction.method == sip::Method::Cancel && transaction.request.valid() &&
            evidence.time(transaction.request) == end)
            return transaction.request;
    return {};
}

struct Wait { // for the audio that was announced
    std::uint32_t dialog = 0;
    Announcement announced;
    base::Instant end;
    const BoundStream *late = nullptr; // what came at last and ended it
};

/// Packets that went to a place which the caller did not name.
void tellAstray(const Evidence &evidence, std::uint32_t dialog, Finding &finding)
{
    const auto came = earlyArrival(evidence, dialog);
    if (came.astray == nullptr)
        return;
    const auto wanted = wantedBefore(evidence, *came.astray, earlyEnd(evidence, dialog));
    const auto *const audio = sdpOf(evidence, wanted.row).audio();
    const auto &place = came.astray->stream->destination;
    const bool relayed = came.astray->relayed;
    finding.evidence.push_back(
        at(*came.astray->stream, relayed ? "as far as the relay" : "to another place"));
    finding.text += fmt::format(" {} {} {} [{}]", count(came.astrayPackets, "packet"),
                                relayed ? "came as far as the media relay at" : "went to",
                                place.text(), finding.evidence.size());
    if (relayed) {
        finding.text += ", which passed none of them on to the caller";
    } else if (audio != nullptr) {
        finding.evidence.push_back(
            at(evidence, wanted.row, audio->line, "where the caller listens"));
        finding.text += fmt::format(", which the caller's description does not name [{}]",
                                    finding.evidence.size());
    }
    finding.text += '.';
    finding.fixes.push_back(
        {relayed ? "Look at the media relay: whether it was told where the caller listens, and "
                   "whether its packets to there leave it."
                 : "Send RTP to the address and port of the caller's description.",
         "gateway or SBC", Action::None});
}

void adviseOn(const Evidence &evidence, trace::RowId described,
              const std::optional<base::Endpoint> &place, bool rang, Finding &finding)
{
    const auto from =
        place ? place->text() : fmt::format("port {}", sdpOf(evidence, described).audio()->port);
    const auto signalling = evidence.trace.source(described).address;
    if (place && place->address.isPrivate() && signalling.known() && !signalling.isPrivate())
        finding.fixes.push_back(
            {fmt::format(
                 "Put the public address into the c= line: {} is private, while the signalling "
                 "comes from {}.",
                 place->address.text(), signalling.text()),
             "gateway or SBC", Action::None});
    finding.fixes.push_back(
        {fmt::format(
             "Send RTP from {} as soon as the {} is out, or {} and leave the ringback to the "
             "caller.",
             from, messageText(evidence, described),
             rang ? "send no description before the answer" : "send 180"),
         "gateway or SBC", Action::None});
    finding.fixes.push_back({"Let RTP pass to the port of the offer before the call is answered.",
                             "NAT or firewall", Action::None});
    const bool sent = std::any_of(evidence.streams.begin(), evidence.streams.end(),
                                  [](const auto &bound) { return !bound.towardsCaller; });
    if (outgoingCall(evidence) && !sent)
        finding.fixes.insert(
            finding.fixes.begin(),
            {"Let this call send something: nothing was sent from here, and a relay that sends to "
             "where packets come from waits for the first one.",
             "caller's user agent", Action::CallAgain});
    else if (outgoingCall(evidence))
        finding.fixes.push_back(
            {"Call again and compare.", "caller's user agent", Action::CallAgain});
}

/// `end`: the row that ended the wait; invalid: none of this call, or it lasts.
void report(const Evidence &evidence, const Wait &wait, trace::RowId end, bool over, Findings &out)
{
    const auto described = wait.announced.row;
    const auto silent = wait.end - wait.announced.since;
    const auto &sdp = sdpOf(evidence, described);
    const auto &audio = *sdp.audio();
    const auto place = audio.endpoint();
    const auto from = place ? place->text() : fmt::format("port {}", audio.port);
    const int code = evidence.trace.row(described).status;
    const auto what = code != 0 ? codeText(code) : messageText(evidence, described);
    const auto hear = hearing(evidence);
    std::vector<EvidenceRef> refs{at(evidence, described, audio.line, "audio is announced here")};
    std::string until = over ? " until that was over" : " so far";
    if (end.valid()) {
        const int status = evidence.trace.row(end).status;
        until = fmt::format(" until {} [2]", status != 0 ? codeText(status) : "the CANCEL");
        refs.push_back(at(end, "the silence ends here at the latest"));
    } else if (wait.late != nullptr) {
        until = " until the first one [2]";
        refs.push_back(at(*wait.late->stream, "the silence ends with its first packet"));
    }
    if (!mediaVisible(evidence)) {
        auto &f = out.add(
            "em-183-sdp-no-rtp", Severity::Info, Grade::CannotTell,
            fmt::format("{} announces early audio from {} [1] for {}{}, but {}, so it cannot tell "
                        "whether the caller heard it.",
                        what, from, lasting(silent), until, blindness(evidence)));
        f.impact = "Unknown: media did not pass the point of capture.";
        f.evidence = std::move(refs);
        f.fixes.push_back({"Capture where the media passes as well.", "operator", Action::None});
        return;
    }
    const auto rings =
        alertingBefore(evidence, evidence.call.earlyDialogs[wait.dialog], wait.announced.since);
    const bool error = silent > kErrorAfter && wait.late == nullptr && !rings.valid();
    auto &f = out.add(
        "em-183-sdp-no-rtp", error ? Severity::Error : Severity::Warning, gradeOf(hear),
        fmt::format(
            "{} from {} announces early audio from {} [1], but no RTP packet came within {}{}.",
            what, sender(evidence, described), from, lasting(silent), until));
    f.impact = fmt::format("The caller hears silence{}: most phones stop their own ringback when "
                           "the answer to the offer arrives.",
                           wait.late != nullptr ? " for that long" : "");
    f.evidence = std::move(refs);
    if (rings.valid()) {
        f.evidence.push_back(at(rings, "the callee was alerted before"));
        f.impact = fmt::format("The {} [{}] had told the caller's phone to ring: one that rings "
                               "until media arrives goes on, one that stops at the description "
                               "falls silent.",
                               codeText(evidence.trace.row(rings).status), f.evidence.size());
    }
    tellAstray(evidence, wait.dialog, f);
    adviseOn(evidence, described, place, rings.valid(), f);
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call || !hasSdp(evidence, call.invite))
        return; // without an offer in the INVITE the description is no answer
    for (std::uint32_t i = 0; i < call.earlyDialogs.size(); ++i) {
        const auto &dialog = call.earlyDialogs[i];
        auto end = earlyEnd(evidence, i);
        bool over = earlyPhaseOver(evidence, i);
        // Too short for a wait, whatever was announced; what was heard may count for others.
        if (over && evidence.streams.empty() && end - dialog.since <= kWarnAfter)
            continue;
        // A live clock may be a little behind the stamps of the packets.
        const auto seen = over ? end : std::max(end, call.last);
        const auto announced = firstAnnounced(evidence, i, seen + std::chrono::nanoseconds(1));
        // A 2xx answers, though the INVITE that it ends may be no part of the trace.
        const auto &told = evidence.trace.row(announced.row);
        if (announced.what != Announced::Media ||
            (told.method == sip::Method::Invite && told.status >= 200))
            continue;
        const auto start = announced.since;
        trace::RowId endRow;
        if (call.finalResponse.valid() && evidence.time(call.finalResponse) <= end)
            endRow = call.finalResponse;
        else if (over)
            endRow = cancelAt(evidence, end);
        if (announced.until.known() && announced.until < end) {
            end = announced.until;
            endRow = {};
            over = true;
        }
        if (const auto alerting = alertingAfter(evidence, dialog, start);
            alerting.valid() && evidence.time(alerting) < end) {
            end = evidence.time(alerting);
            endRow = alerting;
            over = true;
        }
        const auto *const heard = firstHeard(evidence, end);
        if (heard != nullptr) { // the caller hears this dialog or another one
            if (heard->stream->first <= start + kWarnAfter)
                return;
            end = heard->stream->first;
            endRow = {};
            over = true;
        }
        if (!over) {
            out.recheckAt(end - start > kWarnAfter
                              ? start + kErrorAfter + std::chrono::milliseconds(1)
                              : start + kWarnAfter + std::chrono::milliseconds(1));
        }
        if (end - start <= kWarnAfter)
            continue;
        report(evidence, {i, announced, end, heard}, endRow, over, out);
        return;
    }
}

} // namespace

extern const Rule em_183_sdp_no_rtp;
const Rule em_183_sdp_no_rtp{"em-183-sdp-no-rtp",
                             "Early audio announced, none in time",
                             Severity::Error,
                             "RFC 3960 section 3.3",
                             "183",
                             R"(
  0.00 alice>bob INVITE offer
  0.05 bob>alice 100
* 0.20 bob>alice 183 tag=b answer
  0.22 alice>bob rtp 300
  7.00 tick
)",
                             R"(
  0.00 alice>bob INVITE offer
  0.05 bob>alice 100
  0.20 bob>alice 183 tag=b answer
  0.22 alice>bob rtp 300
* 0.30 bob>alice rtp 300
  7.00 tick
)",
                             check,
                             Reads::Messages,
                             Argues::FromAbsence};

} // namespace diagnosis::rules
