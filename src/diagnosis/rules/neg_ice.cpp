// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/offer_answer.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kMostRead = 16; // descriptions of a call

bool mismatched(const sip::Sdp &sdp)
{
    return std::any_of(sdp.media.begin(), sdp.media.end(), [](const sip::SdpMedia &media) {
        return media.attribute("ice-mismatch").has_value();
    });
}

/// The place of m= and c= where the candidates of the line do not hold it; nullopt: they do, there
/// are none, or a candidate is a name (RFC 8839 section 4.2.1.2).
std::optional<base::Endpoint> strange(const sip::SdpMedia &media)
{
    const auto place = media.endpoint();
    if (!place || place->address.isUnspecified() || place->port == 9)
        return std::nullopt;
    bool any = false;
    for (const auto attribute : media.attributes) {
        if (!attribute.starts_with("candidate:"))
            continue;
        const auto candidate = sip::candidateEndpoint(attribute);
        const bool overTcp = attribute.find(" TCP ") != std::string_view::npos ||
                             attribute.find(" tcp ") != std::string_view::npos;
        if (attribute.find(".local ") != std::string_view::npos || overTcp)
            return std::nullopt;
        if (candidate && *candidate == *place)
            return std::nullopt;
        any = any || candidate.has_value();
    }
    return any ? place : std::nullopt;
}

void addFixes(Finding &f)
{
    f.impact = "The two sides do not use ICE: behind NATs media may pass in one direction only, or "
               "not at all.";
    f.fixes = {{"Write candidates and the address of c= and m= anew together, or take all of a= "
                "lines of ICE out.",
                "gateway or SBC", Action::None}};
}

bool tellsMismatch(const Evidence &evidence, trace::RowId row, Findings &out)
{
    if (!mismatched(sdpOf(evidence, row)))
        return false;
    auto &f = out.add("neg-ice", Severity::Warning, Grade::Seen,
                      fmt::format("{} gives ICE up: it found another address in the other side's "
                                  "c= and m= than among its candidates (a=ice-mismatch) [1].",
                                  sender(evidence, row)));
    f.evidence = {at(row, "a=ice-mismatch")};
    addFixes(f);
    return true;
}

bool tellsStrange(const Evidence &evidence, trace::RowId row, Findings &out)
{
    for (const auto &media : sdpOf(evidence, row).media) {
        const auto place = media.port != 0 ? strange(media) : std::nullopt;
        if (!place)
            continue;
        auto &f = out.add("neg-ice", Severity::Warning, Grade::Seen,
                          fmt::format("The description of {} asks for {} at {} [1], which is none "
                                      "of the candidates below it.",
                                      sender(evidence, row), shown(media.type), place->text()));
        f.evidence = {at(evidence, row, media.line, "no candidate has this address")};
        addFixes(f);
        return true;
    }
    return false;
}

void check(const Evidence &evidence, Findings &out)
{
    if (evidence.call.kind != calls::Kind::Call)
        return;
    std::size_t read = 0;
    for (const auto &[offer, answer] : exchanges(evidence)) {
        if (++read > kMostRead)
            return;
        const auto &offered = sdpOf(evidence, offer);
        // What an answerer without ICE has there counts for nobody.
        if (offered.text.find("a=candidate:") == std::string_view::npos)
            continue;
        if (tellsMismatch(evidence, answer, out) || tellsStrange(evidence, offer, out) ||
            tellsStrange(evidence, answer, out))
            return;
    }
}

} // namespace

extern const Rule neg_ice;
const Rule neg_ice{"neg-ice",
                   "Candidates that do not fit the description",
                   Severity::Warning,
                   "RFC 8839 sections 4.2.1.2 and 5.3",
                   "488",
                   R"(
  0.00 alice>bob INVITE offer "a=ice-ufrag:abcd" "a=ice-pwd:0123456789012345678901" "a=candidate:1 1 UDP 2130706431 192.0.2.10 4000 typ host"
* 1.00 bob>alice 200 tag=b sdp=0@192.0.2.99 "a=ice-ufrag:efgh" "a=ice-pwd:0123456789012345678901" "a=candidate:1 1 UDP 2130706431 192.0.2.20 5000 typ host"
  1.05 alice>bob ACK tag=b
)",
                   R"(
  0.00 alice>bob INVITE offer "a=ice-ufrag:abcd" "a=ice-pwd:0123456789012345678901" "a=candidate:1 1 UDP 2130706431 192.0.2.10 4000 typ host"
  1.00 bob>alice 200 tag=b sdp=0@bob "a=ice-ufrag:efgh" "a=ice-pwd:0123456789012345678901" "a=candidate:1 1 UDP 2130706431 192.0.2.20 5000 typ host"
  1.05 alice>bob ACK tag=b
)",
                   check,
                   Reads::Messages};

} // namespace diagnosis::rules
