// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr std::size_t kMostLookedAt = 256; // INVITEs of one call
constexpr std::size_t kRepeats = 3;        // of a 2xx: no ACK comes

std::size_t routesOf(const Evidence &evidence, trace::RowId row)
{
    return evidence.mayHave(row, sip::HeaderId::RecordRoute)
               ? evidence.message(row).values(sip::HeaderId::RecordRoute).size()
               : 0;
}

/// A 2xx with fewer Record-Route values than its INVITE brought. Those behind add theirs on the way
/// back, so that there may be more (RFC 3261 section 16.7).
bool loses(const Evidence &evidence, const calls::Transaction &t)
{
    if (t.method != sip::Method::Invite || t.inDialog || !t.request.valid() ||
        t.finalStatus / 100 != 2 || !t.finalResponse.valid())
        return false;
    const auto recorded = routesOf(evidence, t.request);
    return recorded > 0 && routesOf(evidence, t.finalResponse) < recorded;
}

void check(const Evidence &evidence, Findings &out)
{
    const calls::Transaction *deepest = nullptr; // who is there did it: all before hand it back
    std::size_t looked = 0;
    for (const auto &t : evidence.call.transactions) {
        if (t.method == sip::Method::Invite && ++looked > kMostLookedAt)
            break;
        if (loses(evidence, t) &&
            (deepest == nullptr || evidence.trace.row(t.request).viaCount >
                                       evidence.trace.row(deepest->request).viaCount))
            deepest = &t;
    }
    if (deepest == nullptr)
        return;
    const auto had = routesOf(evidence, deepest->request);
    const auto left = routesOf(evidence, deepest->finalResponse);
    const bool unheard = std::any_of(
        evidence.call.transactions.begin(), evidence.call.transactions.end(), [](const auto &t) {
            return t.method == sip::Method::Invite && t.responseRepeats.size() >= kRepeats;
        });
    auto &f = out.add("dlg-rr-lost", unheard ? Severity::Error : Severity::Warning, Grade::Seen,
                      fmt::format("{} answered an INVITE with {} [1] by a {} that has {} [2].",
                                  sender(evidence, deepest->finalResponse),
                                  count(had, "Record-Route value"),
                                  evidence.trace.row(deepest->finalResponse).status,
                                  left == 0 ? "none" : std::to_string(left)));
    f.impact = "ACK, BYE and all that follows in the dialog go past the proxies that asked to stay "
               "on the way: behind NAT or across networks they do not arrive.";
    f.evidence = {at(evidence, deepest->request, sip::HeaderId::RecordRoute, "asked for here"),
                  at(deepest->finalResponse, "not copied")};
    f.fixes = {{"Copy all Record-Route values of the request into 101-199 and 2xx, in their order "
                "(RFC 3261 section 12.1.1).",
                "callee's user agent", Action::None}};
}

} // namespace

extern const Rule dlg_rr_lost;
const Rule dlg_rr_lost{"dlg-rr-lost",
                       "The answer does not copy the Record-Route",
                       Severity::Error,
                       "RFC 3261 section 12.1.1",
                       "200",
                       R"(
  0.00 alice>proxy INVITE offer
  0.01 proxy>bob INVITE offer "Record-Route: <sip:192.0.2.4;lr>"
* 1.00 bob>proxy 200 tag=b answer
* 1.50 bob>proxy again
* 2.50 bob>proxy again
* 4.50 bob>proxy again
)",
                       R"(
  0.00 alice>proxy INVITE offer
  0.01 proxy>bob INVITE offer "Record-Route: <sip:192.0.2.4;lr>"
  1.00 bob>proxy 200 tag=b answer "Record-Route: <sip:192.0.2.4;lr>"
  1.01 proxy>alice 200 tag=b answer "Record-Route: <sip:192.0.2.4;lr>"
  1.05 alice>proxy ACK tag=b "Route: <sip:192.0.2.4;lr>"
)",
                       check,
                       Reads::Messages};

} // namespace diagnosis::rules
