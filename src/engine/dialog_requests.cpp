// SPDX-License-Identifier: Apache-2.0
#include <engine/dialog_requests.h>

#include <array>
#include <base/text.h>
#include <fmt/format.h>
#include <sip/uri.h>

namespace engine {

namespace {

constexpr int kMostTries = 3; // of one request, with fresh credentials

base::Endpoint endpointNamed(const char *host, const char *port, bool secure)
{
    const std::string_view text = host != nullptr ? host : "";
    const bool bracketed = text.size() > 2 && text.front() == '[';
    const auto address = base::Address::parse(bracketed ? text.substr(1, text.size() - 2) : text);
    const auto number = base::toInteger(port != nullptr ? port : secure ? "5061" : "5060");
    if (!address || !number || *number <= 0 || *number > 0xFFFF)
        return {};
    return {*address, static_cast<std::uint16_t>(*number)};
}

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

base::Endpoint destinationOf(const RequestSpec &spec)
{
    if (spec.transport != nullptr) {
        const tp_name_t *name = tport_name(spec.transport);
        return endpointNamed(name->tpn_host, name->tpn_port, false);
    }
    if (!spec.route.empty()) {
        const auto uri = sip::parseUri(spec.route);
        const std::string host(uri.host), port = uri.port ? std::to_string(*uri.port) : "";
        return endpointNamed(host.c_str(), uri.port ? port.c_str() : nullptr,
                             base::equalsNoCase(uri.scheme, "sips"));
    }
    const sip_route_t *route = nullptr;
    const sip_contact_t *target = nullptr;
    if (spec.leg == nullptr || nta_leg_get_route(spec.leg, &route, &target) < 0)
        return {};
    const url_t *url = route != nullptr    ? route->r_url
                       : target != nullptr ? target->m_url
                                           : nullptr;
    return url != nullptr ? endpointNamed(url->url_host, url->url_port, url->url_type == url_sips)
                          : base::Endpoint{};
}

LocalFailure byeTrouble(Agent &agent, const Reply &final, const std::string &next,
                        const base::Endpoint &remote)
{
    if (final.local) {
        const auto why = agent.explain(final, next, remote);
        return {why.kind, "The BYE found no answer: " + why.sentence};
    }
    if (final.status < 300)
        return {base::LocalKind::Note, {}};
    // RFC 3261 section 15.1.1: with these the dialog is over all the same.
    if (final.status == 481)
        return {
            base::LocalKind::Note,
            "The other side does not know the BYE's call (481): it ended or lost it, or the BYE "
            "reached somebody else. The call is over all the same."};
    if (final.status == 408)
        return {base::LocalKind::Note, "Nobody was there any more to take the BYE (408); the call "
                                       "is over all the same."};
    return {base::LocalKind::Note,
            fmt::format("The BYE was refused with {}; the other side may go on with the call.",
                        final.status)};
}

} // namespace engine
