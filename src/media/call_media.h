// SPDX-License-Identifier: Apache-2.0
// Everything one call has of media: its port pair, the streams that come, which of them is heard,
// what is sent, the recordings. Composes the other parts of this layer. Lives on the media thread
// only.
#pragma once

#include "control.h"
#include "dtls.h"
#include "early_media.h"
#include "incoming.h"
#include "media.h"
#include "media_loop.h"
#include "playout.h"
#include "protection.h"
#include "recordings.h"
#include "rtp_socket.h"
#include "samples.h"
#include "sender.h"
#include "speaker_shop.h"

#include <map>

namespace media {

class CallMedia
{
public:
    struct Surroundings {
        MediaLoop &loop;
        base::Inbox<base::Packet> &packets;
        base::Inbox<DecodedAudio> &audio;
        SpeakerShop &shop;
        std::vector<base::Endpoint> &ends; // sockets of all our calls, this one's among them
        const Options &options;
        std::string trouble; // why GStreamer did not start, empty: it did
    };
    static base::Result<std::unique_ptr<CallMedia>> open(MediaHandle handle,
                                                         const PrepareRequest &request,
                                                         const Options &options,
                                                         const Surroundings &around);
    ~CallMedia();

    Media::Prepared prepared() const;
    void remote(Remote remote);
    void choose(const std::string &toTag);
    void progress(const std::string &toTag, bool rings);
    void permit(const std::string &toTag, EarlyPermit allowed);
    void answered(const std::string &toTag);
    void quiet();
    Presses press(const std::string &keys);
    void ended(const std::string &toTag);
    void mute(bool muted);
    void send(const Sending &sending);
    /// Another device takes over as soon as it is open.
    void playOn(const std::string &device);
    void record(const std::string &folder, const std::string &stem)
    {
        m_recordings.begin(folder, stem, m_answered);
    }
    void stopRecording() { m_recordings.end(); }
    std::vector<RecordingInfo> recordings() const { return m_recordings.list(); }

    /// The output, once it is open.
    void attach(std::shared_ptr<Speaker> speaker);
    /// No output came in time.
    void deviceMissing();
    /// Samples of one of our decoders (see decoderBase()).
    void decoded(const DecodedAudio &audio);
    /// Sends what is due and looks after things every 100 ms; returns when to come back.
    base::Duration turn(base::Duration now);
    /// A status worth telling since the last call.
    std::optional<Status> takeStatus();
    Status status() const { return m_status; }
    /// The same with all figures of this moment.
    Status lastStatus()
    {
        refreshStatus();
        return m_status;
    }

    /// Decoder numbers carry their call's number, so that samples find their call.
    static std::uint64_t decoderBase(MediaHandle handle) { return (handle.value + 1ULL) << 32; }

private:
    CallMedia(MediaHandle handle, RtpPair pair, const PrepareRequest &request,
              const Options &options, Surroundings around);
    void watchSockets();
    void received(const Datagram &datagram, UdpSocket &socket);
    void take(base::Packet packet, const rtp::RtpPacket &rtp, const Protection::Opening &opening);
    void openEarly();
    std::optional<std::uint32_t> rendered(base::Instant now);
    void hear(); // decides which stream is on the speaker
    void play(IncomingStream &stream, const DecodedAudio &audio, base::Duration gap);
    bool send(UdpSocket &socket, const base::Endpoint &to, std::string_view bytes,
              base::PayloadHint hint);
    void openControl(const Remote &remote, const Sender *sender);
    static base::Endpoint controlEnd(const Remote &remote);
    Control::Peers peersAt(const base::Endpoint &source);
    Control::Facts controlFacts(const std::string &toTag);
    bool sendControl(const std::string &toTag, const Control::Line &line, std::string_view bytes);
    void run(const std::string &toTag, Sender &sender, base::Duration now);
    bool sendSound(const std::string &toTag, const base::Endpoint &to, std::string_view bytes);
    Protection::Opening openProtected(const Datagram &datagram, bool isControl, bool isMuxed);
    void beginDtls();
    bool takeDtls(const Datagram &datagram, const UdpSocket &socket);
    void followDtls();
    void tellKeys(const Remote &remote);
    void withKeys(Remote &remote);
    void withControlKeys(const Remote &remote);
    Protection &controlProtection(bool mux);
    void closeDtls(const std::string *toTag);
    base::Result<void> readFile();
    bool mediaComes();
    bool mediaBegins();
    base::Duration ring(base::Duration now);
    void stopRinging();
    base::Duration fill(base::Duration now);
    std::string heardText() const;
    std::string mayBe() const;
    std::string whyClosed();
    std::string chosenText() const;
    std::string whyNone(base::Instant now);
    std::string whyAnswered(base::Instant now);
    bool describedSilent(const std::string &toTag) const;
    bool byHand() const { return !m_answered && !m_chosen.empty(); }
    std::string whyEarly(base::Instant now);
    void explain();
    rtp::Quality qualityNow(const IncomingStream &stream, const rtp::Stream &figures) const;
    std::unique_ptr<Sender> senderFor(const Remote &remote, std::unique_ptr<Sender> before);
    void count(const Sender *gone);
    void again(const std::string &toTag);
    bool maySend(const Remote &remote) const;
    std::unique_ptr<Voice> makeVoice(std::uint32_t rate) const;
    bool isSilent() const { return m_request.sending.kind == SendKind::Nothing; }
    void lookAfter(base::Duration now);
    void lookAfterSpeaker(base::Duration now);
    void refreshStatus();
    void listen();
    void notice(const std::string &sentence);

    MediaHandle m_handle;
    RtpPair m_pair;
    PrepareRequest m_request;
    Output m_output;
    std::string m_device; // empty: the default
    Surroundings m_around;
    std::shared_ptr<const Samples> m_file; // SendKind::File
    Incoming m_incoming;
    EarlyMedia m_early;
    Playout m_playout;
    Protection m_protection;
    std::vector<base::Packet> m_before;             // packets that came before their key
    std::shared_ptr<const DtlsIdentity> m_identity; // null: no keys come by DTLS
    std::unique_ptr<Dtls> m_dtls;
    // Of RTCP that has a port of its own (RFC 5764 section 4.1.2); with m_dtls.
    std::unique_ptr<Dtls> m_dtlsControl;
    Protection m_protectionControl{Srtp::Dtls};
    std::map<std::string, Remote> m_remotes; // by To-tag, as they were told
    std::string m_dtlsTrouble, m_dtlsTroubled;
    Control m_control;
    Recordings m_recordings;
    std::shared_ptr<Speaker> m_speaker;
    std::map<std::string, std::unique_ptr<Sender>> m_senders; // by To-tag
    std::map<std::string, Sender::Course> m_courses;          // of those that stopped
    std::vector<std::string> m_unauthorised; // To-tags: nothing is sent there before the answer
    std::optional<std::uint32_t> m_heard;    // the stream on the speaker
    std::string m_chosen;                    // by the user or by the answer; empty: nobody
    std::vector<std::string> m_alerting;     // early dialogs of which a 180 came
    std::unique_ptr<Voice> m_ring;           // plays now
    base::Duration m_nextLook{0}, m_nextReopen{0};
    std::string m_lostDevice;
    base::Instant m_described;  // by an answer, the last time; unknown: never
    base::Instant m_progressed; // by an 18x, the last time
    bool m_muted = false, m_changed = true, m_restock = false, m_answered = false, m_over = false;
    std::uint64_t m_datagrams = 0, m_datagramsTold = 0, m_dropped = 0, m_sentBefore = 0,
                  m_pressedBefore = 0;
    Status m_status;
};

} // namespace media
