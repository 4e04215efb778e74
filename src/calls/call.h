// SPDX-License-Identifier: Apache-2.0
// A call as the fold left it: transactions, early dialogs (one per To-tag) and the winner. A
// published snapshot is immutable. SDP, RSeq, P-Early-Media and media belong to an early dialog,
// never to the call.
#pragma once

#include <base/time.h>
#include <cstdint>
#include <optional>
#include <string>
#include <trace/trace.h>
#include <vector>

namespace calls {

using trace::RowId;
using CallId = trace::CallKey; // calls are keyed by Call-ID

enum class Kind : std::uint8_t {
    Call,
    Registration,
    Other
}; // Other: OPTIONS, SUBSCRIBE, ... alone

struct CallRow {
    RowId row;
    RowId original;    // valid: this row repeats that one byte for byte (retransmission)
    bool copy = false; // `original` is valid, but it is no retransmission: one datagram that was
                       // observed twice
    std::uint32_t transaction = ~0U; // index into Call::transactions, ~0: none
    std::uint32_t earlyDialog = ~0U; // index into Call::earlyDialogs, ~0: none
};

struct Transaction {
    sip::Method method = sip::Method::Unknown;
    std::string branch;
    std::string sentBy;
    std::uint32_t cseq = 0;
    std::uint32_t pair = 0;       // trace pair of the first request: one hop is one transaction
    bool inDialog = false;        // the request had a To-tag
    RowId request;                // first request row; invalid: only responses were seen
    std::vector<RowId> repeats;   // retransmitted requests
    RowId ack;                    // ACK that belongs to a non-2xx final
    std::vector<RowId> responses; // without retransmissions, in order
    std::vector<RowId> responseRepeats;
    int finalStatus = 0;
    RowId finalResponse;
    RowId localFailure; // local event that ended it (refused, timed out)
    base::Instant started, finished;
};

struct ReliableResponse { // RFC 3262
    std::uint32_t rseq = 0;
    RowId response;
    std::vector<RowId> repeats;
    RowId prack, prackFinal;
    int prackStatus = 0;
    bool hasSdp = false;
};

enum class EarlyState : std::uint8_t { Early, Confirmed, Terminated };

struct EarlyDialog {
    std::string toTag;
    EarlyState state = EarlyState::Early;
    std::vector<RowId> provisionals; // 101-199, without retransmissions
    bool alerting = false;           // a 180 was seen
    RowId firstAlerting;
    RowId firstSdp;         // first provisional with SDP
    RowId answerSdp;        // 2xx with SDP
    RowId answer;           // the 2xx
    std::string earlyMedia; // last P-Early-Media value, empty: none
    std::vector<ReliableResponse> reliables;
    base::Instant since, ended;
};

enum class State : std::uint8_t {
    Calling,    // request out, nothing back
    Proceeding, // 100 only
    Early,      // a provisional with a To-tag
    Answered,
    Ended,     // BYE after an answer
    Failed,    // final 3xx-6xx, or local failure
    Cancelled, // CANCEL and 487
    Unknown,   // seen from the middle
};
std::string_view stateText(State state);

struct Call {
    CallId id;
    std::string callId;
    Kind kind = Kind::Call;
    State state = State::Unknown;
    std::string from, to; // user@host as shown
    std::string fromTag;
    std::string requestUri;
    std::vector<CallRow>
        rows; // in order of time, then causality; local events of this call among them
    std::vector<Transaction> transactions;
    std::vector<EarlyDialog> earlyDialogs; // in order of appearance
    std::uint32_t winner = ~0U;            // index of the early dialog whose 2xx was taken
    int finalStatus = 0; // of the initial INVITE (or REGISTER, ...), as its originator saw it; a
                         // local failure's made-up code has no finalResponse
    RowId finalResponse;
    RowId invite;           // first initial request row
    RowId firstProvisional; // first 18x
    RowId bye;
    std::uint32_t retransmissions = 0;
    std::uint32_t leftOut = 0; // rows beyond the cap, not among `rows`
    base::Instant first, last, answered, ended;

    const EarlyDialog *dialog(std::string_view toTag) const;
};

} // namespace calls
