// SPDX-License-Identifier: Apache-2.0
#include <engine/in_dialog.h>

#include <algorithm>
#include <array>
#include <base/text.h>
#include <base/time.h>
#include <fmt/format.h>
#include <sip/sdp.h>
#include <sip/status.h>

namespace engine {

namespace {

sip::SdpDraft draftLike(std::string_view described)
{
    const auto ours = sip::parseSdp(described);
    sip::SdpDraft draft;
    const SdpOrigin origin = originOf(described);
    draft.sessionId = origin.session;
    draft.version = origin.version;
    const auto *audio = ours.audio();
    if (audio == nullptr)
        return draft;
    if (const auto endpoint = audio->endpoint())
        draft.media = *endpoint;
    for (const auto &format : audio->formats)
        if (!format.map.encoding.empty())
            draft.codecs.push_back({std::string(format.map.encoding), format.payloadType,
                                    format.map.clock, format.map.channels,
                                    std::string(format.fmtp)});
    return draft;
}

} // namespace

SdpOrigin originOf(std::string_view sdp)
{
    const auto parsed = sip::parseSdp(sdp);
    const auto words = base::split(parsed.origin, ' ');
    const auto number = [&](std::size_t at) {
        return words.size() > at
                   ? static_cast<std::uint64_t>(base::toInteger(words[at]).value_or(0))
                   : 0;
    };
    return {number(1), number(2)};
}

sip::Direction directionOf(std::string_view sdp)
{
    const auto parsed = sip::parseSdp(sdp);
    return parsed.audio() != nullptr ? parsed.audio()->direction : sip::Direction::SendRecv;
}

std::optional<std::string> answerLike(std::string_view offer, std::string_view ours,
                                      sip::Direction direction)
{
    const auto theirs = sip::parseSdp(offer);
    sip::SdpDraft draft = draftLike(ours);
    draft.direction = direction;
    const auto answer = sip::answerSdp(theirs, draft);
    if (!answer || *answer == ours)
        return answer;
    ++draft.version;
    return sip::answerSdp(theirs, draft);
}

const sip_contact_t *usableContact(const sip_contact_t *contact)
{
    const bool usable = contact != nullptr && (contact->m_url->url_type == url_sip ||
                                               contact->m_url->url_type == url_sips);
    return usable ? contact : nullptr;
}

void refreshTarget(nta_leg_t *leg, const sip_contact_t *contact)
{
    if (const auto *usable = usableContact(contact); leg != nullptr && usable != nullptr)
        nta_leg_client_route(leg, nullptr, usable);
}

std::string idleAnswer(std::string_view offer, const base::Address &local)
{
    sip::SdpDraft draft;
    draft.media = {local, 9}; // the discard port: nobody listens, and a=inactive says so
    draft.codecs = sip::codecsByName("PCMU,PCMA,opus");
    draft.direction = sip::Direction::Inactive;
    draft.sessionId = draft.version = static_cast<std::uint64_t>(base::now().ns / 1'000'000'000);
    return sip::answerSdp(sip::parseSdp(offer), draft).value_or(sip::writeSdp(draft));
}

std::string withDirection(std::string_view sdp, sip::Direction direction, std::uint64_t version)
{
    const std::string line = fmt::format("a={}\r\n", sip::directionText(direction));
    std::string out;
    bool media = false;
    for (auto each : base::split(sdp, '\n')) {
        each = base::trim(each);
        using sip::Direction;
        const auto states = [&](Direction known) {
            return each == fmt::format("a={}", sip::directionText(known));
        };
        if (each.empty() || states(Direction::SendRecv) || states(Direction::SendOnly) ||
            states(Direction::RecvOnly) || states(Direction::Inactive))
            continue;
        if (each.substr(0, 2) == "m=") {
            out += media ? line : "";
            media = true;
        }
        const auto words = base::split(each, ' ');
        if (each.substr(0, 2) == "o=" && words.size() == 6)
            out += fmt::format("{} {} {} {} {} {}\r\n", words[0], words[1], version, words[3],
                               words[4], words[5]);
        else
            out += std::string(each) + "\r\n";
    }
    return out + (media ? line : "");
}

void reply(nta_incoming_t *request, int status, const std::string &headers, const std::string &sdp)
{
    const std::string phrase(sip::phrase(status));
    nta_incoming_treply(request, status, phrase.c_str(),
                        TAG_IF(!headers.empty(), SIPTAG_HEADER_STR(headers.c_str())),
                        TAG_IF(!sdp.empty(), SIPTAG_CONTENT_TYPE_STR("application/sdp")),
                        TAG_IF(!sdp.empty(), SIPTAG_PAYLOAD_STR(sdp.c_str())), TAG_END());
}

std::string unsupportedOptions(const sip::Message &message)
{
    constexpr std::array<std::string_view, 3> kKnown{"100rel", "outbound", "path"};
    std::string out;
    for (const auto option : message.values(sip::HeaderId::Require)) {
        const bool known = std::any_of(kKnown.begin(), kKnown.end(),
                                       [&](auto each) { return base::equalsNoCase(each, option); });
        if (!known && out.size() < 256)
            out += (out.empty() ? "" : ", ") + base::printable(option, false, 64);
    }
    return out;
}

std::optional<std::string> answerInDialog(nta_incoming_t *request, const Received &received,
                                          const DialogSide &side)
{
    std::optional<std::string> answer;
    const std::string contact = "Contact: " + side.contact + "\r\n";
    const std::string allow = fmt::format("Allow: {}\r\n", kAllow);
    const auto &message = received.message;
    switch (message.method) {
    case sip::Method::Invite:
    case sip::Method::Update: {
        const auto offer = message.sdp();
        if (offer.empty()) { // a session refresh, or a re-INVITE that wants our offer
            reply(request, 200, contact + allow + side.headers,
                  message.method == sip::Method::Invite ? side.localSdp : "");
            refreshTarget(side.leg, side.target);
        } else if ((answer = answerLike(offer, side.localSdp, side.direction))) {
            reply(request, 200, contact + allow + side.headers, *answer);
            refreshTarget(side.leg, side.target);
        } else {
            reply(request, 488, allow);
        }
        break;
    }
    case sip::Method::Info:
        reply(request, 200);
        break;
    case sip::Method::Options:
        reply(request, 200,
              contact + allow + "Accept: application/sdp\r\nSupported: 100rel, outbound\r\n");
        break;
    case sip::Method::Prack:
        reply(request, 481);
        break;
    case sip::Method::Notify: // of a subscription that we do not have (RFC 6665 section 4.1.3)
        reply(request, 481);
        break;
    default:
        reply(request, message.method == sip::Method::Unknown ? 501 : 405, allow);
        break;
    }
    nta_incoming_destroy(request);
    return answer;
}

} // namespace engine
