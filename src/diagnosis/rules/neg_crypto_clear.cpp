// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kMostRead = 16; // descriptions of a call

std::string_view keyIn(const sip::Sdp &sdp)
{
    for (const auto &media : sdp.media)
        for (const auto attribute : media.attributes)
            if (media.port != 0 && attribute.starts_with("crypto:"))
                return attribute;
    return {};
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Call)
        return;
    std::size_t read = 0;
    for (const auto &[offer, answer] : exchanges(evidence)) {
        if (++read > kMostRead)
            return;
        const auto transport = evidence.trace.row(answer).transport;
        if (transport != base::Transport::Udp && transport != base::Transport::Tcp)
            continue;
        const auto key = keyIn(sdpOf(evidence, answer));
        // Nothing is encrypted with a key of the offer or of the answer alone.
        if (key.empty() || keyIn(sdpOf(evidence, offer)).empty())
            continue;
        auto &f =
            out.add("neg-crypto-clear", Severity::Info, Grade::Seen,
                    fmt::format("The media is encrypted, but its key passes between {} and {} "
                                "over {} in the clear [1].",
                                evidence.trace.source(answer).text(), receiver(evidence, answer),
                                base::transportText(transport)));
        f.impact = "Whoever can read the signalling can listen: the encryption protects from "
                   "nobody on this hop.";
        // The line holds the key itself: its place is shown, no word of it.
        f.evidence = {at(evidence, answer, sip::HeaderId::ContentType, "keys in its description")};
        f.fixes = {{"Send the signalling over TLS, or agree on keys by DTLS (RFC 5763).",
                    "operator", Action::None}};
        return;
    }
}

} // namespace

extern const Rule neg_crypto_clear;
const Rule neg_crypto_clear{"neg-crypto-clear",
                            "Keys that everybody can read",
                            Severity::Info,
                            "RFC 4568 section 8",
                            "200",
                            R"(
  0.00 alice>bob INVITE offer proto=RTP/SAVP "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0"
* 1.00 bob>alice 200 tag=b answer proto=RTP/SAVP "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:NDMyMWFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6"
  1.05 alice>bob ACK tag=b
)",
                            R"(
  0.00 alice>bob INVITE offer proto=RTP/SAVP "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0"
  1.00 bob>alice 486 tag=b
  1.05 alice>bob ACK tag=b
)",
                            check};

} // namespace diagnosis::rules
