// SPDX-License-Identifier: Apache-2.0
// Digest client of RFC 7616 and RFC 8760: MD5, SHA-256, SHA-512-256 and their -sess forms, qop auth
// and none. A plain value on the engine's thread; the password never leaves it except as a hash.
#pragma once

#include <base/result.h>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

enum class DigestAlgorithm : std::uint8_t { Md5, Sha256, Sha512_256 };

struct Challenge {
    DigestAlgorithm algorithm = DigestAlgorithm::Md5;
    bool session = false;      // "-sess"
    std::string algorithmText; // as the server wrote it; empty: it wrote none (MD5)
    std::string realm, nonce, opaque;
    bool hasOpaque = false;
    bool auth = false;    // qop lists "auth"
    bool authInt = false; // qop lists "auth-int", taken where there is no "auth"
    bool qop = false;     // there was a qop at all
    bool stale = false;
    bool userHash = false;
};

/// One WWW-/Proxy-Authenticate value. nullopt: not Digest, or an algorithm or qop we cannot answer.
std::optional<Challenge> parseChallenge(std::string_view value);
/// The topmost one we can answer (RFC 8760 section 2.4); servers list them by preference.
std::optional<Challenge> chooseChallenge(const std::vector<std::string_view> &values);
/// The same for each realm of them: several proxies may ask at once (RFC 3261 section 22.3).
std::vector<Challenge> chooseChallenges(const std::vector<std::string_view> &values);

/// What a server asked for already.
struct AskedRealm {
    std::string realm;
    DigestAlgorithm algorithm = DigestAlgorithm::Md5;
    bool host = false; // named like a host of the user's: then case does not count
};
/// Those of `values` that ask for one of `known`, and in an algorithm no weaker.
std::vector<std::string_view> askedBefore(const std::vector<std::string_view> &values,
                                          const std::vector<AskedRealm> &known);

struct DigestRequest {
    std::string_view method, uri;
    std::string_view user, password;
    std::string_view cnonce;
    std::uint32_t count = 1; // nc
    std::string_view body{}; // for auth-int
    /// "-sess": the nonce of the session's challenge, if the present one is another; `cnonce` is
    /// that of the session's first request.
    std::string_view sessionNonce{};
};
std::string digestResponse(const Challenge &challenge, const DigestRequest &request);
/// The whole value of Authorization or Proxy-Authorization.
std::string credentialsValue(const Challenge &challenge, const DigestRequest &request);

/// Remembers nonces and their counts, and knows when asking again would be a loop.
class DigestClient
{
public:
    DigestClient(std::string user, std::string password)
        : m_user(std::move(user)), m_password(std::move(password))
    {
    }

    /// What follows is another request, not the next try of the last one: an old nonce that is
    /// refused says nothing of the password.
    void newAttempt();
    /// Takes the challenges of a 401 (`proxy` false) or 407. The error says why there will be no
    /// further attempt.
    base::Result<void> challenged(bool proxy, const std::vector<std::string_view> &values);
    /// Header lines ("Authorization: ...\r\n" and so on) for the next request, empty when nobody
    /// challenged.
    std::string headers(std::string_view method, std::string_view uri, std::string_view body = {});
    /// The request was accepted: a later challenge starts a new conversation. The values of
    /// Authentication-Info and Proxy-Authentication-Info may name the next nonce (RFC 7615).
    void accepted(std::string_view info = {}, std::string_view proxyInfo = {});

    /// All that was asked for so far.
    std::vector<AskedRealm> asked() const;

private:
    base::Result<void> take(bool proxy, const Challenge &challenge);
    struct Realm {
        bool proxy = false;
        Challenge challenge;
        // "-sess": what A1 was made of by the first request after the challenge, and stays made of
        // until the next one (RFC 7616 section 3.4.2).
        std::string sessionNonce, sessionCnonce;
        std::uint32_t count = 0;
        int tries = 0;
    };
    std::string m_user, m_password;
    int m_inARow = 0;                      // challenges since the last answer of another kind
    std::map<std::string, Realm> m_realms; // key: "proxy realm"; bounded, see challenged()
};

} // namespace engine
