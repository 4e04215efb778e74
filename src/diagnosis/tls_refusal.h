// SPDX-License-Identifier: Apache-2.0
// What became of TLS connections that our own user agent wanted, as its events tell it in words.
// Pure functions, any thread.
#pragma once

#include <diagnosis/evidence.h>
#include <diagnosis/finding.h>
#include <string_view>
#include <vector>

namespace diagnosis {

enum class TlsTrouble : std::uint8_t {
    None,
    ServerCertificate, // ours to refuse: another name, out of date, nobody we trust
    ClientCertificate, // the server wants one, or does not take ours
    Other,             // no TLS on that port, no common version, a broken handshake
};
TlsTrouble tlsTrouble(std::string_view sentence);
std::vector<Fix> fixesOf(TlsTrouble trouble);

/// The last event of the call in which one of its requests failed for that; invalid: none.
trace::RowId lastTlsTrouble(const Evidence &evidence, TlsTrouble trouble);
/// Was it over the engine's flow that this call registers?
bool registersFlow(const Evidence &evidence);

} // namespace diagnosis
