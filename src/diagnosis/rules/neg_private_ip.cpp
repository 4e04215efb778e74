// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/private_place.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Call)
        return;
    const auto found = privatePlace(evidence);
    if (!found)
        return;
    // Relays that answer to the source of what they get are common: only media that is seen,
    // and not from outside, proves that none is there.
    const bool seen = mediaVisible(evidence);
    auto &f = out.add("neg-private-ip", seen ? Severity::Error : Severity::Warning, Grade::Likely,
                      fmt::format("{} sends from the public address {} but wants its media at the "
                                  "private address {} [1].",
                                  sender(evidence, found->row), found->signalsFrom.text(),
                                  found->place.address.text()));
    f.impact = seen ? "The other side cannot send there: no audio towards this side unless a "
                      "relay corrects it."
                    : "The other side cannot send there. Whether a relay corrects it this "
                      "capture cannot tell: it holds no media of this call.";
    f.evidence = {
        at(evidence, found->row, sdpOf(evidence, found->row).audio()->line, "media address")};
    f.fixes = {{"Put the public address into the SDP: external address setting, STUN or ICE.",
                found->byCaller ? "caller's user agent" : "callee's user agent", Action::None},
               {"Relay media to where its packets come from (symmetric RTP).", "gateway or SBC",
                Action::None}};
}

} // namespace

extern const Rule neg_private_ip;
const Rule neg_private_ip{"neg-private-ip",
                          "Media is wanted at a private address",
                          Severity::Error,
                          "RFC 3264 section 5.1, RFC 8445",
                          "183",
                          R"(
  0.00 198.18.0.1>198.18.0.2 INVITE sdp=0@198.18.0.1:4000
* 1.00 198.18.0.2>198.18.0.1 200 tag=b sdp=0@10.1.2.3:5000
  1.01 198.18.0.1>198.18.0.2 ACK tag=b
  1.10 198.18.0.1>10.1.2.3 rtp 100 port=4000 toport=5000
)",
                          R"(
  0.00 198.18.0.1>198.18.0.2 INVITE sdp=0@198.18.0.1:4000
  1.00 198.18.0.2>198.18.0.1 200 tag=b sdp=0@198.18.0.2:5000
  1.01 198.18.0.1>198.18.0.2 ACK tag=b
)",
                          check,
                          Reads::Messages};

} // namespace diagnosis::rules
