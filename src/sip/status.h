// SPDX-License-Identifier: Apache-2.0
// Every registered SIP response code with its phrase and RFC, and a few that are met without
// registration.
#pragma once

#include <span>
#include <string_view>

namespace sip {

/// What a response does beyond its transaction (RFC 5057).
enum class Effect : unsigned char { Transaction, Usage, Dialog, None };

struct Status {
    int code = 0;
    std::string_view phrase;
    std::string_view reference; // "RFC 5626"
    Effect effect = Effect::Transaction;
    bool registered = true;
};

std::span<const Status> statuses(); // in code order
const Status *status(int code);     // nullptr: unknown
/// The phrase to show for a code: its own, else the class's ("unknown 4xx, treated as 400").
std::string_view phrase(int code);
/// RFC 3261 section 8.1.3.2: what an unknown code is treated as (x00, 183 for 1xx).
int treatedAs(int code);

} // namespace sip
