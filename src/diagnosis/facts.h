// SPDX-License-Identifier: Apache-2.0
// Shared by rules and explanations: reading a call's rows, wording facts, pointing at evidence.
// Pure functions of the Evidence, any thread. Sdp and Message values view the trace's text, which
// outlives them.
#pragma once

#include <diagnosis/evidence.h>
#include <diagnosis/finding.h>
#include <optional>
#include <sip/message.h>
#include <sip/sdp.h>
#include <string>
#include <string_view>
#include <vector>

namespace diagnosis {

// Pointing at evidence.
EvidenceRef at(trace::RowId row, std::string note);
EvidenceRef at(const Evidence &evidence, trace::RowId row, sip::HeaderId header, std::string note);
/// `part` lies in the row's text; else the whole row is meant.
EvidenceRef at(const Evidence &evidence, trace::RowId row, std::string_view part, std::string note);
EvidenceRef at(const rtp::Stream &stream, std::string note);
EvidenceRef at(const flows::Flow &flow, std::string note);

// Wording.
std::string lasting(base::Duration duration); // "740 ms", "12.4 s"
std::string codeText(int status);             // "430 Flow Failed"
std::string shown(std::string_view foreign);  // safe, at most 80 bytes
/// Where a row came from and what that sender calls itself: "192.0.2.1:5060 (Kamailio 5.6)".
std::string sender(const Evidence &evidence, trace::RowId row);
std::string receiver(const Evidence &evidence, trace::RowId row);
std::string count(std::uint64_t n, std::string_view noun); // "1 packet", "3 packets"
/// "INVITE"; of a method this program has no name for the token in the message.
std::string methodOf(const trace::Trace &trace, trace::RowId row);
std::string methodOf(const Evidence &evidence, const calls::Transaction &transaction);

// Reading.
const sip::Sdp &sdpOf(const Evidence &evidence, trace::RowId row);
bool hasSdp(const Evidence &evidence, trace::RowId row);
bool ownCall(const Evidence &evidence);      // our own user agent placed or took it
bool outgoingCall(const Evidence &evidence); // our own user agent placed it
/// When the early phase of a dialog ended: its end, the final response, a CANCEL; else now.
base::Instant earlyEnd(const Evidence &evidence, std::uint32_t earlyDialog);
bool earlyPhaseOver(const Evidence &evidence, std::uint32_t earlyDialog);
/// The INVITE whose offer reached this hop: the request of the transaction that `response` belongs
/// to.
const calls::Transaction *transactionOf(const calls::Call &call, trace::RowId row);
/// Whose request it is, as fixes name them: "caller's user agent", "callee's user agent".
std::string_view senderRole(const Evidence &evidence, const calls::Transaction &transaction);
/// A 2xx to an initial INVITE whose To has no tag (RFC 3261 section 8.2.6.2); invalid: none.
trace::RowId answerWithoutTag(const Evidence &evidence);
/// Value of a comma-separated parameter as digest headers have them, unquoted: realm="x",
/// nonce="y".
std::string_view digestParameter(std::string_view value, std::string_view name);

/// What is known of the way media took, because silence can only be seen where media would have
/// been seen.
enum class Hearing : std::uint8_t { Own, Call, Nothing };
Hearing hearing(const Evidence &evidence);
/// Would this call's media have been seen? Without it silence proves nothing.
bool mediaVisible(const Evidence &evidence);
/// Why not: "this trace holds no RTP of any call".
std::string_view blindness(const Evidence &evidence);
Grade gradeOf(Hearing hearing);
/// First RTP that reached the caller before `until`, of any early dialog; nullptr: none.
const BoundStream *firstHeard(const Evidence &evidence, base::Instant until);

/// Direction that a P-Early-Media gives the n-th media line (RFC 5009 section 8): there is one for
/// each, and the last stands for those that follow. nullopt: it has none.
std::optional<sip::Direction> earlyMediaPermission(std::string_view headerValue,
                                                   std::size_t mediaLine = 0);
/// "sendonly" allows the callee to be heard.
bool callerMayHear(sip::Direction direction);

} // namespace diagnosis
