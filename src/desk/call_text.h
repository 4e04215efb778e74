// SPDX-License-Identifier: Apache-2.0
// A call's options as a user writes them, on the command line or in the window. Pure.
#pragma once

#include <desk/desk.h>
#include <sip/message.h>
#include <string>
#include <utility>

namespace desk {

/// "Name: value". Whether the stack lets it pass is the engine's to say, when the call is placed.
base::Result<std::pair<std::string, std::string>> headerNamed(const std::string &line);
/// The value of an Alert-Info header from a URI, with angle brackets or without.
std::string alertInfo(const std::string &uri);

/// "HOST=SHA256", "HOST:PORT=SHA256": a certificate that is accepted by hand.
base::Result<engine::TlsException> tlsExceptionNamed(const std::string &text);
/// "edge.example.com:5061", "edge.example.com" for any port.
std::string serverText(const engine::TlsException &exception);

/// Whom an account answers by itself: "bob@example.com, example.org", a user@host or a host each, a
/// scheme and commas or spaces between do no harm; "*" is anybody, as it is for AccountInfo.
/// Errors: what is none of them; nothing at all.
base::Result<std::vector<std::string>> callersNamed(std::string_view text);
/// Whether `from`, a name-addr, is one of those; an empty list is anybody.
bool mayBeAnswered(const std::vector<std::string> &only, const std::string &from);
/// As callersNamed() reads it.
std::string callersText(const std::vector<std::string> &callers);

/// "40000-40019": UDP ports for RTP and RTCP; empty: any. Errors: it is no such range.
base::Result<void> readPorts(const std::string &text, media::Options &media);

/// What a call must be told to send an INVITE like this one: whom, from whom, codecs in its order
/// (those we know), 100rel, late offer, and the headers that ask for something. What identifies the
/// other call or its hops (Call-ID, Via, Route, Contact, credentials) stays behind.
/// What our side sounds like: "noise", "nothing", "tone", "tone:425", "mic", "mic:DEVICE", or the
/// path of a WAV file. Errors: a sentence that says what may stand there.
base::Result<media::Sending> sendingNamed(const std::string &text);
/// As sendingNamed() reads it.
std::string sendingText(const media::Sending &sending);

CallOptions callLike(const sip::Message &invite);

} // namespace desk
