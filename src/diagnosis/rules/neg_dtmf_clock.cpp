// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// The clock of the first speech codec, and of a telephone-event where none has the same.
bool otherClock(const sip::SdpMedia &audio, std::uint32_t &speech, std::uint32_t &event)
{
    const auto &formats = audio.formats;
    const auto first = std::find_if(formats.begin(), formats.end(), carriesSpeech);
    if (first == formats.end() || first->map.clock == 0)
        return false;
    speech = first->map.clock;
    event = 0;
    for (const auto &format : formats) {
        if (!base::equalsNoCase(format.map.encoding, "telephone-event"))
            continue;
        if (format.map.clock == speech)
            return false;
        event = format.map.clock;
    }
    return event != 0;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &[offer, answer] : exchanges(evidence)) {
        const auto *const answered = sdpOf(evidence, answer).audio();
        std::uint32_t speech = 0, event = 0;
        if (answered == nullptr || answered->port == 0 || !otherClock(*answered, speech, event))
            continue;
        auto &f = out.add("neg-dtmf-clock", Severity::Info, Grade::Seen,
                          fmt::format("{} answered with a codec of {} Hz and telephone-event of {} "
                                      "Hz [1].",
                                      sender(evidence, answer), speech, event));
        f.impact =
            "Some peers time the digits by the voice's clock: they are then too short or too "
            "long.";
        f.evidence = {at(evidence, answer, answered->line, "two clocks")};
        f.fixes = {{"Offer and answer telephone-event for each clock in use.",
                    "callee's user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule neg_dtmf_clock;
const Rule neg_dtmf_clock{"neg-dtmf-clock",
                          "DTMF on another clock than the voice",
                          Severity::Info,
                          "RFC 4733 section 2.1",
                          "488",
                          R"(
  0.00 alice>bob INVITE sdp=111,0,101
* 1.00 bob>alice 200 tag=b sdp=111,101
  1.05 alice>bob ACK tag=b
)",
                          R"(
  0.00 alice>bob INVITE sdp=111,0,101
  1.00 bob>alice 200 tag=b sdp=0,101
  1.05 alice>bob ACK tag=b
)",
                          check,
                          Reads::Messages};

} // namespace diagnosis::rules
