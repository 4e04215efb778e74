// SPDX-License-Identifier: Apache-2.0
#include <engine/in_dialog.h>

#include <algorithm>
#include <base/text.h>
#include <base/time.h>
#include <fmt/format.h>
#include <sip/sdp.h>
#include <sip/sdp_crypto.h>
#include <sip/sdp_dtls.h>
#include <sip/sdp_events.h>
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
    const auto *audio = ours.usedAudio();
    if (audio == nullptr)
        return draft;
    draft.protocol = audio->protocol;
    for (const auto line : sip::cryptoLines(*audio))
        draft.crypto.emplace_back(line);
    draft.rtcpMux = audio->attribute("rtcp-mux").has_value();
    if (const auto own = sip::fingerprints(ours, *audio); !own.empty())
        draft.fingerprint = own.front();
    if (const auto setup = audio->attribute("setup"))
        draft.setup = *setup;
    if (const auto endpoint = audio->endpoint())
        draft.media = *endpoint;
    for (const auto &format : audio->formats)
        if (!format.map.encoding.empty())
            draft.codecs.push_back({std::string(format.map.encoding), format.payloadType,
                                    format.map.clock, format.map.channels,
                                    std::string(format.fmtp)});
    return draft;
}

void addTo(sip::SdpDraft &draft, const sip::SdpDraft &also)
{
    if (!draft.media.known() || draft.media.port == 0)
        draft.media = also.media; // every stream was taken away
    for (const auto &codec : also.codecs)
        if (std::none_of(draft.codecs.begin(), draft.codecs.end(), [&](const sip::Codec &known) {
                return base::equalsNoCase(known.encoding, codec.encoding) &&
                       known.clock == codec.clock && known.channels == codec.channels;
            }))
            draft.codecs.push_back(codec);
    draft.crypto.insert(draft.crypto.end(), also.crypto.begin(), also.crypto.end());
    draft.rtcpMux = draft.rtcpMux || also.rtcpMux;
    if (draft.fingerprint.empty()) {
        draft.fingerprint = also.fingerprint;
        draft.setup = also.setup;
    }
}

/// What was described last comes first, so that a stream goes on as it is where that can be.
sip::SdpDraft draftOf(const OurSide &ours)
{
    auto draft = draftLike(ours.current);
    if (!ours.able.empty())
        draft.protocol = draftLike(ours.able.front()).protocol;
    for (const auto &description : ours.able)
        addTo(draft, draftLike(description));
    sip::addEvents(draft.codecs); // an offer may be the first to want them
    draft.direction = ours.direction;
    return draft;
}

/// Nothing of it is to flow: no line, or all of them with port 0 (RFC 3264 sections 5 and 8.2).
bool takesAllAway(const sip::Sdp &offer)
{
    return std::all_of(offer.media.begin(), offer.media.end(), [](const sip::SdpMedia &media) {
        return media.port == 0 && !media.type.empty() && !media.protocol.empty();
    });
}

/// A line of a description, with its end; an o= line tells `version`.
std::string lineOf(std::string_view line, std::uint64_t version)
{
    const auto words = base::split(line, ' ');
    if (line.substr(0, 2) != "o=" || words.size() != 6)
        return std::string(line) + "\r\n";
    return fmt::format("{} {} {} {} {} {}\r\n", words[0], words[1], version, words[3], words[4],
                       words[5]);
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

std::optional<std::string> answerLike(std::string_view offer, const OurSide &ours)
{
    const auto theirs = sip::parseSdp(offer);
    if (!theirs.origin.empty() && takesAllAway(theirs)) {
        auto same = answerNothing(offer, ours.current, true);
        return ours.unsaid || same == ours.current ? same
                                                   : answerNothing(offer, ours.current, false);
    }
    sip::SdpDraft draft = draftOf(ours);
    auto answer = sip::answerSdp(theirs, draft);
    if (!answer || *answer == ours.current || ours.unsaid)
        return answer;
    ++draft.version;
    return sip::answerSdp(theirs, draft);
}

namespace {

/// With those of `also` that it lacks, each under a number of its own.
void addCodecs(std::vector<sip::Codec> &codecs, const std::vector<sip::Codec> &also)
{
    constexpr int kFirstDynamic = 96, kLastDynamic = 127; // RFC 3551 section 3
    const auto used = [&codecs](int number) {
        return std::any_of(codecs.begin(), codecs.end(),
                           [number](const sip::Codec &each) { return each.payloadType == number; });
    };
    for (sip::Codec codec : also) {
        if (std::any_of(codecs.begin(), codecs.end(), [&](const sip::Codec &known) {
                return base::equalsNoCase(known.encoding, codec.encoding) &&
                       known.clock == codec.clock && known.channels == codec.channels;
            }))
            continue;
        for (int number = kFirstDynamic; used(codec.payloadType) && number <= kLastDynamic;
             ++number)
            codec.payloadType = number;
        if (!used(codec.payloadType))
            codecs.push_back(codec);
    }
}

} // namespace

std::string offerAnew(const OurSide &ours)
{
    sip::SdpDraft draft = draftLike(ours.current);
    const auto version = draft.version + (ours.unsaid ? 0 : 1);
    if (sip::parseSdp(ours.current).media.size() != 1)
        return withDirection(ours.current, ours.direction, version);
    for (const auto &description : ours.able) {
        const auto also = draftLike(description);
        if (!draft.media.known() || draft.media.port == 0) { // the stream had been taken away
            draft.media = also.media;
            draft.protocol = also.protocol;
        }
        addCodecs(draft.codecs, also.codecs);
        if (draft.protocol != also.protocol)
            continue;
        if (draft.crypto.empty()) // the keys in use stay, where there are some
            draft.crypto = also.crypto;
        if (draft.fingerprint.empty())
            draft.fingerprint = also.fingerprint;
        draft.rtcpMux = draft.rtcpMux || also.rtcpMux;
    }
    draft.setup = "actpass"; // RFC 5763 section 5: whoever answers chooses, and it may be another
    draft.direction = ours.direction;
    draft.version = version;
    return sip::writeSdp(draft);
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

std::string answerNothing(std::string_view offer, std::string_view ours, bool unsaid)
{
    const auto theirs = sip::parseSdp(offer);
    const sip::SdpDraft draft = draftLike(ours);
    const auto address = draft.media.address.known() ? draft.media.address : base::Address::v4(0);
    const std::string network =
        fmt::format("IN {} {}", address.family == 6 ? "IP6" : "IP4", address.text());
    const auto clean = [](std::string_view text) { return base::printable(text, false, 200); };
    std::string out = fmt::format("v=0\r\no=- {} {} {}\r\ns=-\r\nc={}\r\nt={}\r\n", draft.sessionId,
                                  draft.version + (unsaid ? 0 : 1), network, network,
                                  theirs.timing.empty() ? "0 0" : clean(theirs.timing));
    for (const auto &media : theirs.media) {
        out += fmt::format("m={} 0 {}", clean(media.type), clean(media.protocol));
        for (const auto &format : media.formats)
            out += " " + clean(format.text);
        out += "\r\n";
    }
    return out;
}

bool takesNothing(std::string_view answer)
{
    const auto described = sip::parseSdp(answer);
    return !described.media.empty() && takesAllAway(described);
}

std::string idleAnswer(std::string_view offer, const base::Address &local)
{
    sip::SdpDraft draft;
    draft.media = {local, 9}; // the discard port: nobody listens, and a=inactive says so
    draft.codecs = sip::codecsByName("PCMU,PCMA,opus");
    sip::addEvents(draft.codecs);
    draft.direction = sip::Direction::Inactive;
    draft.sessionId = draft.version = static_cast<std::uint64_t>(base::now().ns / 1'000'000'000);
    const auto theirs = sip::parseSdp(offer);
    if (auto answer = sip::answerSdp(theirs, draft))
        return *answer;
    // An answer names formats of the offer, or refuses its line (RFC 3264 section 6).
    const auto ours = sip::writeSdp(draft);
    return theirs.media.empty() ? ours : answerNothing(offer, ours, true);
}

std::string withVersion(std::string_view sdp, std::uint64_t version)
{
    std::string out;
    for (auto each : base::split(sdp, '\n'))
        if (each = base::trim(each); !each.empty())
            out += lineOf(each, version);
    return out;
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
        out += lineOf(each, version);
    }
    return out + (media ? line : "");
}

const char *phraseOf(int status)
{
    return sip::phrase(status).data(); // a literal
}

void reply(nta_incoming_t *request, int status, const std::string &headers, const std::string &sdp)
{
    nta_incoming_treply(request, status, phraseOf(status),
                        TAG_IF(!headers.empty(), SIPTAG_HEADER_STR(headers.c_str())),
                        TAG_IF(!sdp.empty(), SIPTAG_CONTENT_TYPE_STR("application/sdp")),
                        TAG_IF(!sdp.empty(), SIPTAG_PAYLOAD_STR(sdp.c_str())), TAG_END());
}

void refuse(nta_incoming_t *request, const Refused &why)
{
    reply(request, why.status, why.headers);
    nta_incoming_destroy(request);
}

namespace {

/// Accepts an UPDATE or re-INVITE; whoever wants our offer gets it in `sdp`.
void accept(nta_incoming_t *request, const Received &received, const DialogSide &side,
            const std::string &sdp)
{
    const std::string headers =
        fmt::format("Contact: {}\r\nAllow: {}\r\n", side.contact, kAllow) + side.headers;
    const auto &message = received.message;
    refreshTarget(side.leg, side.target);
    if (message.method == sip::Method::Invite && side.repeated != nullptr)
        return side.repeated->send(
            request, {message.cseq().number, headers, sdp, message.sdp().empty() && !sdp.empty()},
            side.lost);
    reply(request, 200, headers, sdp);
    nta_incoming_destroy(request);
}

} // namespace

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
        if (!offer.empty())
            answer = answerLike(offer, {side.localSdp, side.able, side.direction, side.unsaid});
        if (!offer.empty() && !answer) {
            reply(request, 488, // RFC 3261 sections 21.4.26 and 20.43
                  allow + "Warning: 305 earshot \"Incompatible media format\"\r\n");
            break;
        }
        // Without an offer: a session refresh, or a re-INVITE that wants ours.
        std::string ours;
        if (!answer && message.method == sip::Method::Invite && side.offered != nullptr)
            ours = *side.offered =
                offerAnew({side.localSdp, side.able, side.direction, side.unsaid});
        accept(request, received, side, answer ? *answer : ours);
        return answer;
    }
    case sip::Method::Info: // RFC 6086 section 4.2.2: we named no package that we would take
        if (message.find("Info-Package") != nullptr)
            reply(request, 469, allow + "Recv-Info:\r\n");
        else
            reply(request, 200);
        break;
    case sip::Method::Options:
        reply(request, 200,
              contact + allow +
                  fmt::format("Accept: {}\r\nSupported: 100rel, outbound\r\n", kAccept));
        break;
    case sip::Method::Prack:
    case sip::Method::Cancel: // of no INVITE that waits (RFC 3261 section 9.2)
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
