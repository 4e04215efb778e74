// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kWarnAfter = std::chrono::seconds(2);
constexpr auto kErrorAfter = std::chrono::seconds(5);

/// The audio line that promises to be heard, nullptr: this description does not promise it.
const sip::SdpMedia *promise(const sip::Sdp &sdp, const calls::EarlyDialog &dialog)
{
    const auto *const audio = sdp.audio();
    if (audio == nullptr || audio->port == 0 || !callerMayHear(audio->direction))
        return nullptr;
    const auto endpoint = audio->endpoint();
    if (!endpoint || endpoint->address.isUnspecified())
        return nullptr;
    // RFC 3312: this description serves the preconditions, media comes after they are met.
    if (audio->attribute("des"))
        return nullptr;
    const auto permission = earlyMediaPermission(dialog);
    return permission && !callerMayHear(*permission) ? nullptr : audio;
}

/// First 180 behind the description: from there on the caller's own ringback is right (RFC 3960
/// section 3.2).
trace::RowId alertingAfter(const Evidence &evidence, const calls::EarlyDialog &dialog)
{
    const auto start = evidence.time(dialog.firstSdp);
    for (const auto row : dialog.provisionals)
        if (evidence.trace.row(row).status == 180 && evidence.time(row) > start)
            return row;
    return {};
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

/// `end`: the row that ended the wait; invalid: none of this call, or it lasts.
void report(const Evidence &evidence, const calls::EarlyDialog &dialog, base::Duration silent,
            trace::RowId end, bool over, Findings &out)
{
    const auto &sdp = sdpOf(evidence, dialog.firstSdp);
    const auto &audio = *sdp.audio();
    const auto from = audio.endpoint()->text();
    const auto what = codeText(evidence.trace.row(dialog.firstSdp).status);
    const auto hear = hearing(evidence);
    std::vector<EvidenceRef> refs{
        at(evidence, dialog.firstSdp, audio.line, "audio is announced here")};
    std::string until = over ? " until that was over" : " so far";
    if (end.valid()) {
        const int status = evidence.trace.row(end).status;
        until = fmt::format(" until {} [2]", status != 0 ? codeText(status) : "the CANCEL");
        refs.push_back(at(end, "the silence ends here at the latest"));
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
    const bool error = silent > kErrorAfter;
    auto &f = out.add(
        "em-183-sdp-no-rtp", error ? Severity::Error : Severity::Warning, gradeOf(hear),
        fmt::format(
            "{} from {} announces early audio from {} [1], but no RTP packet came within {}{}.",
            what, sender(evidence, dialog.firstSdp), from, lasting(silent), until));
    f.impact = "The caller hears silence: most phones stop their own ringback when the answer to "
               "the offer arrives.";
    f.evidence = std::move(refs);
    const auto signalling = evidence.trace.source(dialog.firstSdp).address;
    if (audio.endpoint()->address.isPrivate() && signalling.known() && !signalling.isPrivate())
        f.fixes.push_back(
            {fmt::format(
                 "Put the public address into the c= line: {} is private, while the signalling "
                 "comes from {}.",
                 audio.endpoint()->address.text(), signalling.text()),
             "gateway or SBC", Action::None});
    f.fixes.push_back(
        {fmt::format(
             "Send RTP from {} as soon as the {} is out, or send 180 and leave the ringback to "
             "the caller.",
             from, evidence.trace.row(dialog.firstSdp).status),
         "gateway or SBC", Action::None});
    f.fixes.push_back({"Let RTP pass to the port of the offer before the call is answered.",
                       "NAT or firewall", Action::None});
    if (outgoingCall(evidence))
        f.fixes.push_back({"Call again and compare.", "caller's user agent", Action::CallAgain});
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call || !hasSdp(evidence, call.invite))
        return; // without an offer in the INVITE the description is no answer
    for (std::uint32_t i = 0; i < call.earlyDialogs.size(); ++i) {
        const auto &dialog = call.earlyDialogs[i];
        if (!dialog.firstSdp.valid() ||
            promise(sdpOf(evidence, dialog.firstSdp), dialog) == nullptr)
            continue;
        const auto start = evidence.time(dialog.firstSdp);
        auto end = earlyEnd(evidence, i);
        bool over = earlyPhaseOver(evidence, i);
        trace::RowId endRow;
        if (call.finalResponse.valid() && evidence.time(call.finalResponse) <= end)
            endRow = call.finalResponse;
        else if (over)
            endRow = cancelAt(evidence, end);
        if (const auto alerting = alertingAfter(evidence, dialog);
            alerting.valid() && evidence.time(alerting) < end) {
            end = evidence.time(alerting);
            endRow = alerting;
            over = true;
        }
        if (firstHeard(evidence, end) != nullptr)
            return; // the caller hears this dialog or another one
        if (!over) {
            out.recheckAt(end - start > kWarnAfter
                              ? start + kErrorAfter + std::chrono::milliseconds(1)
                              : start + kWarnAfter + std::chrono::milliseconds(1));
        }
        if (end - start <= kWarnAfter)
            continue;
        report(evidence, dialog, end - start, endRow, over, out);
        return;
    }
}

} // namespace

extern const Rule em_183_sdp_no_rtp;
const Rule em_183_sdp_no_rtp{"em-183-sdp-no-rtp",
                             "Early audio announced, none arrives",
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
