// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

bool hasKey(const std::vector<std::string_view> &attributes)
{
    return std::any_of(attributes.begin(), attributes.end(), [](std::string_view attribute) {
        const auto name = base::lower(attribute.substr(0, attribute.find(':')));
        return name == "crypto" || name == "fingerprint" || name == "key-mgmt" ||
               name == "zrtp-hash";
    });
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &entry : evidence.call.rows) {
        if (entry.original.valid() || !hasSdp(evidence, entry.row))
            continue;
        const auto &sdp = sdpOf(evidence, entry.row);
        const auto *const audio = sdp.audio();
        if (audio == nullptr || audio->port == 0 ||
            base::lower(audio->protocol).find("savp") == std::string::npos ||
            hasKey(audio->attributes) || hasKey(sdp.attributes))
            continue;
        auto &f = out.add("neg-crypto-missing", Severity::Error, Grade::Seen,
                          fmt::format("{} describes {} [1] without a key: neither a=crypto nor "
                                      "a=fingerprint is there.",
                                      sender(evidence, entry.row), shown(audio->protocol)));
        f.impact = "What it sends cannot be decrypted; most peers refuse the call with 488.";
        f.evidence = {at(evidence, entry.row, audio->line, "SRTP without a key")};
        f.fixes = {{"Put a key into the description, or offer RTP/AVP.", "sender of the message",
                    Action::None},
                   {"Check whether an SBC on the way takes the a=crypto lines out.", "operator",
                    Action::None}};
        return;
    }
}

} // namespace

extern const Rule neg_crypto_missing;
const Rule neg_crypto_missing{"neg-crypto-missing",
                              "SRTP without a key",
                              Severity::Error,
                              "RFC 4568 section 5",
                              "488",
                              R"(
  0.00 alice>bob INVITE offer proto=RTP/SAVP "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CB"
* 1.00 bob>alice 200 tag=b answer proto=RTP/SAVP
  1.05 alice>bob ACK tag=b
)",
                              R"(
  0.00 alice>bob INVITE offer proto=RTP/SAVP "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PD0+P0BBQkNERUZHSElKS0xNTk9QUVJTVFVWV1hZ"
  1.00 bob>alice 200 tag=b answer proto=RTP/SAVP "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CB"
  1.05 alice>bob ACK tag=b
)",
                              check,
                              Reads::Messages};

} // namespace diagnosis::rules
