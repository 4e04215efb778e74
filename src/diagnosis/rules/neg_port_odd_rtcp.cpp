// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kMostRead = 16; // descriptions of a call

/// An RTP port that older receivers round down (RFC 3550 section 11), and nothing says where RTCP
/// goes.
const sip::SdpMedia *oddIn(const sip::Sdp &sdp)
{
    for (const auto &media : sdp.media)
        if (media.port % 2 == 1 && media.port != 9 && media.protocol.starts_with("RTP/") &&
            !media.attribute("rtcp") && !media.attribute("rtcp-mux"))
            return &media;
    return nullptr;
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Call)
        return;
    std::size_t read = 0;
    for (const auto &[offer, answer] : exchanges(evidence)) {
        if (++read > kMostRead)
            return;
        for (const auto row : {offer, answer}) {
            const auto *const media = oddIn(sdpOf(evidence, row));
            if (media == nullptr)
                continue;
            auto &f =
                out.add("neg-port-odd-rtcp", Severity::Info, Grade::Seen,
                        fmt::format("{} asks for RTP at the odd port {} [1] and does not say where "
                                    "its RTCP is to go.",
                                    sender(evidence, row), media->port));
            f.impact = "The other side may send RTCP to the wrong port, or round the port down and "
                       "send its voice there too.";
            f.evidence = {at(evidence, row, media->line, "an odd port")};
            f.fixes = {{"Take even ports for RTP and the next one for RTCP, or tell the port of "
                        "RTCP with a=rtcp (RFC 3605) or a=rtcp-mux (RFC 5761).",
                        "gateway or SBC", Action::None}};
            return;
        }
    }
}

} // namespace

extern const Rule neg_port_odd_rtcp;
const Rule neg_port_odd_rtcp{"neg-port-odd-rtcp",
                             "An odd port for RTP",
                             Severity::Info,
                             "RFC 3550 section 11, RFC 3605",
                             "200",
                             R"(
  0.00 alice>bob INVITE offer
* 1.00 bob>alice 200 tag=b sdp=0@bob:5001
  1.05 alice>bob ACK tag=b
)",
                             R"(
  0.00 alice>bob INVITE offer
  1.00 bob>alice 200 tag=b sdp=0@bob:5001 "a=rtcp:5003"
  1.05 alice>bob ACK tag=b
)",
                             check};

} // namespace diagnosis::rules
