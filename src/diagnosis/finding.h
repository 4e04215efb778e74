// SPDX-License-Identifier: Apache-2.0
// What a rule found: one sentence with its evidence. No finding without evidence.
#pragma once

#include <calls/call.h>
#include <cstdint>
#include <flows/flow.h>
#include <rtp/stream_table.h>
#include <string>
#include <vector>

namespace diagnosis {

enum class Severity : std::uint8_t { Info, Warning, Error };
enum class Grade : std::uint8_t {
    Seen,
    Likely,
    CannotTell
};                                                // the three fixed grades shown to the user
std::string_view severityText(Severity severity); // "info", "warning", "error"
std::string_view gradeText(Grade grade);          // "seen", "likely", "cannot tell"

/// A place to look at: a row (and the bytes in it that matter), an RTP stream, or a flow.
struct EvidenceRef {
    trace::RowId row;
    rtp::StreamId stream;
    flows::FlowId flow;
    std::uint32_t offset = 0, length = 0; // into the row's text; length 0: the whole row
    std::string note;                     // what is to be seen there
};

enum class Action : std::uint8_t {
    None,
    ReRegister,
    CallAgain,
    CallWithoutReliable,
    CallOverTcp,
    CheckPassword,
    PingFlow,          // a keep-alive over our own flow, now
    CallOverOtherFlow, // the same call, but not over the flow that failed
    CallReplacing,     // INVITE with Replaces of the dialog whose route is dead (RFC 3891)
    HangUp
};
std::string_view actionName(Action action); // "ping-flow", for scripts; empty: none

struct Fix {
    std::string text;  // one instruction
    std::string party; // who: "caller's user agent", "edge proxy", ...
    Action action = Action::None;
};

/// Something that could be done from here, and whether it can: a sentence either way.
struct Offer {
    Action action = Action::None;
    bool possible = false;
    std::string text;
    flows::FlowId flow; // the one it is about; may be invalid
};

struct Finding {
    std::string_view rule; // the rule's id, static
    Severity severity = Severity::Info;
    Grade grade = Grade::Seen;
    calls::CallId call;
    std::string text;                  // one sentence: what happened, with this call's facts
    std::string impact;                // who notices what
    std::vector<EvidenceRef> evidence; // in the order the text's [1], [2] count them
    std::vector<Fix> fixes;
    std::vector<Offer> offers; // what can be done from here, where the rule thought of it
};

} // namespace diagnosis
