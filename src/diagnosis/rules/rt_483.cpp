// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    const auto *const refused = [&]() -> const calls::Transaction * {
        for (const auto &transaction : evidence.call.transactions)
            if (transaction.finalStatus == 483 && transaction.finalResponse.valid() &&
                transaction.request.valid())
                return &transaction;
        return nullptr;
    }();
    if (refused == nullptr)
        return;
    const auto hops = evidence.message(refused->request).number(sip::HeaderId::MaxForwards);
    if (hops && *hops == 0 && refused->method == sip::Method::Options)
        return; // asked for on purpose: that is how a way is traced
    auto &f =
        out.add("rt-483", Severity::Error, Grade::Seen,
                fmt::format("{} refused the {} [1], which came with Max-Forwards {}: 483 [2].",
                            sender(evidence, refused->finalResponse), methodOf(evidence, *refused),
                            hops ? std::to_string(*hops) : std::string("missing")));
    f.impact = "The call fails; proxies send it to one another in a circle, or it began with too "
               "few hops.";
    f.evidence = {at(evidence, refused->request, sip::HeaderId::Via, "the way it came"),
                  at(refused->finalResponse, "refused")};
    f.fixes = {
        {"Look for the same sent-by twice among the Via fields, and mend the route that leads "
         "back.",
         "operator", Action::None}};
}

} // namespace

extern const Rule rt_483;
const Rule rt_483{"rt-483",
                  "A request ran out of hops",
                  Severity::Error,
                  "RFC 3261 section 16.3",
                  "483",
                  R"(
  0.00 alice>proxy INVITE offer
* 0.05 proxy>alice 483 tag=p
)",
                  R"(
  0.00 alice>proxy INVITE offer
  0.05 proxy>alice 404 tag=p
)",
                  check,
                  Reads::Messages};

} // namespace diagnosis::rules
