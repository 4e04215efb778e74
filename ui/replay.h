// SPDX-License-Identifier: Apache-2.0
// The one thing that is played of what was captured: streams of a call, or what a phone would have
// let its caller hear. Panels start and stop it and follow its place; a new one ends the one
// before. UI thread; decoding and the device are a thread of their own.
#pragma once

#include <diagnosis/ears.h>
#include <media/player.h>
#include <memory>
#include <QObject>
#include <QTimer>
#include <ui/store.h>
#include <vector>

namespace ui {

class Replay : public QObject
{
    Q_OBJECT
public:
    struct What {
        calls::CallId call;
        std::vector<rtp::StreamId> streams;      // empty: all of the call
        std::optional<diagnosis::EarPolicy> ear; // then no streams
        bool operator==(const What &) const = default;
    };
    /// The one of that store, which owns it; made when somebody asks first.
    static Replay &of(Store &store);
    ~Replay() override;

    /// `from` unknown: where its sound begins. What cannot be played is told by notice().
    void play(const What &what, base::Instant from = {});
    /// Stops it where it plays, else plays it.
    void toggle(const What &what, base::Instant from = {});
    void stop();
    /// Nothing is played or read any more when it returns.
    void end();
    void seek(base::Instant at);
    /// nullptr: nothing plays.
    const What *playing() const { return m_what ? &*m_what : nullptr; }
    bool plays(const What &what) const { return m_what && *m_what == what; }
    bool playsOf(calls::CallId call) const { return m_what && m_what->call == call; }
    base::Instant at() const { return m_at; } // on the ladder's clock
    /// For what is played next; empty: the system's default.
    void setDevice(const std::string &device, media::Output output = media::Output::Auto);

Q_SIGNALS:
    void changed(); // something else plays, or nothing any more
    void moved(base::Instant at);
    void notice(const QString &sentence, bool isError);

private:
    explicit Replay(Store &store);
    void look();

    Store &m_store;
    std::unique_ptr<media::Player> m_player; // made with the first thing to play
    std::optional<What> m_what;
    base::Instant m_at;
    std::string m_device, m_told;
    media::Output m_output = media::Output::Auto;
    QTimer m_clock;
};

/// Something of the call can be played.
bool hasSound(const session::CallView &view);

} // namespace ui
