// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <diagnosis/srtp_refused.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

bool fails(const BoundStream &bound)
{
    return bound.certainty != Certainty::Guess && !bound.astray &&
           !(bound.towardsCaller && bound.early) && // em-srtp-no-key
           (neverOpened(*bound.stream) || partlyRefused(*bound.stream));
}

/// The first one that fails the other way; nullptr: none.
const BoundStream *failsBack(const Evidence &evidence, const BoundStream &bound)
{
    for (const auto &other : evidence.streams)
        if (other.towardsCaller != bound.towardsCaller && fails(other))
            return &other;
    return nullptr;
}

void check(const Evidence &evidence, Findings &out)
{
    if (!evidence.call.answered.known())
        return;
    for (const auto &bound : evidence.streams) {
        const auto &stream = *bound.stream;
        if (!fails(bound))
            continue;
        const bool never = neverOpened(stream);
        const auto key = keyOf(evidence, bound);
        const std::string where = key.valid() ? " [2]" : "";
        const bool plain = unprotected(stream);
        auto &f = out.add(
            "rtp-srtp-fail", Severity::Error, Grade::Seen,
            plain ? fmt::format("{} sent {} of audio [1] without any encryption, where the "
                                "descriptions{} agree on SRTP.",
                                stream.source.text(), count(stream.packets, "packet"), where)
            : never
                ? fmt::format("No key in the descriptions{} opens the {} of encrypted audio that "
                              "{} sent [1].",
                              where, count(stream.packets, "packet"), stream.source.text())
                : fmt::format("{} of the {} that {} sent [1] could not be authenticated with the "
                              "keys of the descriptions{}.",
                              stream.refused, count(stream.packets, "packet"), stream.source.text(),
                              where));
        f.impact = fmt::format("The {} hears {}.", bound.towardsCaller ? "caller" : "callee",
                               never ? "nothing" : "gaps, or nothing from some moment on");
        f.evidence = {at(stream, plain ? "packets without an authentication tag (RFC 3711)"
                                       : "packets that cannot be authenticated (RFC 3711)")};
        if (key.valid())
            f.evidence.push_back(at(key, "the key that should fit"));
        if (const auto *const back = failsBack(evidence, bound)) {
            const bool alsoPlain = unprotected(*back->stream);
            f.text +=
                fmt::format(" Those of {} the other way {} [{}].", back->stream->source.text(),
                            alsoPlain == plain ? "are no better"
                            : alsoPlain        ? "are not encrypted at all"
                                               : "are encrypted and do not open",
                            f.evidence.size() + 1);
            f.impact = "Neither side hears the other as it should.";
            f.evidence.push_back(at(*back->stream, "the other way"));
        }
        if (plain) {
            f.fixes = {{"Encrypt what is sent with the key of the description, or answer with "
                        "RTP/AVP where plain audio is allowed.",
                        "gateway or SBC", Action::None}};
            return;
        }
        f.fixes = {{"Encrypt with the key of the own description that is in force; change key and "
                    "description together.",
                    "gateway or SBC", Action::None},
                   {"Keep the rollover counter and the SSRC over a re-INVITE that changes no key.",
                    "sender of the message", Action::None}};
        return;
    }
}

} // namespace

extern const Rule rtp_srtp_fail;
const Rule rtp_srtp_fail{"rtp-srtp-fail",
                         "Encrypted media that cannot be opened",
                         Severity::Error,
                         "RFC 3711 section 3.3",
                         "200",
                         R"(
  0.00 alice>bob INVITE offer proto=RTP/SAVP "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"
  0.20 bob>alice 180 tag=b
  2.00 bob>alice 200 tag=b answer proto=RTP/SAVP "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR"
  2.05 alice>bob ACK tag=b
* 2.30 bob>alice rtp 100
)",
                         R"(
  0.00 alice>bob INVITE offer
  0.20 bob>alice 180 tag=b
  2.00 bob>alice 200 tag=b answer
  2.05 alice>bob ACK tag=b
  2.30 bob>alice rtp 100
)",
                         check};

} // namespace diagnosis::rules
