// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr int kFirstDynamic = 96, kLastDynamic = 127;

const sip::SdpFormat *nameless(const sip::SdpMedia &audio)
{
    for (const auto &format : audio.formats)
        if (format.payloadType >= kFirstDynamic && format.payloadType <= kLastDynamic &&
            !format.mapped)
            return &format;
    return nullptr;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &entry : evidence.call.rows) {
        if (entry.original.valid() || !hasSdp(evidence, entry.row))
            continue;
        const auto *const audio = sdpOf(evidence, entry.row).audio();
        const bool rtp = audio != nullptr && audio->port != 0 &&
                         base::lower(audio->protocol).find("rtp/") != std::string::npos;
        const auto *const format = rtp ? nameless(*audio) : nullptr;
        if (format == nullptr)
            continue;
        auto &f = out.add("neg-rtpmap-missing", Severity::Error, Grade::Seen,
                          fmt::format("{} names payload type {} [1] without an a=rtpmap line, so "
                                      "nobody can tell what codec it is.",
                                      sender(evidence, entry.row), format->payloadType));
        f.impact = "Packets of that number cannot be decoded.";
        f.evidence = {at(evidence, entry.row, audio->line, "the number without a name")};
        f.fixes = {{"Write an a=rtpmap line for every payload type from 96 on.",
                    "sender of the message", Action::None}};
        return;
    }
}

} // namespace

extern const Rule neg_rtpmap_missing;
const Rule neg_rtpmap_missing{"neg-rtpmap-missing",
                              "A dynamic payload type without a name",
                              Severity::Error,
                              "RFC 8866 section 6.6",
                              "488",
                              R"(
  0.00 alice>bob INVITE sdp=0,111
* 1.00 bob>alice 183 tag=b sdp=111 unmapped
  2.00 bob>alice 200 tag=b sdp=111
  2.05 alice>bob ACK tag=b
)",
                              R"(
  0.00 alice>bob INVITE sdp=0,111
  1.00 bob>alice 183 tag=b sdp=111
  2.00 bob>alice 200 tag=b sdp=111
  2.05 alice>bob ACK tag=b
)",
                              check,
                              Reads::Messages};

} // namespace diagnosis::rules
