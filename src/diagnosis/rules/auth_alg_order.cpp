// SPDX-License-Identifier: Apache-2.0
#include <base/text.h>
#include <diagnosis/challenges.h>
#include <diagnosis/rule.h>
#include <fmt/format.h>

namespace diagnosis::rules {
namespace {

bool isMd5(std::string_view algorithm)
{
    return base::equalsNoCase(algorithm, "MD5") || base::equalsNoCase(algorithm, "MD5-sess");
}

void check(const Evidence &evidence, Findings &out)
{
    int challenges = 0;
    for (const auto &challenged : evidence.call.transactions) {
        if (!isChallenge(challenged))
            continue;
        if (++challenges > kMostChallenges)
            return;
        const auto asked = challengesOf(evidence, challenged.finalResponse);
        if (asked.size() < 2 || isMd5(algorithmOf(asked.front())))
            continue;
        const auto *const answer = answerTo(evidence, challenged);
        const auto given = answer != nullptr ? credentialsOf(evidence, answer->request)
                                             : std::vector<std::string_view>();
        if (given.size() != 1 || !isMd5(algorithmOf(given.front())) ||
            digestParameter(given.front(), "realm") != digestParameter(asked.front(), "realm"))
            continue;
        auto &f = out.add(
            "auth-alg-order", Severity::Info, Grade::Likely,
            fmt::format("{} would rather have credentials by {} [1]; the {} behind it brings some "
                        "by {} [2], as a user agent does that knows no other.",
                        sender(evidence, challenged.finalResponse),
                        shown(algorithmOf(asked.front())), methodOf(evidence, *answer),
                        shown(algorithmOf(given.front()))));
        f.impact = "It works as long as the server offers MD5; the password is less well "
                   "protected than it could be.";
        f.evidence = {at(evidence, challenged.finalResponse, asked.front(), "asked for first"),
                      at(evidence, answer->request, given.front(), "given")};
        f.fixes = {{"Answer the first challenge whose algorithm is known (RFC 8760 section 2.4); "
                    "learn SHA-256.",
                    std::string(senderRole(evidence, challenged)), Action::None}};
        return;
    }
}

} // namespace

extern const Rule auth_alg_order;
const Rule auth_alg_order{"auth-alg-order",
                          "The weaker algorithm was taken",
                          Severity::Info,
                          "RFC 8760 section 2.4",
                          "401",
                          R"(
  0.00 alice>proxy REGISTER
  0.02 proxy>alice 401 tag=p "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256" "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=MD5"
* 0.04 alice>proxy REGISTER cseq=2 "Authorization: Digest username=\"a\", realm=\"r\", nonce=\"n\", algorithm=MD5, response=\"0\""
  0.06 proxy>alice 200 tag=p "Contact: <sip:alice@192.0.2.10:5060>;expires=600"
)",
                          R"(
  0.00 alice>proxy REGISTER
  0.02 proxy>alice 401 tag=p "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256" "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=MD5"
  0.04 alice>proxy REGISTER cseq=2 "Authorization: Digest username=\"a\", realm=\"r\", nonce=\"n\", algorithm=SHA-256, response=\"0\""
  0.06 proxy>alice 200 tag=p "Contact: <sip:alice@192.0.2.10:5060>;expires=600"
)",
                          check,
                          Reads::Messages};

} // namespace diagnosis::rules
