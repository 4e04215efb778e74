// SPDX-License-Identifier: Apache-2.0
#include <engine/digest.h>

#include <algorithm>
#include <base/text.h>
#include <fmt/format.h>
#include <openssl/evp.h>

namespace engine {

namespace {

constexpr std::size_t kMostRealms = 8;
constexpr int kMostTries = 4;   // stale nonces that never end are a loop too
constexpr int kMostInARow = 12; // whatever realms they name

const EVP_MD *implementation(DigestAlgorithm algorithm)
{
    switch (algorithm) {
    case DigestAlgorithm::Md5:
        return EVP_md5();
    case DigestAlgorithm::Sha256:
        return EVP_sha256();
    case DigestAlgorithm::Sha512_256:
        return EVP_sha512_256();
    }
    return nullptr;
}

std::string hash(DigestAlgorithm algorithm, const std::string &text)
{
    unsigned char out[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (EVP_Digest(text.data(), text.size(), out, &length, implementation(algorithm), nullptr) != 1)
        return {};
    return base::hex({reinterpret_cast<const char *>(out), length});
}

std::optional<DigestAlgorithm> algorithmOf(std::string_view name)
{
    if (name.empty() || base::equalsNoCase(name, "MD5"))
        return DigestAlgorithm::Md5;
    if (base::equalsNoCase(name, "SHA-256"))
        return DigestAlgorithm::Sha256;
    if (base::equalsNoCase(name, "SHA-512-256"))
        return DigestAlgorithm::Sha512_256;
    return std::nullopt;
}

/// The next `name=value` of a challenge; quoted values keep their escapes. Moves `rest` on.
bool nextParameter(std::string_view &rest, std::string_view &name, std::string_view &value)
{
    while (!rest.empty() && (rest.front() == ',' || rest.front() == ' ' || rest.front() == '\t' ||
                             rest.front() == '\r' || rest.front() == '\n'))
        rest.remove_prefix(1);
    const auto equals = rest.find('=');
    if (equals == std::string_view::npos)
        return false;
    name = base::trim(rest.substr(0, equals));
    rest.remove_prefix(equals + 1);
    while (!rest.empty() && (rest.front() == ' ' || rest.front() == '\t'))
        rest.remove_prefix(1);
    if (!rest.empty() && rest.front() == '"') {
        std::size_t end = 1;
        while (end < rest.size() && rest[end] != '"')
            end += rest[end] == '\\' ? 2 : 1;
        end = std::min(end, rest.size());
        value = rest.substr(1, end - 1);
        rest.remove_prefix(std::min(end + 1, rest.size()));
    } else {
        const auto end = std::min(rest.find(','), rest.size());
        value = base::trim(rest.substr(0, end));
        rest.remove_prefix(end);
    }
    return true;
}

bool listsQop(std::string_view qop, std::string_view wanted)
{
    for (const auto option : base::split(qop, ','))
        if (base::equalsNoCase(base::trim(option), wanted))
            return true;
    return false;
}

const char *qopOf(const Challenge &challenge)
{
    return challenge.auth ? "auth" : "auth-int";
}

/// A user name may hold anything; inside quotes only these two need help (RFC 3261 section 25.1).
std::string quoted(std::string_view text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '\r' || c == '\n' || c == '\0')
            continue;
        if (c == '"' || c == '\\')
            out += '\\';
        out += c;
    }
    return out + '"';
}

void setParameter(Challenge &out, std::string_view name, std::string_view value)
{
    if (base::equalsNoCase(name, "realm")) {
        out.realm = value;
    } else if (base::equalsNoCase(name, "nonce")) {
        out.nonce = value;
    } else if (base::equalsNoCase(name, "opaque")) {
        out.opaque = value;
        out.hasOpaque = true;
    } else if (base::equalsNoCase(name, "algorithm")) {
        out.algorithmText = value;
    } else if (base::equalsNoCase(name, "stale")) {
        out.stale = base::equalsNoCase(value, "true");
    } else if (base::equalsNoCase(name, "userhash")) {
        out.userHash = base::equalsNoCase(value, "true");
    } else if (base::equalsNoCase(name, "qop")) {
        out.qop = true;
        out.auth = listsQop(value, "auth");
        out.authInt = listsQop(value, "auth-int");
    }
}

bool hasControl(std::string_view text)
{
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::string firstHash(const Challenge &challenge, const DigestRequest &request)
{
    // Realm and nonce are hashed as they stood between the quotes, escapes included (RFC 7616
    // section 3.4.2).
    std::string a1 = hash(challenge.algorithm,
                          fmt::format("{}:{}:{}", request.user, challenge.realm, request.password));
    if (!challenge.session)
        return a1;
    const std::string_view nonce =
        request.sessionNonce.empty() ? challenge.nonce : request.sessionNonce;
    return hash(challenge.algorithm, fmt::format("{}:{}:{}", a1, nonce, request.cnonce));
}

} // namespace

std::optional<Challenge> parseChallenge(std::string_view value)
{
    value = base::trim(value);
    const auto space = value.find_first_of(" \t\r\n");
    if (space == std::string_view::npos || !base::equalsNoCase(value.substr(0, space), "Digest"))
        return std::nullopt;
    Challenge out;
    std::string_view rest = value.substr(space), name, text;
    while (nextParameter(rest, name, text))
        setParameter(out, name, text);
    std::string_view algorithm = out.algorithmText;
    if (algorithm.size() > 5 &&
        base::equalsNoCase(algorithm.substr(algorithm.size() - 5), "-sess")) {
        out.session = true;
        algorithm.remove_suffix(5);
    }
    const auto known = algorithmOf(algorithm);
    if (!known || out.nonce.empty() || (out.qop && !out.auth && !out.authInt))
        return std::nullopt;
    // These go back into a header of ours: nobody injects lines that way.
    if (hasControl(out.realm) || hasControl(out.nonce) || hasControl(out.opaque))
        return std::nullopt;
    out.algorithm = *known;
    return out;
}

std::optional<Challenge> chooseChallenge(const std::vector<std::string_view> &values)
{
    for (const auto value : values)
        if (auto challenge = parseChallenge(value))
            return challenge;
    return std::nullopt;
}

std::vector<Challenge> chooseChallenges(const std::vector<std::string_view> &values)
{
    std::vector<Challenge> out;
    for (const auto value : values) {
        auto challenge = parseChallenge(value);
        const bool another = challenge && out.size() < kMostRealms &&
                             std::none_of(out.begin(), out.end(), [&](const Challenge &each) {
                                 return each.realm == challenge->realm;
                             });
        if (another)
            out.push_back(std::move(*challenge));
    }
    return out;
}

std::vector<std::string_view> askedBefore(const std::vector<std::string_view> &values,
                                          const std::vector<AskedRealm> &known)
{
    const auto weak = [](DigestAlgorithm each) { return each == DigestAlgorithm::Md5; };
    std::vector<std::string_view> out;
    for (const auto value : values) {
        const auto challenge = parseChallenge(value);
        if (challenge && std::any_of(known.begin(), known.end(), [&](const AskedRealm &each) {
                const bool same = each.host ? base::equalsNoCase(each.realm, challenge->realm)
                                            : each.realm == challenge->realm;
                return same && (weak(each.algorithm) || !weak(challenge->algorithm));
            }))
            out.push_back(value);
    }
    return out;
}

std::string digestResponse(const Challenge &challenge, const DigestRequest &request)
{
    const std::string a1 = firstHash(challenge, request);
    std::string second = fmt::format("{}:{}", request.method, request.uri);
    const bool whole = challenge.qop && !challenge.auth; // RFC 7616 section 3.4.3
    if (whole)
        second += ":" + hash(challenge.algorithm, std::string(request.body));
    const std::string a2 = hash(challenge.algorithm, second);
    if (!challenge.qop) // RFC 2069's form, still sent by old registrars
        return hash(challenge.algorithm, fmt::format("{}:{}:{}", a1, challenge.nonce, a2));
    return hash(challenge.algorithm,
                fmt::format("{}:{}:{:08x}:{}:{}:{}", a1, challenge.nonce, request.count,
                            request.cnonce, qopOf(challenge), a2));
}

std::string credentialsValue(const Challenge &challenge, const DigestRequest &request)
{
    const std::string user =
        challenge.userHash
            ? hash(challenge.algorithm, fmt::format("{}:{}", request.user, challenge.realm))
            : std::string(request.user);
    // Realm, nonce and opaque go back byte for byte, so they are not quoted anew.
    std::string out = fmt::format(
        "Digest username={}, realm=\"{}\", nonce=\"{}\", uri=\"{}\", response=\"{}\"", quoted(user),
        challenge.realm, challenge.nonce, request.uri, digestResponse(challenge, request));
    if (!challenge.algorithmText.empty())
        out += ", algorithm=" + challenge.algorithmText;
    if (challenge.qop)
        out += fmt::format(", qop={}, nc={:08x}, cnonce=\"{}\"", qopOf(challenge), request.count,
                           request.cnonce);
    else if (challenge.session)
        out += fmt::format(", cnonce=\"{}\"", request.cnonce);
    if (challenge.hasOpaque)
        out += fmt::format(", opaque=\"{}\"", challenge.opaque);
    if (challenge.userHash)
        out += ", userhash=true";
    return out;
}

void DigestClient::newAttempt()
{
    m_inARow = 0;
    for (auto &[key, realm] : m_realms)
        realm.tries = 0;
}

base::Result<void> DigestClient::challenged(bool proxy, const std::vector<std::string_view> &values)
{
    const auto challenges = chooseChallenges(values);
    if (challenges.empty())
        return base::fail(
            base::ErrorCode::Unsupported,
            values.empty()
                ? "The server asks for credentials but sends no challenge to answer."
                : "The server asks for a kind of authentication that Earshot does not know; it "
                  "knows Digest with MD5, SHA-256 and SHA-512-256.");
    if (++m_inARow > kMostInARow)
        return base::fail(base::ErrorCode::NoPermission,
                          "The server asks for credentials again and again; Earshot stopped "
                          "answering.");
    // Who asks no more was content: the proxy before the one that asks now, for instance.
    for (auto &entry : m_realms) {
        Realm &realm = entry.second;
        const bool asksAgain =
            realm.proxy == proxy &&
            std::any_of(challenges.begin(), challenges.end(),
                        [&](const Challenge &each) { return each.realm == realm.challenge.realm; });
        realm.tries = asksAgain ? realm.tries : 0;
    }
    for (const auto &challenge : challenges)
        if (auto taken = take(proxy, challenge); !taken)
            return taken;
    return {};
}

base::Result<void> DigestClient::take(bool proxy, const Challenge &challenge)
{
    if (m_user.empty())
        return base::fail(base::ErrorCode::NoPermission,
                          fmt::format("The server asks for a user name and password for \"{}\". "
                                      "Enter them and try again.",
                                      base::printable(challenge.realm, false, 128)));
    const std::string key = (proxy ? "proxy " : "server ") + challenge.realm;
    const auto known = m_realms.find(key);
    if (known == m_realms.end() && m_realms.size() >= kMostRealms)
        return base::fail(base::ErrorCode::NoPermission,
                          "The server asks for credentials for one realm after the other; "
                          "Earshot stopped answering.");
    const bool refused = known != m_realms.end() && known->second.tries > 0 &&
                         (!challenge.stale || known->second.tries >= kMostTries);
    if (refused) {
        const int tries = known->second.tries;
        m_realms.erase(known); // the next attempt begins without what was refused
        if (challenge.stale)
            return base::fail(
                base::ErrorCode::NoPermission,
                fmt::format(
                    "The server called the nonce stale after each of {} answers, though it was the "
                    "one it had just given for \"{}\"; Earshot stopped answering. That says "
                    "nothing against user name and password.",
                    tries, base::printable(challenge.realm, false, 128)));
        return base::fail(
            base::ErrorCode::NoPermission,
            fmt::format("The server does not accept the user name or password for \"{}\".",
                        base::printable(challenge.realm, false, 128)));
    }
    Realm &realm = m_realms[key];
    realm.count = realm.challenge.nonce == challenge.nonce ? realm.count : 0;
    realm.proxy = proxy;
    realm.challenge = challenge;
    realm.sessionNonce = challenge.session ? challenge.nonce : "";
    realm.sessionCnonce = challenge.session ? base::randomToken(16) : "";
    ++realm.tries;
    return {};
}

std::vector<AskedRealm> DigestClient::asked() const
{
    std::vector<AskedRealm> out;
    for (const auto &[key, realm] : m_realms)
        out.push_back({realm.challenge.realm, realm.challenge.algorithm});
    return out;
}

std::string DigestClient::headers(std::string_view method, std::string_view uri,
                                  std::string_view body)
{
    std::string out;
    for (auto &[key, realm] : m_realms) {
        const std::string cnonce =
            realm.challenge.session ? realm.sessionCnonce : base::randomToken(16);
        const DigestRequest request{method, uri,           m_user, m_password,
                                    cnonce, ++realm.count, body,   realm.sessionNonce};
        out += realm.proxy ? "Proxy-Authorization: " : "Authorization: ";
        out += credentialsValue(realm.challenge, request) + "\r\n";
    }
    return out;
}

void DigestClient::accepted(std::string_view info, std::string_view proxyInfo)
{
    m_inARow = 0;
    for (auto &[key, realm] : m_realms) {
        realm.tries = 0;
        std::string_view rest = realm.proxy ? proxyInfo : info, name, value;
        while (nextParameter(rest, name, value)) {
            const bool next = base::equalsNoCase(name, "nextnonce") && !value.empty() &&
                              !hasControl(value) && value != realm.challenge.nonce;
            if (!next)
                continue;
            realm.challenge.nonce = value;
            realm.count = 0;
        }
    }
}

} // namespace engine
