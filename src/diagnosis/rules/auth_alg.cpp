// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <base/text.h>
#include <diagnosis/challenges.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

constexpr auto kPatience = std::chrono::seconds(1); // who knows the algorithm answers at once

/// The algorithms of a challenge's headers.
std::vector<std::string> offeredBy(const Evidence &evidence, trace::RowId challenge)
{
    std::vector<std::string> out;
    for (const auto value : challengesOf(evidence, challenge))
        out.emplace_back(algorithmOf(value));
    return out;
}

bool offers(const std::vector<std::string> &algorithms, std::string_view one)
{
    return std::any_of(algorithms.begin(), algorithms.end(), [&](const std::string &each) {
        return base::equalsNoCase(each, one) ||
               base::equalsNoCase(each, std::string(one) + "-sess");
    });
}

/// What the request behind the challenge was computed with; empty: it brings no credentials.
std::string_view usedBy(const Evidence &evidence, const calls::Transaction &t)
{
    const auto given =
        t.request.valid() ? credentialsOf(evidence, t.request) : std::vector<std::string_view>();
    return given.empty() ? std::string_view() : algorithmOf(given.front());
}

/// Nobody answered a challenge without MD5, and the failure stood: most likely the user agent knows
/// no other algorithm.
void tellUnanswered(const Evidence &evidence, Findings &out)
{
    const auto &all = evidence.call.transactions;
    const auto challenged = std::find_if(all.begin(), all.end(), [&](const auto &t) {
        if (!isChallenge(t) || !usedBy(evidence, t).empty())
            return false;
        const auto asked = offeredBy(evidence, t.finalResponse);
        return !asked.empty() && !offers(asked, "MD5");
    });
    if (challenged == all.end() ||
        (challenged->method != sip::Method::Register && evidence.call.finalStatus / 100 == 2))
        return;
    for (const auto &later : all)
        if (later.started >= challenged->finished && later.method == challenged->method)
            return; // it went on, with or without credentials
    if (evidence.now - challenged->finished < kPatience) {
        out.recheckAt(challenged->finished + kPatience);
        return;
    }
    auto &f = out.add(
        "auth-alg", Severity::Error, Grade::Likely,
        fmt::format("{} wants credentials by {} only [1], and the {} was not sent again with any: "
                    "the user agent most likely knows no other algorithm than MD5, or has no "
                    "password for it.",
                    sender(evidence, challenged->finalResponse),
                    shown(offeredBy(evidence, challenged->finalResponse).front()),
                    methodOf(evidence, *challenged)));
    f.impact = challenged->method == sip::Method::Register
                   ? "The account is not registered: no incoming calls."
                   : "The request is not carried out.";
    f.evidence = {at(challenged->finalResponse, "the challenge")};
    f.fixes = {{"Use a user agent that knows SHA-256 (RFC 8760), and give it the password.",
                std::string(senderRole(evidence, *challenged)), Action::None},
               {"Offer MD5 as a second challenge as long as old phones are in use.", "operator",
                Action::None}};
}

void check(const Evidence &evidence, Findings &out)
{
    const auto &all = evidence.call.transactions;
    int challenges = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (!isChallenge(all[i]))
            continue;
        if (++challenges > kMostChallenges)
            return;
        const auto asked = offeredBy(evidence, all[i].finalResponse);
        if (asked.empty() || offers(asked, "MD5"))
            continue;
        for (std::size_t k = i + 1; k < all.size(); ++k) {
            const auto used = usedBy(evidence, all[k]);
            if (all[k].method != all[i].method || all[k].pair != all[i].pair || used.empty())
                continue;
            if (offers(asked, used))
                break;
            auto &f =
                out.add("auth-alg", Severity::Error, Grade::Seen,
                        fmt::format("{} wants credentials by {} [1]; the {} behind it brings "
                                    "some by {} [2].",
                                    sender(evidence, all[i].finalResponse), shown(asked.front()),
                                    methodOf(evidence, all[k]), shown(used)));
            f.impact = "The credentials are refused although the password may be right.";
            f.evidence = {at(all[i].finalResponse, "the challenge"),
                          at(all[k].request, "another algorithm")};
            f.fixes = {{"Use a user agent that knows SHA-256 (RFC 8760).",
                        std::string(senderRole(evidence, all[k])), Action::None},
                       {"Offer MD5 as a second challenge as long as old phones are in use.",
                        "operator", Action::None}};
            return;
        }
    }
    tellUnanswered(evidence, out);
}

} // namespace

extern const Rule auth_alg;
const Rule auth_alg{"auth-alg",
                    "Credentials by another algorithm than asked for",
                    Severity::Error,
                    "RFC 7616 section 3.3, RFC 8760",
                    "401",
                    R"(
  0.00 alice>home REGISTER
  0.02 home>alice 401 tag=r "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256"
* 0.05 alice>home REGISTER cseq=2 "Authorization: Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"sip:example.test\", response=\"00\""
  0.07 home>alice 403 tag=r
)",
                    R"(
  0.00 alice>home REGISTER
  0.02 home>alice 401 tag=r "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256"
  0.05 alice>home REGISTER cseq=2 "Authorization: Digest username=\"a\", realm=\"r\", nonce=\"n\", uri=\"sip:example.test\", algorithm=SHA-256, response=\"00\""
  0.07 home>alice 200 tag=r "Contact: <sip:alice@192.0.2.10:5060>;expires=3600"
)",
                    check,
                    Reads::Messages};

} // namespace diagnosis::rules
