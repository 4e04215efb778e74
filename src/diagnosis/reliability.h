// SPDX-License-Identifier: Apache-2.0
// What the messages of a call prove about reliable responses and their PRACKs (RFC 3262). Pure
// functions of the Evidence, any thread.
#pragma once

#include <diagnosis/evidence.h>

namespace diagnosis {

/// May responses to that INVITE be sent reliably, by its Supported or Require (RFC 3262 section 3)?
/// An INVITE that was not captured may.
bool allowsReliable(const Evidence &evidence, const calls::Transaction &invite);

/// The callee sent `response` before the PRACK could reach it. Wherever on their way both were
/// seen, the one was past that point and the other had not come to it yet.
bool leftBefore(const Evidence &evidence, trace::RowId response, trace::RowId prack);

/// What the numbers of the caller's later requests in a dialog say of a PRACK between: each request
/// takes the next one (RFC 3261 section 12.2.1.1).
enum class Numbers : std::uint8_t { Untold, NoneBetween, OneBetween };

/// `response`: of the dialog that is asked for. Numbers that requests seen in the capture took are
/// no gap.
Numbers numbersBehind(const Evidence &evidence, const calls::Transaction &invite,
                      trace::RowId response);

} // namespace diagnosis
