// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/announced.h>
#include <diagnosis/early_sound.h>
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// Preconditions and P-Early-Media do it on purpose and have rules of their own.
bool onPurpose(const calls::EarlyDialog &dialog, const sip::SdpMedia &audio)
{
    return !dialog.earlyMedia.empty() || dialog.alerting || !unmetPrecondition(audio).empty();
}

void check(const Evidence &evidence, Findings &out)
{
    for (std::uint32_t i = 0; i < evidence.call.earlyDialogs.size(); ++i) {
        const auto &dialog = evidence.call.earlyDialogs[i];
        if (!dialog.firstSdp.valid())
            continue;
        const auto *const audio = sdpOf(evidence, dialog.firstSdp).audio();
        if (audio == nullptr || audio->port == 0 || onPurpose(dialog, *audio))
            continue;
        const bool nowhere = audio->connection == "0.0.0.0" || audio->connection == "::";
        if (callerMayHear(audio->direction) &&
            (!nowhere || earlyArrival(evidence, i).main != nullptr))
            continue; // an address is where to send to: what comes from elsewhere is heard
        const auto *const offered = sdpOf(evidence, evidence.call.invite).audio();
        if (offered != nullptr && (offered->direction == sip::Direction::SendOnly ||
                                   offered->direction == sip::Direction::Inactive))
            continue; // the caller asked for it
        if (firstAnnounced(evidence, i, earlyEnd(evidence, i)).what == Announced::Media)
            continue; // another description of the dialog lets it through
        auto &f = out.add("em-answer-blocks-media", Severity::Warning, Grade::Seen,
                          fmt::format("The description in {} [1] says {}, so nothing can be heard "
                                      "before the answer, and no 180 asks the caller's phone to "
                                      "ring.",
                                      codeText(evidence.trace.row(dialog.firstSdp).status),
                                      nowhere ? "0.0.0.0" : sip::directionText(audio->direction)));
        f.impact = "The caller hears neither an announcement nor ringback.";
        f.evidence = {at(evidence, dialog.firstSdp, audio->line, "the description")};
        f.fixes = {{"Describe early media as sendrecv or sendonly, or send 180 without it.",
                    "gateway or SBC", Action::None}};
        return;
    }
}

} // namespace

extern const Rule em_answer_blocks_media;
const Rule em_answer_blocks_media{"em-answer-blocks-media",
                                  "An early description that forbids early media",
                                  Severity::Warning,
                                  "RFC 3264 section 6.1, RFC 3960 section 3.2",
                                  "183",
                                  R"(
  0.00 alice>bob INVITE offer
* 0.20 bob>alice 183 tag=b sdp=0/inactive
  4.00 bob>alice 200 tag=b sdp=0
  4.05 alice>bob ACK tag=b
)",
                                  R"(
  0.00 alice>bob INVITE offer
  0.20 bob>alice 183 tag=b sdp=0/sendonly
  4.00 bob>alice 200 tag=b sdp=0
  4.05 alice>bob ACK tag=b
)",
                                  check,
                                  Reads::Messages};

} // namespace diagnosis::rules
