// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/flow_facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

constexpr int kMost = 16; // refusals that are looked at

bool notReached(int status)
{
    return status == 404 || status == 410 || status == 430 || status == 480;
}

void check(const Evidence &evidence, Findings &out)
{
    int refusals = 0;
    for (const auto &t : evidence.call.transactions) {
        if (!notReached(t.finalStatus) || !t.request.valid() || !t.finalResponse.valid())
            continue;
        if (++refusals > kMost)
            return;
        if (wasProgressing(evidence, t) || saidByDevice(evidence, t))
            continue; // the device was reached, and says so of itself
        const auto target = evidence.message(t.request).requestUri;
        if (!sip::parseUri(target).parameter("gr"))
            continue;
        auto &f = out.add("rt-gruu-lost", Severity::Warning, Grade::Likely,
                          fmt::format("The {} goes to a GRUU, the address of one device [1], and "
                                      "{} answers {} [2]: it has no binding of that device.",
                                      methodOf(evidence, t), sender(evidence, t.finalResponse),
                                      codeText(t.finalStatus)));
        f.impact = t.inDialog
                       ? "Hold, transfer or hanging up does not reach the other side, though "
                         "its call may go on."
                       : "This device is not reached, though others of the same user may be.";
        f.evidence = {at(evidence, t.request, target, "the address of a device"),
                      at(t.finalResponse, "not found")};
        f.fixes = {{"Keep the registration of the instance alive, and register it anew before it "
                    "runs out: a GRUU lasts as long as its binding (RFC 5627 section 3.2).",
                    "callee's user agent", Action::None},
                   {"Route a GRUU by its instance-id, not by its user part alone.", "home proxy",
                    Action::None}};
        return;
    }
}

} // namespace

extern const Rule rt_gruu_lost;
const Rule rt_gruu_lost{"rt-gruu-lost",
                        "The address of a device leads nowhere",
                        Severity::Warning,
                        "RFC 5627 section 6.1",
                        "480",
                        R"(
  0.00 alice>home OPTIONS uri=bob@example.test;gr=urn:uuid:1
* 0.05 home>alice 480 tag=h
)",
                        R"(
  0.00 alice>home OPTIONS uri=bob@example.test
  0.05 home>alice 480 tag=h
)",
                        check};

} // namespace diagnosis::rules
