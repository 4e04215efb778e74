// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <diagnosis/challenges.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

/// No credentials of `given` are for a realm of `asked`, and both name theirs.
bool forOthers(const std::vector<std::string_view> &asked,
               const std::vector<std::string_view> &given)
{
    const auto realm = [](std::string_view value) { return digestParameter(value, "realm"); };
    const auto unnamed = [&](std::string_view value) { return realm(value).empty(); };
    if (asked.empty() || std::any_of(asked.begin(), asked.end(), unnamed) ||
        std::any_of(given.begin(), given.end(), unnamed))
        return false;
    return std::none_of(given.begin(), given.end(), [&](std::string_view each) {
        return std::any_of(asked.begin(), asked.end(),
                           [&](std::string_view wanted) { return realm(wanted) == realm(each); });
    });
}

void check(const Evidence &evidence, Findings &out)
{
    int challenges = 0;
    for (const auto &challenged : evidence.call.transactions) {
        if (!isChallenge(challenged))
            continue;
        if (++challenges > kMostChallenges)
            return;
        const auto *const answer = answerTo(evidence, challenged);
        // Taken all the same, the server does not look at it.
        const int status = answer == nullptr ? 0 : answer->finalStatus;
        if ((status != 401 && status != 403 && status != 407) || !answer->finalResponse.valid())
            continue;
        const auto asked = challengesOf(evidence, challenged.finalResponse);
        const auto given = credentialsOf(evidence, answer->request);
        if (!forOthers(asked, given))
            continue;
        auto &f = out.add(
            "auth-realm", Severity::Warning, Grade::Seen,
            fmt::format("{} asks for credentials of realm \"{}\" [1]; the {} behind it brings some "
                        "of realm \"{}\" [2] and is refused with {} [3].",
                        sender(evidence, challenged.finalResponse),
                        shown(digestParameter(asked.front(), "realm")), methodOf(evidence, *answer),
                        shown(digestParameter(given.front(), "realm")),
                        codeText(answer->finalStatus)));
        f.impact = "It can never be accepted, whatever the password is.";
        f.evidence = {at(evidence, challenged.finalResponse, asked.front(), "the realm asked for"),
                      at(evidence, answer->request, given.front(), "the realm of the credentials"),
                      at(answer->finalResponse, "refused")};
        f.fixes = {{"Give the account user name and password for this realm, or for any realm.",
                    "operator", Action::CheckPassword},
                   {"Look at which hop asks: a proxy on the way (407) wants credentials of its own "
                    "beside those of the home proxy or registrar.",
                    "operator", Action::None}};
        return;
    }
}

} // namespace

extern const Rule auth_realm;
const Rule auth_realm{"auth-realm",
                      "Credentials of another realm",
                      Severity::Warning,
                      "RFC 3261 section 22.1",
                      "407",
                      R"(
  0.00 alice>proxy INVITE offer
  0.01 proxy>alice 407 tag=p "Proxy-Authenticate: Digest realm=\"carrier.test\", nonce=\"n1\""
  0.02 alice>proxy ACK tag=p
* 0.03 alice>proxy INVITE offer cseq=2 "Proxy-Authorization: Digest username=\"a\", realm=\"home.test\", nonce=\"n1\", response=\"0\""
  0.04 proxy>alice 407 tag=q "Proxy-Authenticate: Digest realm=\"carrier.test\", nonce=\"n2\""
)",
                      R"(
  0.00 alice>proxy INVITE offer
  0.01 proxy>alice 407 tag=p "Proxy-Authenticate: Digest realm=\"home.test\", nonce=\"n1\""
  0.02 alice>proxy ACK tag=p
  0.03 alice>proxy INVITE offer cseq=2 "Proxy-Authorization: Digest username=\"a\", realm=\"home.test\", nonce=\"n1\", response=\"0\""
  0.04 proxy>alice 407 tag=q "Proxy-Authenticate: Digest realm=\"carrier.test\", nonce=\"n2\""
)",
                      check,
                      Reads::Messages};

} // namespace diagnosis::rules
