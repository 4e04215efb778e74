// SPDX-License-Identifier: Apache-2.0
// The way of a caller's request within a dialog against what the 2xx recorded (RFC 3261 sections
// 12.1.2 and 12.2.1.1). Pure functions of the Evidence, any thread.
#pragma once

#include <diagnosis/evidence.h>
#include <sip/uri.h>
#include <string>
#include <vector>

namespace diagnosis {

struct WrongRoute {
    sip::HeaderId header = sip::HeaderId::Other; // of what made the dialog: Record-Route or Contact
    sip::HeaderId used = sip::HeaderId::Route;   // of the request
    std::vector<sip::Uri> taken{}, recorded{};   // where those differ
    std::string_view target{}, contact{};        // where these do

    bool found() const { return header != sip::HeaderId::Other; }
    std::string what() const; // one clause
};
/// `request` by the one who got `made`, the 2xx of a caller or the INVITE of a callee, both on its
/// own hop. Strict routers (without lr) and
/// addresses that cannot be read are not judged, nor is an
/// outbound proxy where nobody recorded a route.
WrongRoute wrongRoute(const Evidence &evidence, trace::RowId request, trace::RowId made);

/// Whoever got that ACK of the INVITE's 2xx had handed the INVITE on, and never the ACK, on a way
/// that is in view.
bool heldBack(const Evidence &evidence, const calls::Transaction &invite, trace::RowId ack);

} // namespace diagnosis
