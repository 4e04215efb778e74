// SPDX-License-Identifier: Apache-2.0
// Early media and call audio: own RTP/RTCP sockets with kernel time stamps, playback chains built
// and bound before the INVITE leaves, a sender that makes relays latch, WAV recordings. Own thread;
// public calls post and return.
#pragma once

#include <base/ids.h>
#include <base/inbox.h>
#include <base/packet.h>
#include <base/result.h>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <rtp/heard.h>
#include <rtp/quality.h>
#include <rtp/sdes.h>
#include <rtp/stream_table.h>
#include <string>
#include <vector>

namespace media {

struct MediaTag;
using MediaHandle = base::Id<MediaTag>; // one call's media

enum class Output : std::uint8_t {
    Auto,
    Silent
}; // Auto: PulseAudio, then ALSA, then silent with a notice
/// Keys come by SDES (RFC 4568), with Dtls by a handshake on the way of the RTP (RFC 5763).
enum class Srtp : std::uint8_t { Off, Offered, Required, Dtls };
/// Whether a call is none without it.
constexpr bool isRequired(Srtp srtp)
{
    return srtp == Srtp::Required || srtp == Srtp::Dtls;
}
enum class SendKind : std::uint8_t { Nothing, ComfortNoise, Tone, File, Microphone };

struct Sending { // what our side of a call sounds like
    SendKind kind = SendKind::ComfortNoise;
    double toneHertz = 440;
    std::string file;   // SendKind::File: WAV, any rate, mono or stereo
    std::string device; // SendKind::Microphone: the audio server's name of it, empty: its default
    bool operator==(const Sending &) const = default;
};

struct PayloadMap { // one payload type we may receive or send
    std::uint8_t payloadType = 0;
    std::string encoding; // "PCMU", "PCMA", "opus"
    std::uint32_t clock = 8000;
    int channels = 1;
    bool operator==(const PayloadMap &) const = default;
};

struct AudioDevice {  // something that sound can be played on
    std::string name; // for Options::device
    std::string text; // for the user
    bool isDefault = false;
};

struct Options {
    Output output = Output::Auto;
    std::string device;       // name or text of an AudioDevice; empty: the system's default
    std::string recordFolder; // empty: no recordings by themselves
    std::uint16_t portFirst = 0, portLast = 0; // 0: the system chooses an even/odd pair
    base::Duration jitterBuffer = std::chrono::milliseconds(20);
    /// Told of each key that a DTLS handshake brought and of whose packets it opens, before the
    /// first of them is handed on; on the media thread.
    std::function<void(const base::Endpoint &sender, const rtp::SdesKey &key)> onKey{};
};

struct PrepareRequest {
    base::Address local;
    std::vector<PayloadMap> receive; // what the offer names: the numbers a sender must use
    Sending sending;
    std::string ringback;  // the country whose ringback a 180 without media makes, empty: silence
    Srtp srtp = Srtp::Off; // required: what comes without is not heard
    bool dtls = false;     // keys by DTLS (RFC 5763) are offered: a handshake may begin at once
};

/// What an early dialog's offer and answer agreed on (RFC 4568).
struct SrtpKeys {
    rtp::SdesKey ours;                // what we send is protected with
    std::vector<rtp::SdesKey> theirs; // one of them opens what comes
    bool operator==(const SrtpKeys &) const = default;
};

/// Of an offer or answer whose keys come by DTLS.
struct DtlsPeer {
    std::vector<std::string> fingerprints; // "sha-256 AA:BB...", of its certificate (RFC 8122)
    bool weBegin = false;                  // the handshake
    bool operator==(const DtlsPeer &) const = default;
};

struct Remote { // an early dialog's SDP answer, as far as media cares
    std::string toTag;
    base::Endpoint rtp;
    std::vector<PayloadMap> send; // first one is used
    bool weMaySend = true, theyMaySend = true;
    base::Endpoint rtcp{};          // RFC 3605; unknown: the port above RTP's
    bool mux = false;               // RTCP goes to RTP's port, both sides agreed (RFC 5761)
    std::optional<SrtpKeys> keys{}; // SRTP and SRTCP both ways
    bool unanswered = false;        // it is an offer: nothing has told our address there yet
    bool closed = false; // it wants SRTP, but there are no keys: nothing is sent, nothing heard
    std::optional<DtlsPeer> dtls{}; // closed until the handshake has brought keys
    /// What it may send beside what PrepareRequest::receive names: an offerer chooses the numbers.
    std::vector<PayloadMap> receive{};
};

struct ControlFigures {                      // of the RTCP of one call
    std::uint64_t sent = 0, received = 0;    // compounds
    std::optional<base::Duration> roundTrip; // by the last report that answers one of ours
    std::uint64_t reports = 0;               // about what we send
    double fractionLost = 0;                 // 0-1, by the last of them, like the next two
    std::int32_t lost = 0;
    base::Duration jitter{0};
    std::string cname; // of whoever sent the last
    bool bye = false;  // a peer took its leave
};

struct SrtpFigures {           // of one call
    std::string suite;         // of the last keys agreed on, empty: none
    bool dtls = false;         // they came by a handshake, or are to
    std::string trouble;       // of the last handshake: a sentence, empty: none
    std::string troubled;      // the early dialog (To-tag) it was with
    std::uint64_t refused = 0; // packets that could not be authenticated (RFC 3711 section 3.3)
    std::uint64_t keyless = 0; // that came before a key for them, or without protection
    std::uint64_t clear = 0;   // RTCP that is none of SRTCP, of who agreed on keys: not read
    bool operator==(const SrtpFigures &) const = default;
};

struct Status { // for the player; immutable, published about every 100 ms while packets come
    MediaHandle media;
    std::string toTag;    // being rendered, empty: none
    bool playing = false; // packets arrive and go to the output
    std::string codec;    // "PCMU/8000"
    double level = -96;   // dBFS of what is heard, last 100 ms
    double peak = -96;
    std::uint64_t packets = 0, lost = 0, duplicates = 0, late = 0, wrongPayloadType = 0, sent = 0;
    base::Duration jitter{0};
    base::Instant firstPacket, lastPacket, firstSample; // firstSample: handed to the output
    std::string device;                                 // "PulseAudio", "ALSA", "none"
    std::string notice;    // a sentence when something is not as it should be (no audio device)
    std::string recording; // path being written
    std::uint64_t overflowed =
        0;                  // datagrams lost on this machine: the kernel's queue or ours was full
    std::uint64_t gaps = 0; // times the output ran dry while the stream went on
    std::uint64_t refused = 0;   // packets of streams not taken up: too many new ones at once
    int dscp = -1, ttl = -1;     // of the last packet, -1: not told
    std::vector<float> waveform; // newest 512 levels of 20 ms, dBFS
    ControlFigures control;
    SrtpFigures srtp;
    std::optional<rtp::Quality> quality; // of what is heard
    std::uint64_t pressed = 0;           // telephone events that were sent to their end
    bool ringing = false;                // local ringback plays
    bool earlyHeard = false;             // early media, of `toTag`, is what is heard
    std::string why;                     // this is heard: one sentence
    base::Instant whySince;
    /// By To-tag, before the answer: one part after another, since its first packet.
    std::map<std::string, std::vector<rtp::Heard>> heard;
};

struct EarlyPermit { // before the answer
    bool hear = true, send = true;
};

struct Presses {           // what became of keys to be pressed
    std::size_t taken = 0; // that are sent, one after another
    std::string trouble;   // why the others are not: a sentence, empty: all are
};

/// Whose sound a recording holds; Both: what was received on the left, what was sent on the right.
enum class Recorded : std::uint8_t { Received, Sent, Both };
constexpr const char *recordedText(Recorded what)
{
    return what == Recorded::Received ? "received" : what == Recorded::Sent ? "sent" : "both";
}

struct RecordingInfo {
    std::string toTag, path;
    base::Duration length{0};
    double meanLevel = -96;
    bool early = false; // begun before the answer
    Recorded what = Recorded::Received;
};

class Media
{
public:
    using OnStatus = std::function<void(const Status &)>; // on the media thread
    /// Starts gst_init on the media thread; `sink` outlives it. RTP and RTCP packets go there with
    /// Origin::Media.
    static base::Result<std::unique_ptr<Media>>
    open(Options options, base::Inbox<base::Packet> &sink, OnStatus onStatus = {});
    ~Media();

    struct Prepared {
        MediaHandle media;
        base::Endpoint rtp, rtcp; // bound, listening
        std::string fingerprint;  // of this call's certificate for DTLS; empty: there is none
    };
    /// Binds the pair and builds the chain; blocks until ready (some milliseconds, never on the UI
    /// thread). Errors: no free pair in the range, no such address.
    base::Result<Prepared> prepare(const PrepareRequest &request);
    /// The early dialog's answer is known: send there, expect from there.
    void remote(MediaHandle media, Remote remote);
    /// Render that early dialog (To-tag); empty: whichever plays first.
    void choose(MediaHandle media, const std::string &toTag);
    /// A 199, a non-2xx final response or a BYE of that early dialog: it is neither heard nor sent
    /// to any more.
    void ended(MediaHandle media, const std::string &toTag);
    /// An 18x of that early dialog. `rings`: a 180, so that a phone rings by itself while no media
    /// comes.
    void progress(MediaHandle media, const std::string &toTag, bool rings);
    /// P-Early-Media (RFC 5009) of that early dialog: whether the caller may hear it (the user may
    /// still choose it), and whether anything may be sent there before the answer.
    void permit(MediaHandle media, const std::string &toTag, EarlyPermit allowed);
    /// A 2xx: nothing rings any more. `toTag`: of whom, which is heard from now on; empty: not
    /// told.
    void answered(MediaHandle media, const std::string &toTag = {});
    /// Hung up: nothing rings, is heard or is sent any more, and RTCP says goodbye. Its packets are
    /// still counted until release().
    void quiet(MediaHandle media);
    /// Keys by telephone events (RFC 4733), to whom is heard; `told` on the media thread.
    void press(MediaHandle media, const std::string &keys,
               std::function<void(const Presses &)> told = {});
    void mute(MediaHandle media, bool muted);
    /// Something else from the next packet on. A file that cannot be read is said in
    /// Status::notice, and what was sent goes on.
    void send(MediaHandle media, const Sending &sending);
    /// Records what each early dialog sends and is sent, a file each in `folder` (created), and
    /// both in one of two channels; the header is right at any moment. Without a stem they are
    /// named for what they are: early-media-TAG.wav what began before the answer, answered-TAG.wav
    /// what began after it, sent-TAG.wav and stereo-TAG.wav.
    void record(MediaHandle media, const std::string &folder, const std::string &stem = {});
    void stopRecording(MediaHandle media);
    void release(MediaHandle media);
    /// Blocks; after release: what was recorded.
    std::vector<RecordingInfo> recordings(MediaHandle media);
    Status status(MediaHandle media) const;
    /// Codecs that can be decoded with the plug-ins installed; missing ones with the Debian package
    /// that brings them.
    struct CodecCheck {
        std::string encoding;
        bool available = false;
        std::string package;
    };
    std::vector<CodecCheck> codecs() const;
    /// What can be played on now; `told` on a thread of ours, after a moment or as long as the
    /// audio server takes. Empty: there is no server, or no answer any more.
    void devices(std::function<void(std::vector<AudioDevice>)> told);
    /// Sound goes there from now on, that of calls which stand too; empty: to the system's default.
    /// Recordings go on as they were. A device that is not there is said in Status::notice.
    void playOn(const std::string &device);

private:
    Media();
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

std::string gstreamerVersion();

} // namespace media
