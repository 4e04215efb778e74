// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// ICE (RFC 8445), or a=altc (RFC 6947), names addresses of the other family too.
bool hasOthers(const sip::SdpMedia &media)
{
    return std::any_of(media.attributes.begin(), media.attributes.end(), [](std::string_view a) {
        return a.substr(0, 10) == "candidate:" || a.substr(0, 5) == "altc:";
    });
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &[offer, answer] : exchanges(evidence)) {
        const auto *const offered = sdpOf(evidence, offer).audio();
        const auto *const answered = sdpOf(evidence, answer).audio();
        const auto from = offered != nullptr ? offered->endpoint() : std::nullopt;
        const auto to = answered != nullptr ? answered->endpoint() : std::nullopt;
        if (!from || !to || from->address.family == to->address.family ||
            from->address.isUnspecified() || to->address.isUnspecified() || hasOthers(*offered) ||
            hasOthers(*answered))
            continue;
        auto &f =
            out.add("neg-ip-family", Severity::Error, Grade::Seen,
                    fmt::format("Media was offered at the IPv{} address {} [1] and answered "
                                "by {} at the IPv{} address {} [2].",
                                from->address.family, from->address.text(),
                                sender(evidence, answer), to->address.family, to->address.text()));
        const auto came = [&](bool towardsCaller) {
            return std::any_of(
                evidence.streams.begin(), evidence.streams.end(), [&](const BoundStream &bound) {
                    return bound.towardsCaller == towardsCaller && !bound.astray &&
                           bound.certainty != Certainty::Guess &&
                           (towardsCaller || !ownCall(evidence) || !bound.stream->outgoing);
                });
        };
        const bool toCaller = came(true), toCallee = came(false);
        if (toCaller && toCallee)
            f.impact = "Audio passes all the same: something on the way sends to both families.";
        else if (toCaller || toCallee)
            f.impact = fmt::format("Audio came in one direction only: the {} hears nobody where "
                                   "nothing can send to the other family's address.",
                                   toCaller ? "callee" : "caller");
        else
            f.impact =
                "No audio in either direction: neither side can send to the other's address.";
        f.evidence = {at(evidence, offer, offered->line, "the offer"),
                      at(evidence, answer, answered->line, "the answer")};
        f.fixes = {{"Answer with an address of the family that was offered, or refuse with 488.",
                    "callee's user agent", Action::None},
                   {"Let a gateway that has both families relay the media.", "gateway or SBC",
                    Action::None}};
        return;
    }
}

} // namespace

extern const Rule neg_ip_family;
const Rule neg_ip_family{"neg-ip-family",
                         "IPv4 on one side, IPv6 on the other",
                         Severity::Error,
                         "RFC 6157, RFC 3264 section 6.1",
                         "488",
                         R"(
  0.00 alice>bob INVITE offer
* 1.00 bob>alice 200 tag=b sdp=0@2001:db8::20
  1.05 alice>bob ACK tag=b
)",
                         R"(
  answered
)",
                         check,
                         Reads::Messages};

} // namespace diagnosis::rules
