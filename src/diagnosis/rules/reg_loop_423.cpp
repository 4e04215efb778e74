// SPDX-License-Identifier: Apache-2.0
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

void check(const Evidence &evidence, Findings &out)
{
    const calls::Transaction *before = nullptr;
    for (const auto &transaction : evidence.call.transactions) {
        if (transaction.method != sip::Method::Register || transaction.finalStatus != 423 ||
            !transaction.finalResponse.valid() || !transaction.request.valid())
            continue;
        const bool again = before != nullptr && transaction.cseq > before->cseq &&
                           transaction.pair == before->pair;
        if (!again) {
            before = &transaction;
            continue;
        }
        const auto wanted =
            evidence.message(before->finalResponse).number(sip::HeaderId::MinExpires);
        auto &f =
            out.add("reg-loop-423", Severity::Warning, Grade::Seen,
                    fmt::format("{} was told Min-Expires {} [1] and asked again for less [2].",
                                sender(evidence, transaction.request),
                                wanted ? std::to_string(*wanted) : std::string("nothing")));
        f.impact = "The account is not registered, and the registrar is asked for ever.";
        f.evidence = {at(evidence, before->finalResponse, sip::HeaderId::MinExpires, "the least"),
                      at(evidence, transaction.request, sip::HeaderId::Expires, "asked again")};
        f.fixes = {{"Repeat the REGISTER with the Min-Expires of the 423.", "caller's user agent",
                    Action::None}};
        return;
    }
}

} // namespace

extern const Rule reg_loop_423;
const Rule reg_loop_423{"reg-loop-423",
                        "Registering again without heeding Min-Expires",
                        Severity::Warning,
                        "RFC 3261 section 10.2.8",
                        "423",
                        R"(
  0.00 bob>edge REGISTER "Expires: 60"
  0.05 edge>bob 423 tag=r "Min-Expires: 600"
* 1.00 bob>edge REGISTER cseq=2 "Expires: 60"
* 1.05 edge>bob 423 tag=r "Min-Expires: 600"
)",
                        R"(
  0.00 bob>edge REGISTER "Expires: 60"
  0.05 edge>bob 423 tag=r "Min-Expires: 600"
  1.00 bob>edge REGISTER cseq=2 "Expires: 600"
  1.05 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20:5060>;expires=600"
)",
                        check,
                        Reads::Messages};

} // namespace diagnosis::rules
