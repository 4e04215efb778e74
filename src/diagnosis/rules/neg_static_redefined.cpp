// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <base/text.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

struct Static {
    int payloadType;
    std::string_view name; // how every name of that codec begins
};
// Those that are still met; variants of a name ("G729a", "G723.1") count as the same.
constexpr std::array<Static, 10> kStatics{{{0, "PCMU"},
                                           {3, "GSM"},
                                           {4, "G723"},
                                           {8, "PCMA"},
                                           {9, "G722"},
                                           {13, "CN"},
                                           {15, "G728"},
                                           {18, "G729"},
                                           {31, "H261"},
                                           {34, "H263"}}};

/// What RFC 3551 makes of the number where the description says something else; empty: it agrees.
std::string_view redefined(const sip::SdpFormat &format)
{
    if (!format.mapped || format.map.encoding.empty())
        return {};
    for (const auto &known : kStatics)
        if (known.payloadType == format.payloadType)
            return base::equalsNoCase(format.map.encoding.substr(0, known.name.size()), known.name)
                       ? std::string_view()
                       : known.name;
    return {};
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &entry : evidence.call.rows) {
        if (entry.original.valid() || !hasSdp(evidence, entry.row))
            continue;
        for (const auto &media : sdpOf(evidence, entry.row).media)
            for (const auto &format : media.formats) {
                const auto usual = redefined(format);
                if (usual.empty() || media.port == 0)
                    continue;
                auto &f = out.add(
                    "neg-static-redefined", Severity::Warning, Grade::Seen,
                    fmt::format("{} calls payload type {} \"{}\" [1], a number that stands for {}.",
                                sender(evidence, entry.row), format.payloadType,
                                shown(format.map.encoding), usual));
                f.impact =
                    "A receiver that goes by the number decodes with the wrong codec: noise.";
                f.evidence = {at(evidence, entry.row, media.line, "the number")};
                f.fixes = {
                    {"Give the codec a number from 96 on.", "sender of the message", Action::None}};
                return;
            }
    }
}

} // namespace

extern const Rule neg_static_redefined;
const Rule neg_static_redefined{"neg-static-redefined",
                                "A number that stands for another codec",
                                Severity::Warning,
                                "RFC 3551 section 6",
                                "488",
                                R"(
* 0.00 alice>bob INVITE sdp=0,8 "a=rtpmap:8 opus/48000/2"
* 1.00 bob>alice 200 tag=b sdp=0
* 1.05 alice>bob ACK tag=b
)",
                                R"(
  0.00 alice>bob INVITE sdp=8,18,9 "a=rtpmap:8 pcma/8000" "a=rtpmap:18 G729a/8000" "a=rtpmap:9 G722/16000"
  1.00 bob>alice 200 tag=b sdp=8
  1.05 alice>bob ACK tag=b
)",
                                check,
                                Reads::Messages};

} // namespace diagnosis::rules
