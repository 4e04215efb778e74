// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <diagnosis/srtp_refused.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Call)
        return;
    for (const auto &bound : evidence.streams) {
        if (!bound.towardsCaller || !bound.early || bound.astray || !neverOpened(*bound.stream))
            continue;
        const auto key = keyOf(evidence, bound);
        const bool plain = unprotected(*bound.stream);
        const auto packets =
            count(bound.stream->arrivedBefore(earlyEnd(evidence, bound.earlyDialog)), "packet");
        const auto where =
            key.valid() ? fmt::format(" ({}) [2]", codeText(evidence.trace.row(key).status)) : "";
        auto &f =
            out.add("em-srtp-no-key", Severity::Error,
                    bound.certainty == Certainty::Guess ? Grade::Likely : Grade::Seen,
                    plain ? fmt::format("{} sent {} of early media [1] without any encryption, "
                                        "where its description{} agrees on SRTP.",
                                        bound.stream->source.text(), packets, where)
                          : fmt::format("{} sent {} of encrypted early media [1] that {} opens.",
                                        bound.stream->source.text(), packets,
                                        key.valid() ? "no key of its description" + where
                                                    : "no key in the descriptions"));
        f.impact =
            "The caller's phone drops every packet: silence before the answer, and behind it "
            "where the key stays wrong.";
        f.evidence = {at(*bound.stream, plain ? "packets without an authentication tag (RFC 3711)"
                                              : "packets that cannot be authenticated (RFC 3711)")};
        if (key.valid())
            f.evidence.push_back(at(key, "the key that should fit"));
        if (plain) {
            f.fixes = {{"Encrypt what is sent with the key of the description, or answer with "
                        "RTP/AVP where plain audio is allowed.",
                        "gateway or SBC", Action::None}};
            return;
        }
        f.fixes = {
            {"Put the key that the media is really encrypted with into the 183, and the same "
             "into the 200.",
             "gateway or SBC", Action::None},
            {"Where a relay encrypts anew, let it write its own key into the description.",
             "gateway or SBC", Action::None}};
        return;
    }
}

} // namespace

extern const Rule em_srtp_no_key;
const Rule em_srtp_no_key{"em-srtp-no-key",
                          "Encrypted early media that no key opens",
                          Severity::Error,
                          "RFC 4568 section 5.1, RFC 3711",
                          "183",
                          R"(
  0.00 alice>bob INVITE offer proto=RTP/SAVP "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"
  0.20 bob>alice 183 tag=b answer proto=RTP/SAVP "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR"
* 0.30 bob>alice rtp 100
  4.00 bob>alice 200 tag=b answer proto=RTP/SAVP
)",
                          R"(
  0.00 alice>bob INVITE offer
  0.20 bob>alice 183 tag=b answer
  0.30 bob>alice rtp 100
  4.00 bob>alice 200 tag=b answer
)",
                          check};

} // namespace diagnosis::rules
