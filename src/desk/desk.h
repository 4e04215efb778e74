// SPDX-License-Identifier: Apache-2.0
// What a user does, for the window and the headless commands alike: calls with media, accounts, lab
// stories, files. Wires session, engine, media and lab; owns all four. Public calls come from one
// thread (UI or main) and never block for more than a few milliseconds except where said.
#pragma once

#include <desk/recording.h>
#include <engine/engine.h>
#include <functional>
#include <lab/lab.h>
#include <map>
#include <media/media.h>
#include <memory>
#include <mutex>
#include <optional>
#include <session/session.h>
#include <string>
#include <vector>

namespace desk {

struct CallOptions {
    std::string target, from = "sip:earshot@localhost", proxy;
    base::Transport transport = base::Transport::Udp;
    engine::Credentials credentials;
    std::string codecs = "PCMU,PCMA,opus";
    engine::Reliability reliability = engine::Reliability::Supported;
    base::Duration hangUpAfter{0}; // after the answer; 0: by hand
    base::Duration cancelAfter{0}; // after the INVITE, where nobody answers; 0: by hand
    std::string recordFolder;      // empty: none
    media::Sending sending;
    std::string ringback = "DE";         // whose ringback a phone makes by itself; empty: none
    bool events = true;                  // offer telephone events (RFC 4733) whatever `codecs` says
    bool rtcpMux = false;                // offer it (RFC 5761)
    media::Srtp srtp = media::Srtp::Off; // of what we offer; a caller who wants it gets it
    engine::AccountHandle account;
    bool lateOffer = false;
    engine::CallExtras extras;
};

struct CallInfo {              // one of our own calls, as the user follows it
    engine::CallHandle handle; // the desk's own count, not the engine's
    std::string callId;
    CallOptions options;
    bool incoming = false;
    std::uint32_t cameBy = 0; // incoming: the reg-id of our flow that brought it, 0: none did
    enum class Stage : unsigned char {
        Calling,
        Ringing,
        Early,
        Answered,
        Ended,
        Failed
    } stage = Stage::Calling;
    int status = 0;
    std::string phrase;
    bool local = false;
    std::string sentence;
    base::ErrorCode error = base::ErrorCode::Internal; // when it failed before anything was sent
    std::string from;
    std::optional<media::Status> media;
    std::vector<media::RecordingInfo> recordings; // complete once Ended or Failed
    std::vector<std::string> invites; // times a new INVITE left: authentication, redirects
    bool held = false;                // by us
    int transferStatus = 0;           // of our transfer, as far as it was told
    std::string transferAsked;        // whom the peer wants us to call; nobody did so yet
    std::shared_ptr<const engine::TlsReport> tls;
};

/// Nothing more comes of it.
inline bool isOver(const CallInfo &info)
{
    return info.stage == CallInfo::Stage::Ended || info.stage == CallInfo::Stage::Failed;
}

inline constexpr std::string_view kAnyCaller = "*"; // in a list of callers

struct AccountInfo {
    engine::AccountHandle handle;
    engine::Account account;                         // password blanked
    std::map<std::uint32_t, base::FlowReport> flows; // by reg-id
    bool answer = false;                 // answers calls with a tone (asked for by the user)
    std::vector<std::string> answerOnly; // these callers ("user@host", "host", "*"); empty: any
    bool leaving = false;                // removed; its flows are un-registering
    base::Instant reachableSince;        // over one flow or another; unknown: now over none
    base::Instant reachableUntil;        // when that ended the last time
};

struct StoryState {
    std::string name, title, caption;
    std::size_t step = 0, steps = 0;
    bool running = false;
    std::string error;
    lab::CrowdReport crowd;
};

/// Everything changes under the user's hands; observers are called on some thread of ours and only
/// post.
struct Observer {
    std::function<void(std::shared_ptr<const session::Update>)> update;
    std::function<void(const CallInfo &)> call;
    std::function<void(const AccountInfo &)> account;
    std::function<void(const media::Status &)> media;
    std::function<void(const StoryState &)> story;
    std::function<void(const std::string &sentence)> notice;
    std::function<void(const engine::ProbeEvent &)> probe;
    std::function<void(const engine::TlsReport &)> tls; // every handshake that ended
};

/// What calls that come in are answered with.
struct IncomingOptions {
    std::string codecs = CallOptions{}.codecs;
    media::Sending sending{media::SendKind::Tone, 440, {}, {}};
    std::string recordFolder;      // empty: none
    base::Duration hangUpAfter{0}; // after the answer; 0: by hand
    bool ring = true;              // a 180 by itself, at once
};

struct Options {
    IncomingOptions incoming;
    media::Options media;
    engine::Options engine;
    session::Options session;
    RecordingOptions recording; // nothing is recorded unless asked
    bool withEngine = true;     // false: files only (check)
};

class Desk
{
public:
    /// Session at once; engine and media start on their own threads (errors of theirs come as
    /// notices and fail calls).
    static base::Result<std::unique_ptr<Desk>> open(Options options, Observer observer);
    ~Desk();

    /// Once the engine listens, or (false) could not, which is a notice; on some thread of ours.
    void opened(std::function<void(bool listens)> told);
    /// Errors are sentences for the user: unparsable target, nothing resolvable, no port pair.
    base::Result<engine::CallHandle> place(CallOptions options);
    base::Result<engine::CallHandle> callAgain(const std::string &callId); // same options, new call
    void hangUp(engine::CallHandle call);
    void answer(engine::CallHandle call);
    void decline(engine::CallHandle call, int status = 603);
    void redirect(engine::CallHandle call, const std::string &contact); // 302
    /// 183 with our description before the answer; reliable where the caller can.
    void earlyMedia(engine::CallHandle call, bool reliable);
    void hold(engine::CallHandle call, bool on, bool byUpdate = false);
    void dtmfByInfo(engine::CallHandle call, const std::string &digits);
    /// By telephone events of RTP (RFC 4733), early media or later.
    void dtmf(engine::CallHandle call, const std::string &digits);
    /// Blind; with a second call of ours: attended.
    void transfer(engine::CallHandle call, const std::string &target, engine::CallHandle with = {});
    /// Errors: a sentence about what cannot be asked. Told by Observer::probe with this number.
    base::Result<engine::ProbeHandle> probe(engine::ProbeRequest request);
    /// How certificates are judged from now on. Errors: a file that cannot be read.
    base::Result<void> setTls(engine::TlsOptions tls);
    void choose(engine::CallHandle call, const std::string &toTag); // which early dialog to hear
    void mute(engine::CallHandle call, bool muted);
    /// What our side sounds like from now on.
    void send(engine::CallHandle call, const media::Sending &sending);
    /// What sound can be played on now; `told` on some thread of ours.
    void audioDevices(std::function<void(std::vector<media::AudioDevice>)> told);
    /// All calls are heard there from now on, those that stand too; empty: on the system's default.
    void playOn(const std::string &device);
    /// Records every early dialog of the call into `folder`, a WAV each; an empty folder stops.
    void record(engine::CallHandle call, const std::string &folder);

    /// The account appears through Observer::account. Errors: no SIP URI, no proxy.
    base::Result<void> addAccount(engine::Account account, bool answer,
                                  std::vector<std::string> answerOnly = {});
    void removeAccount(engine::AccountHandle account);
    void reRegister(engine::AccountHandle account, std::uint32_t regId);
    void ping(engine::AccountHandle account, std::uint32_t regId);
    void leaveAlone(engine::AccountHandle account, std::uint32_t regId, base::Duration silence);
    void drill(engine::AccountHandle account, std::uint32_t regId, engine::Drill what);

    /// Ends the story before: its call, its account, its peers. What fails later is in
    /// StoryState::error. A recording of each early dialog goes to `recordFolder` if it is not
    /// empty.
    base::Result<void> startStory(const std::string &name, const std::string &recordFolder = {});
    void stopStory();
    StoryState story() const;

    /// `next` as session::Session::import() takes it.
    base::Result<void> open(const std::string &path, const session::ClockChoice &clock = {},
                            const std::string &next = {});
    /// A file that is still being written: what is appended is read until the import is cancelled.
    base::Result<void> follow(const std::string &path);
    /// The last session whose program did not close it; nullopt: there is none to offer.
    std::optional<record::Unclosed> unclosed() const;
    /// Reads its files, one after another.
    void reopenUnclosed();
    void discardUnclosed();
    /// Everything of this session into one pcapng file; how it went comes as a notice.
    void saveSession(const std::string &path);
    /// nullopt: this session is not recorded.
    std::optional<record::Recorder::State> recording() const;
    /// A trace as text (pasted); `name` is what the user sees it called.
    base::Result<void> openText(const std::string &name, std::string_view text);
    std::vector<CallInfo> calls() const;
    std::vector<AccountInfo> accounts() const;
    std::map<std::string, std::string> names() const; // lane names known so far
    session::Session &session();

private:
    Desk();
    void
    withEngine(std::function<void(engine::Engine &)> work); // on the worker, if the engine runs
    class Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace desk
