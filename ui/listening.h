// SPDX-License-Identifier: Apache-2.0
// Listens to the early media of calls that are looked at, on a thread of its own: half a minute of
// sound takes longer than a frame. Store's evidence tells only what was heard so far; when more is
// known, heard() says so. UI thread.
#pragma once

#include <memory>
#include <QObject>
#include <QThreadPool>
#include <rtp/stream_table.h>
#include <set>
#include <ui/store.h>

namespace ui {

class Listening : public QObject
{
    Q_OBJECT
public:
    explicit Listening(Store &store, QObject *parent = nullptr);
    ~Listening() override; // waits for the one tape that is being heard

    /// Hears every early dialog of the call that was not heard to its end; a live one again when
    /// more of it came.
    void want(const CallPtr &call);

Q_SIGNALS:
    void heard();

private:
    void start(const std::shared_ptr<const rtp::Stream> &stream, base::Instant until);

    Store &m_store;
    QThreadPool m_pool;
    std::set<std::uint32_t> m_asked; // streams that the pool has
};

} // namespace ui
