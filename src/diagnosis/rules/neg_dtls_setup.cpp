// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// Of the line, else of the whole description.
std::string setupOf(const sip::Sdp &sdp, const sip::SdpMedia &media)
{
    if (const auto own = media.attribute("setup"))
        return base::lower(base::trim(*own));
    for (const auto attribute : sdp.attributes)
        if (base::lower(attribute.substr(0, 6)) == "setup:")
            return base::lower(base::trim(attribute.substr(6)));
    return {};
}

bool works(const std::string &offered, const std::string &answered)
{
    if (answered == "actpass")
        return false; // an answer has to choose
    if (offered.empty() || answered.empty() || offered == "actpass" || offered == "holdconn" ||
        answered == "holdconn")
        return true;
    return offered != answered;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &[offer, answer] : exchanges(evidence)) {
        const auto &offerSdp = sdpOf(evidence, offer), &answerSdp = sdpOf(evidence, answer);
        const auto *const offered = offerSdp.audio();
        const auto *const answered = answerSdp.audio();
        if (offered == nullptr || answered == nullptr || answered->port == 0)
            continue;
        const auto ours = setupOf(offerSdp, *offered), theirs = setupOf(answerSdp, *answered);
        if (works(ours, theirs))
            continue;
        auto &f =
            out.add("neg-dtls-setup", Severity::Error, Grade::Seen,
                    fmt::format("a=setup:{} was offered [1] and a=setup:{} answered [2] by {}.",
                                shown(ours), shown(theirs), sender(evidence, answer)));
        f.impact = theirs == "passive"
                       ? "Nobody begins the DTLS handshake, so no media is heard."
                       : "It is not agreed who begins the DTLS handshake: it stalls "
                         "and no media is heard.";
        f.evidence = {at(evidence, offer, offered->line, "the offer"),
                      at(evidence, answer, answered->line, "the answer")};
        f.fixes = {
            {"Offer actpass; answer active or passive.", "callee's user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule neg_dtls_setup;
const Rule neg_dtls_setup{"neg-dtls-setup",
                          "Nobody, or everybody, begins the DTLS handshake",
                          Severity::Error,
                          "RFC 5763 section 5",
                          "488",
                          R"(
  0.00 alice>bob INVITE offer proto=UDP/TLS/RTP/SAVP "a=fingerprint:sha-256 AA:BB" "a=setup:active"
* 1.00 bob>alice 200 tag=b answer proto=UDP/TLS/RTP/SAVP "a=fingerprint:sha-256 CC:DD" "a=setup:active"
  1.05 alice>bob ACK tag=b
)",
                          R"(
  0.00 alice>bob INVITE offer proto=UDP/TLS/RTP/SAVP "a=fingerprint:sha-256 AA:BB" "a=setup:actpass"
  1.00 bob>alice 200 tag=b answer proto=UDP/TLS/RTP/SAVP "a=fingerprint:sha-256 CC:DD" "a=setup:active"
  1.05 alice>bob ACK tag=b
)",
                          check,
                          Reads::Messages};

} // namespace diagnosis::rules
