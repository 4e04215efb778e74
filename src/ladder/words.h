// SPDX-License-Identifier: Apache-2.0
// What one message says in few words: its label and the news worth a second line (SDP, reason, who
// refuses what). Pure; all text printable.
#pragma once

#include <diagnosis/evidence.h>
#include <sip/sdp.h>
#include <string>

namespace ladder {

struct Words {
    std::string label; // "183 Session Progress", "INVITE"
    std::string news;  // "SDP PCMU PCMA 10.0.0.2:4000", "Q.850;cause=16", empty: nothing
    bool hasSdp = false;
    bool reliable = false; // a 1xx that wants a PRACK (RFC 3262)
};

/// Of a row that holds a message.
Words wordsOf(const trace::Row &row, const sip::Message &message);
/// "PCMU PCMA 10.0.0.2:4000 sendonly"
std::string sdpText(const sip::Sdp &sdp);
/// "plus 20 milliseconds", as one says it
std::string spokenTime(base::Duration delta);

/// A tag in the width of a label: of a long one both ends, since tags of one maker may begin alike.
std::string tagText(std::string_view tag);

} // namespace ladder
