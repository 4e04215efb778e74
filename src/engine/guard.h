// SPDX-License-Identifier: Apache-2.0
// The guard in front of sofia-sip: reads every message with our own parser first and refuses what
// is known to hurt the library or to misuse us. Engine thread; owned by the agent. What it refuses
// is still in the trace.
#pragma once

#include <base/endpoint.h>
#include <base/packet.h>
#include <optional>
#include <sip/message.h>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace engine {

struct Refusal {
    base::LocalKind kind = base::LocalKind::GuardRefused; // or ViaMismatch
    std::string sentence;
    std::string callId; // as far as it could be read
};

constexpr std::size_t kDatagramLimit = 65'535;
/// Less than the stack's own limit (NTATAG_MAXSIZE), so that what the guard lets through is never
/// too large for it.
constexpr std::size_t kStreamMessageLimit = 60'000;
/// Of a connection: what lies between is skipped by its Content-Length. Beyond that a length is
/// taken for nonsense, behind which no message can be found.
constexpr std::size_t kLongestSkipped = 4'000'000;

/// nullopt: may be handed on. Stateless; linear in the length of `text`.
std::optional<Refusal> inspect(std::string_view text, base::Transport transport);

/// A response that is not for us by its Via (RFC 3261 sections 18.1.2 and 8.1.3.3). `ours`: what
/// our requests name as sent-by.
std::optional<Refusal> foreignVia(const sip::Message &response,
                                  const std::vector<base::Endpoint> &ours);

/// A 2xx to an INVITE that must not reach the library as it is, with nothing but what its ACK and
/// BYE need and no longer than it was; nullopt: it is no such response, or too broken for that.
std::optional<std::string> leastAnswer(std::string_view text);

/// Why a URI must not reach the library (one clause); nullopt: it may.
std::optional<std::string> harmfulUri(std::string_view text);

/// Requests from one address that we would have to answer, at most so many a second: we are
/// nobody's amplifier.
class RateLimit
{
public:
    explicit RateLimit(int perSecond = 50) : m_perSecond(perSecond) {}

    /// False: to be dropped.
    bool passes(const base::Address &from, base::Instant now);
    /// The last one that did not pass was let through after all.
    void pardon(const base::Address &from);
    int perSecond() const { return m_perSecond; }

    /// What did not pass in seconds that are over by now; told once. The first few sources, and
    /// the sum of the others.
    struct Drops {
        std::vector<std::pair<base::Address, std::uint64_t>> bySource;
        std::uint64_t others = 0;
        bool more = false; // there are some in a second that is not over
    };
    Drops over(base::Instant now);

private:
    struct Window {
        base::Instant start;
        int seen = 0;
        std::uint64_t dropped = 0;
    };
    static bool isOver(const Window &window, base::Instant now);
    void close(const base::Address &from, Window &window);

    int m_perSecond;
    Drops m_over;                                        // not told yet
    std::unordered_map<base::Address, Window> m_windows; // at most kMostSources
};

} // namespace engine
