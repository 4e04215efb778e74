// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/announced.h>
#include <diagnosis/early_sound.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::uint64_t kMoreThanStray = 25; // packets, half a second

bool alertedEarly(const Evidence &evidence, std::uint32_t dialog)
{
    const auto alerting = evidence.call.earlyDialogs[dialog].firstAlerting;
    return alerting.valid() && evidence.time(alerting) <= earlyEnd(evidence, dialog);
}

/// Packets came after the header said no, and before the answer.
bool flowsAnyway(const Evidence &evidence, std::uint32_t dialog, const MediaPermission &said,
                 Findings &out)
{
    for (const auto *const stream : evidence.incoming(dialog)) {
        const auto before = stream->arrivedBefore(evidence.time(said.row));
        const auto inAll = stream->arrivedBefore(earlyEnd(evidence, dialog));
        if (inAll < before + kMoreThanStray)
            continue;
        auto &f = out.add("em-pem-blocked", Severity::Warning, Grade::Seen,
                          fmt::format("P-Early-Media says {} [1], and {} came from {} after "
                                      "that and before the answer all the same [2].",
                                      sip::directionText(said.direction),
                                      count(inAll - before, "packet"), stream->source.text()));
        f.impact = alertedEarly(evidence, dialog)
                       ? "A phone that keeps to the header plays its own ringback over an "
                         "announcement that the callee's side believes to be heard."
                       : "A phone that keeps to the header plays nothing of it, and without a 180 "
                         "does not ring either: the caller hears silence.";
        f.evidence = {at(evidence, said.row, sip::HeaderId::PEarlyMedia, "not allowed"),
                      at(*stream, "early media")};
        f.fixes = {{"Say sendonly or sendrecv where early media is meant to be heard, or gate "
                    "it.",
                    "gateway or SBC", Action::None}};
        return true;
    }
    return false;
}

/// The description serves for codecs and preconditions only.
void withheld(const Evidence &evidence, std::uint32_t dialog, const MediaPermission &said,
              Findings &out)
{
    const auto &early = evidence.call.earlyDialogs[dialog];
    const bool rings = alertedEarly(evidence, dialog);
    auto &f = out.add(
        "em-pem-blocked", Severity::Info, Grade::Seen,
        fmt::format("P-Early-Media says {} [1]: the description in {} [2] announces no early "
                    "media{}.",
                    sip::directionText(said.direction),
                    codeText(evidence.trace.row(early.firstSdp).status),
                    rings ? ", and a 180 asks the caller's phone to ring [3]"
                          : ", and no 180 asks the caller's phone to ring"));
    f.impact = rings ? "The ringback has to be the phone's own."
                     : "The ringback has to be the phone's own; one that waits for a 180 stays "
                       "silent until the answer.";
    f.evidence = {
        at(evidence, said.row, sip::HeaderId::PEarlyMedia, "not allowed"),
        at(evidence, early.firstSdp, evidence.message(early.firstSdp).sdp(), "the description")};
    if (rings)
        f.evidence.push_back(at(early.firstAlerting, "the callee is alerted"));
    f.fixes = {{"Say sendonly or sendrecv where early media is meant to be heard.",
                "gateway or SBC", Action::None},
               {"Ring locally while P-Early-Media lets nothing through (RFC 5009 section 8).",
                "caller's user agent", Action::None}};
}

void check(const Evidence &evidence, Findings &out)
{
    for (std::uint32_t i = 0; i < evidence.call.earlyDialogs.size(); ++i) {
        const auto end = earlyEnd(evidence, i);
        const auto said = permissionAt(evidence, i, end);
        if (!said.row.valid() || callerMayHear(said.direction))
            continue;
        if (flowsAnyway(evidence, i, said, out))
            return;
        if (evidence.call.earlyDialogs[i].firstSdp.valid() &&
            earlyArrival(evidence, i).main == nullptr) {
            withheld(evidence, i, said, out);
            return;
        }
    }
}

} // namespace

extern const Rule em_pem_blocked;
const Rule em_pem_blocked{"em-pem-blocked",
                          "The network forbids early media",
                          Severity::Warning,
                          "RFC 5009 section 8",
                          "183",
                          R"(
  0.00 alice>bob INVITE offer "P-Early-Media: supported"
* 0.20 bob>alice 183 tag=b answer "P-Early-Media: inactive"
  0.30 bob>alice rtp 100
  4.00 bob>alice 200 tag=b answer
  4.05 alice>bob ACK tag=b
)",
                          R"(
  0.00 alice>bob INVITE offer "P-Early-Media: supported"
  0.20 bob>alice 183 tag=b answer "P-Early-Media: sendonly"
  0.30 bob>alice rtp 100
  4.00 bob>alice 200 tag=b answer
  4.05 alice>bob ACK tag=b
)",
                          check,
                          Reads::Messages};

} // namespace diagnosis::rules
