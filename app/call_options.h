// SPDX-License-Identifier: Apache-2.0
// The options of commands that place calls, once for all of them.
#pragma once

#include <app/console.h>
#include <array>
#include <string>
#include <system_error>

namespace app {

inline constexpr std::array kCallOptions{
    OptionSpec{"--from", "URI", "who calls (sip:earshot@localhost)"},
    OptionSpec{"--request-uri", "URI", "Request-URI, if it is not the target"},
    OptionSpec{"--proxy", "URI", "outbound proxy: where the INVITE is sent"},
    OptionSpec{"--route", "URI", "loose route after the proxy; in this order", true},
    OptionSpec{"--transport", "udp|tcp|tls", "transport (what DNS says, else udp)"},
    OptionSpec{"--local-address", "IP", "address of this computer for SIP and RTP"},
    OptionSpec{"--user", "U", "user name for 401 and 407"},
    OptionSpec{"--password-file", "F", "file whose first line is the password"},
    OptionSpec{"--codecs", "LIST",
               "codecs in order (PCMU,PCMA,opus); also G722, GSM, G729, L16/16000"},
    OptionSpec{"--no-events", "", "offer no telephone events (RFC 4733)"},
    OptionSpec{"--srtp", "off|offered|required|dtls",
               "encrypted audio: keys in SDP (RFC 4568), or by DTLS (RFC 5763) (off)"},
    OptionSpec{"--send", "WHAT", "noise, tone[:HZ], mic[:DEVICE], nothing or FILE.wav (noise)"},
    OptionSpec{"--late-offer", "", "INVITE without SDP: the peer makes the offer"},
    OptionSpec{"--100rel", "supported|required|off", "reliable provisional responses (supported)"},
    OptionSpec{"--header", "\"NAME: VALUE\"", "one more header of the INVITE", true},
    OptionSpec{"--body", "FILE", "body of the INVITE; beside the SDP unless it is SDP"},
    OptionSpec{"--content-type", "TYPE", "what the body is"},
    OptionSpec{"--p-early-media", "", "P-Early-Media: supported (RFC 5009)"},
    OptionSpec{"--session-id", "", "Session-ID (RFC 7989)"},
    OptionSpec{"--privacy", "VALUE", "Privacy (RFC 3323), such as id"},
    OptionSpec{"--alert-info", "URI", "Alert-Info: how the peer shall ring"},
    OptionSpec{"--session-expires", "S", "session timer (RFC 4028), from 90"},
    OptionSpec{"--follow-redirects", "", "call the Contacts of a 3xx, best first"},
    OptionSpec{"--allow-number", "", "emergency and premium numbers too"},
    OptionSpec{"--hangup-after", "S", "BYE that many seconds after the answer (2)"},
    OptionSpec{"--cancel-after", "S", "CANCEL that many seconds after the INVITE (60)"},
    OptionSpec{"--hold-after", "S", "hold that many seconds after the answer"},
    OptionSpec{"--resume-after", "S", "resume that many seconds after the hold"},
    OptionSpec{"--hold-by", "invite|update", "hold and resume by re-INVITE or UPDATE (invite)"},
    OptionSpec{"--dtmf-info", "DIGITS", "digits by INFO, half a second after the answer"},
    OptionSpec{"--dtmf", "DIGITS", "digits by telephone events (RFC 4733)"},
    OptionSpec{"--dtmf-when", "answer|early-media", "half a second after which of them (answer)"},
    OptionSpec{"--ringback", "CC|off", "ringback a phone makes by itself: of which country (DE)"},
    OptionSpec{"--rtcp-mux", "", "offer RTCP on the port of RTP (RFC 5761)"},
    OptionSpec{"--transfer", "URI", "blind transfer, half a second after the answer"},
    OptionSpec{"--transfer-attended", "URI", "call there first, then transfer to that call"},
    OptionSpec{"--timeout", "S",
               "give the call up after that, however it stands; of --repeat: all of them"},
    OptionSpec{"--record", "FOLDER", "where the recordings go (a new folder here)"},
    OptionSpec{"--port-range", "A-B", "local UDP ports for RTP"},
    OptionSpec{"--output", "auto|silent", "where early media is played (auto)"},
    OptionSpec{"--audio-device", "NAME", "play on this device of the audio server (its default)"},
};

struct CallPlan {
    desk::CallOptions call;
    base::Duration cancelAfter{0};
    base::Duration timeout{0}; // 0: none
    std::optional<base::Duration> holdAfter, resumeAfter;
    bool holdByUpdate = false;
    std::string digits, transfer; // digits by INFO
    bool attended = false;        // `transfer` is called first (RFC 5589 section 7)
    std::string keys;             // by telephone events
    bool keysEarly = false;       // once early media comes
};

/// Errors: a sentence about the option that cannot be. `desk` takes what holds for all calls.
base::Result<CallPlan> readCallOptions(const Arguments &arguments, desk::Options &desk);

/// Where recordings go.
struct RecordFolder {
    std::string path;
    bool isNew = false; // it was not there before
};
/// With what is missing above it.
base::Result<RecordFolder> makeRecordFolder(const std::string &path);
tl::unexpected<base::Error> folderFailed(const std::string &path, const std::error_code &error);

} // namespace app
