// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/flow_facts.h>
#include <diagnosis/loops.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr int kMost = 16; // refusals that are looked at

/// Some 482 of this call is explained by what can be seen: rt-loop-482 or tx-merged-482 tells.
bool explained(const Evidence &evidence)
{
    int refusals = 0;
    for (const auto &t : evidence.call.transactions) {
        if (t.finalStatus != 482 || !t.request.valid())
            continue;
        if (++refusals > kMost || loopOf(evidence, t).found() || twinOf(evidence, t) != nullptr)
            return true;
    }
    return false;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const bool inDialog : {false, true}) {
        // Where it came up first: proxies hand it on.
        const auto *const refused = origin(evidence, 482, inDialog);
        if (refused == nullptr || !refused->request.valid() || !refused->finalResponse.valid())
            continue;
        if (explained(evidence))
            return;
        const bool lost =
            (evidence.call.finalStatus == 482 && !evidence.call.firstProvisional.valid()) ||
            inDialog;
        auto &f = out.add(
            "tx-482", lost ? Severity::Error : Severity::Warning, Grade::Likely,
            fmt::format("{} refused the {} [1] with 482 [2]: it has seen this request before, by a "
                        "way that this trace does not hold.",
                        sender(evidence, refused->finalResponse), methodOf(evidence, *refused)));
        f.impact = lost ? "The request is not carried out."
                        : "None if another branch goes on; with bad luck the 482 is what the "
                          "caller gets.";
        f.evidence = {at(evidence, refused->request, sip::HeaderId::Via, "the way it took"),
                      at(refused->finalResponse, "refused")};
        f.fixes = {{"Look behind this element for a route that leads back to it (a loop), or for "
                    "two ways on which one request reaches it (a fork that comes together again).",
                    "operator", Action::None},
                   {"Send a new request with a new Call-ID or CSeq: a retry must not repeat both "
                    "with another branch.",
                    "caller's user agent", Action::None}};
        return;
    }
}

} // namespace

extern const Rule tx_482;
const Rule tx_482{"tx-482",
                  "Refused as seen before",
                  Severity::Error,
                  "RFC 3261 sections 8.2.2.2 and 16.3",
                  "482",
                  R"(
  0.00 alice>proxy INVITE offer
  0.01 proxy>alice 100
* 0.09 proxy>alice 482 tag=l
  0.10 alice>proxy ACK tag=l
)",
                  R"(
  0.00 alice>proxy INVITE offer
  0.01 proxy>alice 100
  0.02 proxy>bob INVITE offer branch=one
  0.03 proxy>bob INVITE offer branch=two
  0.04 bob>proxy 482 tag=c
  0.50 bob>proxy 180 tag=b
  0.51 proxy>alice 180 tag=b
)",
                  check};

} // namespace diagnosis::rules
