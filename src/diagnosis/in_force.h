// SPDX-License-Identifier: Apache-2.0
// Which description of a side was in force when, by the offers and answers of a dialog (RFC 3264,
// RFC 3262 section 5, RFC 3311 section 5, RFC 6337). Pure functions of the Evidence, any thread.
#pragma once

#include <diagnosis/evidence.h>
#include <vector>

namespace diagnosis {

constexpr std::size_t kMostDescriptions = 64; // of one early dialog that are read

/// A description that one side sent in an offer or an answer. It says what that side receives.
struct Described {
    trace::RowId row;
    trace::RowId offer;    // that it answers; invalid: it is an offer, or the offer is not here
    bool byCaller = false; // of the call, not of the transaction
    bool answers = false;
    bool agreed = false;       // an answer, or an offer that got one
    base::Instant from, until; // until unknown: it still holds
    // The transaction that it belongs to: of the offer's request, or the one that was answered.
    sip::Method method = sip::Method::Unknown;
    std::uint32_t cseq = 0, pair = 0;
};
/// Of one early dialog in order of time: the INVITE's offer, what answers it in 1xx or
/// 2xx, the exchanges of PRACK, UPDATE and re-INVITE. An offer that was refused ends there. A
/// description that is no part of an exchange is left out: in a response to an INVITE behind a
/// later exchange it must be ignored (RFC 3261 section 13.2.1). ~0: of no dialog.
const std::vector<Described> &descriptions(const Evidence &evidence, std::uint32_t earlyDialog);
/// That side's newest which holds at `when`; of an offer without answer yet only where no other
/// does. nullptr: none.
const Described *inForce(const Evidence &evidence, std::uint32_t earlyDialog, bool byCaller,
                         base::Instant when);
/// Places in Call::rows of the messages of an early dialog that have a description or
/// P-Early-Media, the initial INVITEs among them; in order, without retransmissions.
std::vector<std::uint32_t> tellingRows(const Evidence &evidence, std::uint32_t earlyDialog);
/// The callee's description by which the early phase is judged: the one in force when that ends.
/// Invalid: there was none before.
trace::RowId earlyDescription(const Evidence &evidence, std::uint32_t earlyDialog);

} // namespace diagnosis
