// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/announced.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// A header that only an IMS network puts there (RFC 7315).
std::string_view networkMark(const Evidence &evidence, trace::RowId row)
{
    for (const auto &header : evidence.message(row).headers)
        for (const std::string_view mark :
             {"P-Charging-Vector", "P-Access-Network-Info", "P-Visited-Network-ID",
              "P-Charging-Function-Addresses"})
            if (base::equalsNoCase(header.name, mark))
                return header.line;
    return {};
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &call = evidence.call;
    if (call.kind != calls::Kind::Call || !call.invite.valid() ||
        evidence.trace.row(call.invite).earlyMedia || !mediaVisible(evidence))
        return;
    for (std::uint32_t i = 0; i < call.earlyDialogs.size(); ++i) {
        const auto described = call.earlyDialogs[i].firstSdp;
        const auto end = earlyEnd(evidence, i);
        if (!described.valid() || firstHeard(evidence, end) != nullptr ||
            end - evidence.time(described) < std::chrono::seconds(2) ||
            announcedAt(evidence, i, evidence.time(described)).what != Announced::Media)
            continue;
        const auto mark = networkMark(evidence, described);
        if (mark.empty())
            continue;
        auto &f = out.add("em-pem-not-offered", Severity::Info, Grade::CannotTell,
                          fmt::format("The INVITE has no P-Early-Media: supported [1], and the {} "
                                      "of an IMS network [2] was not followed by early media.",
                                      codeText(evidence.trace.row(described).status)));
        f.impact = "Some IMS networks play announcements only to those who say that they know the "
                   "header.";
        f.evidence = {at(call.invite, "nothing is said of early media"),
                      at(evidence, described, mark, "of an IMS network")};
        f.fixes = {
            {"Send P-Early-Media: supported in the INVITE inside the trust domain and compare.",
             "caller's user agent", outgoingCall(evidence) ? Action::CallAgain : Action::None}};
        return;
    }
}

} // namespace

extern const Rule em_pem_not_offered;
const Rule em_pem_not_offered{"em-pem-not-offered",
                              "An IMS network was not told that early media is welcome",
                              Severity::Info,
                              "RFC 5009 section 8",
                              "183",
                              R"(
  0.00 alice>bob INVITE offer
* 0.20 bob>alice 183 tag=b answer "P-Charging-Vector: icid-value=1"
  8.00 bob>alice 200 tag=b answer
  8.05 alice>bob ACK tag=b
  8.10 bob>alice rtp 100
)",
                              R"(
  0.00 alice>bob INVITE offer
  0.20 bob>alice 183 tag=b answer "P-Charging-Vector: icid-value=1"
* 0.30 bob>alice rtp 100
  8.00 bob>alice 200 tag=b answer
  8.05 alice>bob ACK tag=b
  8.10 bob>alice rtp 100
)",
                              check,
                              Reads::Messages};

} // namespace diagnosis::rules
