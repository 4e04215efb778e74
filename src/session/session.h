// SPDX-License-Identifier: Apache-2.0
// Runs the folds on the analysis thread: packets in, immutable updates out. The same for window,
// headless and tests.
#pragma once

#include <array>
#include <base/inbox.h>
#include <base/packet.h>
#include <base/result.h>
#include <base/seldom.h>
#include <calls/call_ref.h>
#include <diagnosis/evidence.h>
#include <diagnosis/finding_list.h>
#include <functional>
#include <ingest/source.h>
#include <legs/leg_book.h>
#include <map>
#include <memory>
#include <rtp/sdes.h>
#include <session/clock_offset.h>
#include <string>
#include <thread>
#include <vector>

namespace record {
class Recorder;
}

namespace session {

/// What lists need of a call, so that they need not fold it.
struct Brief {
    calls::Kind kind = calls::Kind::Call;
    calls::State state = calls::State::Unknown;
    std::uint16_t methods = 0; // of its requests, a bit for each sip::Method
    bool moreCodes = false;    // than there is room for below
    std::uint32_t rows = 0, earlyDialogs = 0;
    std::array<std::uint16_t, 6> codes{}; // of its responses, each once; 0: none
};

/// One call as published: its snapshot with what was joined to it and found about it. There are
/// tens of thousands of a large capture: each byte counts.
struct CallView {
    calls::CallRef call; // calls of files are folded when somebody looks
    base::Seldom<diagnosis::BoundStream> streams;
    diagnosis::FindingList findings;
    base::Seldom<legs::Join> legs; // other calls that belong to it, surest first
    base::Instant now;             // the moment it was judged at
    Brief brief;
    bool live = false;
};

struct ImportState {
    std::string path;
    std::uint32_t number = 0; // 1, 2, ... as trace::Trace::fileOf tells it; 0: none was read
    ingest::Progress progress;
    ingest::Outcome outcome;
    ClockOffset clock;                          // of the file against what the session held before
    std::uint64_t messages = 0, rtpPackets = 0; // that came of it
    bool running = false;
    bool caughtUp = false;          // of a file that is followed: everything there is was read
    std::string error;              // a sentence, empty: none
    std::vector<std::string> flaws; // at most 100
};

/// What changed since the previous update.
struct Update {
    std::uint64_t number = 0;
    std::vector<std::shared_ptr<const CallView>> calls;    // touched ones, each whole
    std::vector<std::shared_ptr<const flows::Flow>> flows; // all of them, if any changed
    bool flowsChanged = false;
    std::vector<trace::RowId> looseRows; // new rows that belong to no call (local events, garbage)
    ImportState import;
    std::uint64_t messages = 0, packets = 0, rtpPackets = 0, rtpStreams = 0;
    std::uint64_t dropped = 0; // by the full inbox
    std::uint64_t evicted = 0; // entries given up by the tables that are bounded
    trace::Memory memory;      // of the messages' text
};

struct Options {
    bool live = true; // judge by the clock; false: by the last packet's time (files alone)
    base::Duration publishEvery = std::chrono::milliseconds(8); // at most one update per interval
    std::size_t inboxCapacity = 1U << 18U;
    std::string keyLog; // path of a TLS key log for the files that are read, empty: none
    std::shared_ptr<record::Recorder> recorder{}; // gets every packet of the inbox; may be null
    // Text of live messages beyond this many bytes is kept in a file in that folder, the oldest
    // first, and read from there when somebody looks. No folder: all of it stays in memory.
    std::size_t textInMemory = std::size_t{256} << 20U;
    std::string textFolder{};
};

class Session
{
public:
    using OnUpdate =
        std::function<void(std::shared_ptr<const Update>)>; // called on the analysis thread
    static base::Result<std::unique_ptr<Session>> open(Options options, OnUpdate onUpdate = {});
    ~Session(); // stops imports, drains nothing more, joins

    /// Where engine, media and lab put their packets; any thread.
    base::Inbox<base::Packet> &inbox();
    /// What that end sends from here on may be protected with this key, which no SDP tells (RFC
    /// 5764). Kept in memory, never recorded; any thread.
    void learnKey(const base::Endpoint &sender, const rtp::SdesKey &key);
    /// Starts reading a file on an importer thread; one at a time (Error otherwise, or if it cannot
    /// be opened). Where the session holds messages already, the file's times are corrected as
    /// `clock` says.
    /// `next`: the file that will be imported behind it, if that is known: where it is the next one
    /// of the same capture, connections and fragments go on in it.
    base::Result<void> import(const std::string &path, const ClockChoice &clock = {},
                              const std::string &next = {});
    /// The same for bytes that are no file, text pasted into the window; `name` stands for the
    /// path.
    base::Result<void> importBytes(const std::string &name, std::string_view bytes);
    /// The same for a file that is still being written: reads what is appended until
    /// cancelImport(). settle() does not wait for its end, only for what is there.
    base::Result<void> follow(const std::string &path);
    void cancelImport();
    /// Blocks until every packet pushed before was folded and published and no import runs; false:
    /// timed out.
    bool settle(std::chrono::milliseconds limit);

    const trace::Trace &trace() const; // rows below its size may be read by any thread
    /// Everything published so far, any thread; calls in order of appearance.
    std::vector<std::shared_ptr<const CallView>> calls() const;
    std::vector<std::shared_ptr<const flows::Flow>> flows() const;
    std::shared_ptr<const Update> last() const;
    /// Every RTP stream as it stands now, bound to a call or not; any thread. Waits for the
    /// analysis thread, at most `limit`: empty then.
    std::vector<std::shared_ptr<const rtp::Stream>> streams(std::chrono::milliseconds limit);
    /// The names files gave addresses ("192.0.2.1" -> "edge"), the first of each; bounded.
    std::map<std::string, std::string> names() const;
    /// The files read to their end so far, in order.
    std::vector<ImportState> imports() const;

private:
    Session();
    class Analysis;
    std::unique_ptr<Analysis> m_analysis;
};

} // namespace session
