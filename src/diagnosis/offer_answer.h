// SPDX-License-Identifier: Apache-2.0
// What an answer may say to an offer (RFC 3264), for rules and verdicts. Pure functions.
#pragma once

#include <diagnosis/evidence.h>
#include <sip/sdp.h>
#include <string>
#include <vector>

namespace diagnosis {

/// Two descriptions of one hop that belong together: in INVITE, UPDATE or PRACK and a response, or
/// in a response and the ACK or PRACK to it (RFC 6337). In a response to an INVITE behind a later
/// exchange of the dialog there is no answer.
struct Exchange {
    trace::RowId offer, answer;
};
/// It is known to describe no media: a message of which the capture lost the end may do so there.
bool lacksSdp(const Evidence &evidence, trace::RowId row);
/// In the order of the offers, each with every response that answers it; at most 64. Lives as long
/// as the Evidence.
const std::vector<Exchange> &exchanges(const Evidence &evidence);
/// "200", "ACK": what carries it.
std::string messageText(const Evidence &evidence, trace::RowId row);

/// Not comfort noise, DTMF or redundancy.
bool carriesSpeech(const sip::SdpFormat &format);
/// By name and clock; without a mapping by number.
bool sameCodec(const sip::SdpFormat &a, const sip::SdpFormat &b);
bool shareCodec(const sip::SdpMedia &offer, const sip::SdpMedia &answer);
/// "PCMA, PCMU", at most 8; "no speech codec".
std::string speechCodecs(const sip::SdpMedia &audio);

/// Why an answer gives the offerer no usable audio, one clause; empty: it does. Without an audio
/// line in the offer nothing can be said.
std::string whyUnacceptable(const sip::Sdp &offer, const sip::Sdp &answer);
/// "a=des:qos mandatory local sendrecv" that a=curr does not meet yet (RFC 3312); empty: none.
/// `turned`: in the words of the other side, whose local resources are remote here.
std::string unmetPrecondition(const sip::SdpMedia &media, bool turned = false);

} // namespace diagnosis
