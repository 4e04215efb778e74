// SPDX-License-Identifier: Apache-2.0
#include <engine/dialog_requests.h>

#include <array>
#include <fmt/format.h>

namespace engine {

namespace {

constexpr int kMostTries = 3; // of one request, with fresh credentials

} // namespace

std::string remoteTarget(nta_leg_t *leg, const std::string &otherwise)
{
    const sip_route_t *route = nullptr;
    const sip_contact_t *target = nullptr;
    if (leg == nullptr || nta_leg_get_route(leg, &route, &target) < 0 || target == nullptr)
        return otherwise;
    std::array<char, 2048> text{};
    const auto length = url_e(text.data(), text.size(), target->m_url);
    return length > 0 && static_cast<std::size_t>(length) < text.size() ? text.data() : otherwise;
}

bool mayRetry(DigestClient &digest, const Reply &final, int attempt)
{
    return mayRetry(digest, final, attempt,
                    final.local ? std::vector<std::string_view>() : challengesOf(final));
}

bool mayRetry(DigestClient &digest, const Reply &final, int attempt,
              const std::vector<std::string_view> &challenges)
{
    if (final.local)
        return false;
    if (final.status != 401 && final.status != 407) {
        digest.accepted();
        return false;
    }
    return attempt < kMostTries && digest.challenged(final.status == 407, challenges).has_value();
}

LocalFailure byeTrouble(Agent &agent, const Reply &final, const std::string &next)
{
    if (final.local) {
        const auto why = agent.explain(final, next);
        return {why.kind, "The BYE found no answer: " + why.sentence};
    }
    if (final.status < 300)
        return {base::LocalKind::Note, {}};
    // RFC 3261 section 15.1.1: with these the dialog is over all the same.
    if (final.status == 481)
        return {
            base::LocalKind::Note,
            "The other side had ended the call already: it knows the BYE's call no more (481)."};
    if (final.status == 408)
        return {base::LocalKind::Note, "Nobody was there any more to take the BYE (408); the call "
                                       "is over all the same."};
    return {base::LocalKind::Note,
            fmt::format("The BYE was refused with {}; the other side may go on with the call.",
                        final.status)};
}

} // namespace engine
