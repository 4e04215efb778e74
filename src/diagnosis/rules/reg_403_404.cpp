// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/crowd.h>
#include <diagnosis/facts.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace diagnosis::rules {
namespace {

bool acceptedLater(const calls::Call &call, const calls::Transaction &refused)
{
    return std::any_of(call.transactions.begin(), call.transactions.end(), [&](const auto &t) {
        return t.method == sip::Method::Register && t.finalStatus / 100 == 2 &&
               t.started >= refused.finished;
    });
}

/// One account after the other from one socket: told once, of the first.
bool tellsOfMany(const Evidence &evidence, const calls::Transaction &refused, Findings &out)
{
    constexpr std::size_t kMany = 10;
    const auto crowd = refusedAlike(evidence, refused);
    if (crowd.count < kMany) {
        if (evidence.live)
            out.recheckAt(refused.finished + std::chrono::minutes(1));
        return false;
    }
    if (crowd.before)
        return true;
    auto &f =
        out.add("reg-403-404", Severity::Warning, Grade::Seen,
                fmt::format("{} tried to register {} accounts within {}, and each was refused "
                            "as this one [1] was with {} [2].",
                            sender(evidence, refused.request), crowd.count,
                            lasting(crowd.until - crowd.since), codeText(refused.finalStatus)));
    f.impact = "So one looks for accounts that exist, and guesses passwords next; or a gateway "
               "registers for many and none of them is known.";
    f.evidence = {at(evidence, refused.request, sip::HeaderId::To, "the first account"),
                  at(refused.finalResponse, "its refusal")};
    f.fixes = {
        {fmt::format("If {} is none of yours, turn it away at the edge, and limit how often "
                     "one address may fail to register.",
                     evidence.trace.source(refused.request).address.text()),
         "edge proxy", Action::None},
        {"If it is, compare its accounts with what is provisioned.", "operator", Action::None}};
    return true;
}

void check(const Evidence &evidence, Findings &out)
{
    for (const auto &refused : evidence.call.transactions) {
        if (refused.method != sip::Method::Register || !refused.finalResponse.valid() ||
            !refused.request.valid() ||
            (refused.finalStatus != 403 && refused.finalStatus != 404) ||
            acceptedLater(evidence.call, refused))
            continue;
        if (tellsOfMany(evidence, refused, out))
            return;
        const auto &request = evidence.message(refused.request);
        const bool known = request.find(sip::HeaderId::Authorization) != nullptr ||
                           request.find(sip::HeaderId::ProxyAuthorization) != nullptr;
        auto &f = out.add(
            "reg-403-404", Severity::Error, Grade::Seen,
            fmt::format(
                "{} refused to register {} [1] with {} [2], {} credentials.",
                sender(evidence, refused.finalResponse),
                shown(sip::parseNameAddress(request.value(sip::HeaderId::To)).uri.address()),
                codeText(refused.finalStatus), known ? "after" : "without"));
        f.impact = "The account cannot be called, and often cannot call.";
        f.evidence = {at(evidence, refused.request, sip::HeaderId::To, "the account"),
                      at(refused.finalResponse, "the refusal")};
        f.fixes = {{"Compare account, domain of the Request-URI and user name of the credentials "
                    "with what is provisioned.",
                    "operator", Action::None}};
        return;
    }
}

} // namespace

extern const Rule reg_403_404;
const Rule reg_403_404{"reg-403-404",
                       "The registrar does not have this account",
                       Severity::Error,
                       "RFC 3261 section 10.3",
                       "403",
                       R"(
  0.00 bob>edge REGISTER
* 0.05 edge>bob 403 tag=r
)",
                       R"(
  0.00 bob>edge REGISTER
  0.05 edge>bob 200 tag=r "Contact: <sip:bob@192.0.2.20:5060>;expires=600"
)",
                       check,
                       Reads::Messages};

} // namespace diagnosis::rules
