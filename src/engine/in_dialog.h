// SPDX-License-Identifier: Apache-2.0
// Private to engine: what we answer to requests inside a dialog that do not end it, and outside
// dialogs to those that start none. Engine thread.
#pragma once

#include <base/endpoint.h>
#include <engine/received.h>
#include <engine/repeated_answer.h>
#include <engine/servable.h>
#include <optional>
#include <sip/sdp.h>
#include <string>

namespace engine {

inline constexpr const char *kAllow =
    "INVITE, ACK, BYE, CANCEL, PRACK, UPDATE, OPTIONS, INFO, NOTIFY";

struct DialogSide {
    std::string localSdp;          // what we last described, or shall describe next (`unsaid`)
    std::vector<std::string> able; // as OurSide's
    std::string contact;           // our Contact's value
    std::string headers;           // further lines of a 2xx to INVITE and UPDATE (session timer)
    sip::Direction direction = sip::Direction::SendRecv; // what we want of the audio
    nta_leg_t *leg = nullptr;                            // whose remote target a 2xx refreshes
    const sip_contact_t *target = nullptr;               // the request's Contact
    RepeatedAnswer *repeated = nullptr; // takes our 2xx to a re-INVITE over; nullptr: none comes
    std::function<void()> lost{};       // its ACK never came
    bool unsaid = false; // the peer has not heard of localSdp yet, so its version is the next one
    std::string *offered = nullptr; // what a re-INVITE without an offer got as ours
};

/// Of an o= line: what RFC 3264 section 8 keeps and counts.
struct SdpOrigin {
    std::uint64_t session = 0, version = 0;
};
SdpOrigin originOf(std::string_view sdp);
/// Of the first audio line; sendrecv where there is none.
sip::Direction directionOf(std::string_view sdp);

/// Answers UPDATE, re-INVITE, INFO, OPTIONS and refuses the rest. Always sends a final response.
/// The description with which an offer was accepted; nullopt: there was none, or it was refused.
std::optional<std::string> answerInDialog(nta_incoming_t *request, const Received &received,
                                          const DialogSide &side);
/// What a description of ours is made from.
struct OurSide {
    std::string_view current; // what we last described: session, version, address, who begins DTLS
    /// Descriptions of ours whose codecs and keys may be answered with too, the first with its
    /// profile: a narrow answer narrows nothing that comes later (RFC 3264 section 8.3.2).
    std::vector<std::string> able{};
    sip::Direction direction = sip::Direction::SendRecv; // what we want of the audio
    bool unsaid = false; // `current` is the next version as it stands: nobody heard of it yet
};
/// Our answer to `offer`, as the next version of what we described where it differs (RFC 3264
/// section 8). An offer that takes every stream away gets that (section 8.2). nullopt: there are
/// streams, and none that we can use.
std::optional<std::string> answerLike(std::string_view offer, const OurSide &ours);
/// Our offer where a re-INVITE asks for one, as in a new call (RFC 3261 section 14.2): all codecs,
/// our own direction whatever the peer's last one was. Its lines stay (RFC 3264 section 8).
std::string offerAnew(const OurSide &ours);
/// `contact` if requests can be sent there (sip, sips), else null.
const sip_contact_t *usableContact(const sip_contact_t *contact);
/// RFC 3261 section 12.2: what is sent from now on goes there, if that is a SIP address.
void refreshTarget(nta_leg_t *leg, const sip_contact_t *contact);
/// The answer to an offer that cannot be refused otherwise, as in a PRACK: no stream of it is taken
/// (RFC 3264 section 6: port 0). As the next version of `ours`, which it is already if `unsaid`.
std::string answerNothing(std::string_view offer, std::string_view ours, bool unsaid);
/// Every line of it has port 0 (RFC 3264 section 6), and there is one.
bool takesNothing(std::string_view answer);
/// For a late offer: an answer that accepts but moves no media ("a=inactive", port 9).
std::string idleAnswer(std::string_view offer, const base::Address &local);
/// `sdp` under another version.
std::string withVersion(std::string_view sdp, std::uint64_t version);
/// `sdp` as the next version of itself (RFC 3264 section 8) with every stream's direction.
std::string withDirection(std::string_view sdp, sip::Direction direction, std::uint64_t version);
/// The phrase as the library wants it: it keeps the pointer, and writes what it queues much later.
const char *phraseOf(int status);
void reply(nta_incoming_t *request, int status, const std::string &headers = {},
           const std::string &sdp = {});
/// With a final response, and that is the end of it.
void refuse(nta_incoming_t *request, const Refused &why);

} // namespace engine
