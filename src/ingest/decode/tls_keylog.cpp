// SPDX-License-Identifier: Apache-2.0
#include <ingest/decode/tls_keylog.h>

#include <algorithm>
#include <array>
#include <set>

namespace ingest::decode {
namespace {

constexpr std::size_t kMostSecrets = 1U << 18U;
constexpr std::size_t kRandom = 32;      // bytes of a client random
constexpr std::size_t kMostSecret = 64;  // bytes; SHA-384 makes 48
constexpr std::size_t kShortSecret = 16; // bytes

struct Label {
    std::string_view text;
    TlsSecret kind;
};
constexpr std::array<Label, 6> kLabels{{
    {"CLIENT_RANDOM", TlsSecret::Master},
    {"CLIENT_EARLY_TRAFFIC_SECRET", TlsSecret::ClientEarly},
    {"CLIENT_HANDSHAKE_TRAFFIC_SECRET", TlsSecret::ClientHandshake},
    {"SERVER_HANDSHAKE_TRAFFIC_SECRET", TlsSecret::ServerHandshake},
    {"CLIENT_TRAFFIC_SECRET_0", TlsSecret::ClientTraffic},
    {"SERVER_TRAFFIC_SECRET_0", TlsSecret::ServerTraffic},
}};

int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// Empty: no whole octets in hexadecimal.
std::string octets(std::string_view hex)
{
    std::string out;
    if (hex.size() % 2 != 0)
        return out;
    out.reserve(hex.size() / 2);
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        const int high = digit(hex[i]), low = digit(hex[i + 1]);
        if (high < 0 || low < 0)
            return {};
        out.push_back(static_cast<char>(high * 16 + low));
    }
    return out;
}

std::string_view word(std::string_view &rest)
{
    rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(" \t")));
    const std::string_view out = rest.substr(0, rest.find_first_of(" \t"));
    rest.remove_prefix(out.size());
    return out;
}

std::string keyOf(TlsSecret kind, std::string_view clientRandom)
{
    std::string key(1, static_cast<char>(kind));
    return key.append(clientRandom);
}

} // namespace

void TlsKeyLog::add(std::string_view text)
{
    while (!text.empty()) {
        const std::size_t end = std::min(text.find_first_of("\r\n"), text.size());
        line(text.substr(0, end));
        text.remove_prefix(std::min(text.size(), end + 1));
    }
}

void TlsKeyLog::line(std::string_view text)
{
    const std::string_view name = word(text);
    const auto *const label = std::find_if(kLabels.begin(), kLabels.end(),
                                           [name](const Label &l) { return l.text == name; });
    if (label == kLabels.end()) {
        // EXPORTER_SECRET and the like are secrets too, of no use here.
        m_broken += name.empty() || name.front() == '#' || text.size() > 2 * kRandom ? 0 : 1;
        return;
    }
    const std::string random = octets(word(text));
    std::string secret = octets(word(text).substr(0, 2 * kMostSecret + 1));
    if (random.size() != kRandom || secret.size() < kShortSecret) {
        ++m_broken;
        return;
    }
    if (m_secrets.size() >= kMostSecrets) {
        ++m_refused;
        return;
    }
    m_secrets.insert_or_assign(keyOf(label->kind, random), std::move(secret));
}

std::size_t TlsKeyLog::sessions() const
{
    std::set<std::string_view> randoms;
    for (const auto &[key, secret] : m_secrets)
        randoms.insert(std::string_view(key).substr(1));
    return randoms.size();
}

std::string_view TlsKeyLog::find(TlsSecret kind, std::string_view clientRandom) const
{
    const auto found = m_secrets.find(keyOf(kind, clientRandom));
    return found != m_secrets.end() ? std::string_view(found->second) : std::string_view();
}

bool TlsKeyLog::knows(std::string_view clientRandom) const
{
    return std::any_of(kLabels.begin(), kLabels.end(),
                       [&](const Label &label) { return !find(label.kind, clientRandom).empty(); });
}

} // namespace ingest::decode
