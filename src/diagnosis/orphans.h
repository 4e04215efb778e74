// SPDX-License-Identifier: Apache-2.0
// Responses that came back to the sender of a request and match no request (RFC 3261 section
// 17.1.3). Pure functions of the Evidence, any thread.
#pragma once

#include <diagnosis/evidence.h>
#include <vector>

namespace diagnosis {

/// Responses with the request's Call-ID, CSeq, method and From-tag that went its way back under a
/// branch of no request in the call; in order. Empty: there are none, or the request is not here.
std::vector<trace::RowId> orphansOf(const Evidence &evidence, const calls::Transaction &request);

} // namespace diagnosis
