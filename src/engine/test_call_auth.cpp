// SPDX-License-Identifier: Apache-2.0
// Whom an outgoing call answers with credentials. Whoever is called can ask for a digest, which is
// good for guessing the password at leisure: so the account's go to its own realms only, and those
// named for the call to whoever asks on its own way, not where a redirection leads.
#include <engine/test_call.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace engine {

namespace {

bool isAmong(const std::vector<AskedRealm> &known, std::string_view realm)
{
    return std::any_of(known.begin(), known.end(),
                       [&](const AskedRealm &each) { return each.realm == realm; });
}

std::string realmOf(const Reply &reply)
{
    const auto challenge = chooseChallenge(challengesOf(reply));
    return base::printable(challenge ? challenge->realm : "", false, 128);
}

} // namespace

/// Besides `realms` what is named like the hosts that the user named: address of record and edge of
/// an account, target and proxy of a call.
void TestCall::trustOnly(std::vector<AskedRealm> realms)
{
    for (const auto &uri : {m_named ? m_request.target : m_request.from, m_request.proxy}) {
        const auto host = sip::parseNameAddress(uri).uri.host; // From may bring a name along
        // What a registrar asked for in a realm of that name holds: no weaker algorithm.
        bool named = false;
        for (auto &each : realms)
            named = (each.host = each.host || base::equalsNoCase(each.realm, host)) || named;
        if (!host.empty() && !named)
            realms.push_back({std::string(host), DigestAlgorithm::Md5, true});
    }
    m_trusted = std::move(realms);
}

std::vector<std::string_view> TestCall::answerable(const Reply &reply) const
{
    if (reply.local || (reply.status != 401 && reply.status != 407))
        return {};
    const auto challenges = challengesOf(reply);
    // Of an account whose registrar trusts it unasked no realm is known: the first that a proxy
    // asks for on its flow.
    const bool first = m_flow && !m_named && !m_redirected && m_flow->asked.empty() &&
                       m_digest.asked().empty() && reply.status == 407;
    if (!m_trusted || first)
        return challenges;
    auto known = *m_trusted;
    for (auto &each : m_digest.asked()) // answered before: a new nonce of it is no news
        known.push_back(std::move(each));
    return askedBefore(challenges, known);
}

std::string TestCall::distrust(const Reply &reply) const
{
    const auto who = reply.received->from.text();
    if (m_named)
        return fmt::format("After the redirection {} asks for a password in the realm \"{}\". The "
                           "one named for this call is for where it was placed to; call that "
                           "address itself with --user to answer there.",
                           who, realmOf(reply));
    return fmt::format("Somebody behind {} asks for the account's password in the realm \"{}\", "
                       "which is neither its domain nor its proxy nor what its registrar asked "
                       "for. Earshot does not answer: an answer is enough to guess the password. "
                       "If you know that realm, call with --user and --password-file.",
                       who, realmOf(reply));
}

/// True: an INVITE with credentials left, or the call has ended for want of one.
bool TestCall::authenticate(const Reply &reply)
{
    auto challenges = answerable(reply);
    const bool distrusted = challenges.empty() && chooseChallenge(challengesOf(reply)) &&
                            !m_request.credentials.user.empty();
    if (challenges.empty()) // nothing is given away, and it is said what is missing
        challenges = challengesOf(reply);
    const auto former = m_digest.asked();
    base::Result<void> answer = base::fail(base::ErrorCode::NoPermission, distrust(reply));
    if (!distrusted)
        answer = m_digest.challenged(reply.status == 407, challenges);
    if (answer && m_formerInvites.size() < kMostAttempts) {
        for (const auto &realm : m_digest.asked())
            if (!former.empty() && !isAmong(former, realm.realm))
                note(base::LocalKind::Note, reply.status, {},
                     fmt::format("{} asks for credentials in a further realm, \"{}\"; it gets an "
                                 "answer too.",
                                 reply.received->from.text(),
                                 base::printable(realm.realm, false, 128)));
        if (sendAgain(reply))
            m_env.listener.onCall(event(CallStep::Authenticating, reply));
        return true;
    }
    CallEvent failed = event(CallStep::Failed, reply);
    failed.sentence =
        answer ? "The server asks for credentials again and again; Earshot stopped answering."
               : answer.error().sentence;
    const bool proxy = reply.status == 407;
    if (challenges.empty() &&
        reply.message().find(proxy ? sip::HeaderId::WwwAuthenticate
                                   : sip::HeaderId::ProxyAuthenticate) != nullptr)
        failed.sentence =
            fmt::format("The {} brings its challenge in {}, where it is not looked for: it belongs "
                        "into {} (RFC "
                        "3261 section {}). Have the server mended.",
                        reply.status, proxy ? "WWW-Authenticate" : "Proxy-Authenticate",
                        proxy ? "Proxy-Authenticate" : "WWW-Authenticate", proxy ? "22.3" : "22.2");
    note(base::LocalKind::AuthenticationGaveUp, reply.status, failed.toTag, failed.sentence);
    end(failed);
    return false;
}

} // namespace engine
