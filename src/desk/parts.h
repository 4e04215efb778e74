// SPDX-License-Identifier: Apache-2.0
// What the desk's parts share: the four engines below it, the worker, the state that observers and
// callers read. Everything here is touched on the worker only, except `shared`, which its mutex
// guards.
#pragma once

#include <desk/desk.h>
#include <desk/worker.h>

namespace desk {

struct Parts {
    Options options;
    Observer observer;
    std::unique_ptr<session::Session> session;
    std::unique_ptr<media::Media> media;
    std::unique_ptr<lab::Lab> lab;
    std::unique_ptr<engine::Engine> engine;

    mutable std::mutex mutex; // guards what follows; held for copies only
    std::map<engine::CallHandle, CallInfo> calls;
    std::map<engine::AccountHandle, AccountInfo> accounts;
    std::map<std::string, std::string> names;
    StoryState story;

    Worker worker; // last: stops before what it works on goes

    void notice(const std::string &sentence) const
    {
        if (observer.notice)
            observer.notice(sentence);
    }
    /// Why no INVITE of that call ever left; nothing else tells who was to call whom.
    void tellUnsent(base::LocalKind kind, const std::string &callId, const std::string &sentence,
                    const CallOptions &wanted) const;
    /// Puts an event of ours into the stream, so that the ladder shows it; unknown `at`: now.
    void tell(base::LocalKind kind, const std::string &callId, const std::string &toTag,
              std::string sentence, base::Instant at = {}) const;
    /// On the worker: one file after another, since a session reads one at a time.
    void readAll(std::vector<std::string> paths);
    /// Any thread. Endpoints of one name share a lane of the ladder.
    void name(const base::Endpoint &endpoint, const std::string &name);
};

/// What the engine is asked for; the description is still to come.
engine::CallRequest requestOf(const CallOptions &options);

/// "bob" of "sip:bob@example.test", else the host.
std::string userOf(const std::string &uri);

} // namespace desk
